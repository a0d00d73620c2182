import { getHeapStatistics } from 'node:v8'

/**
 * How long the answers of one turn of the event loop go on. Sockets hold two megabytes each time, of which 64 KiB of long events take a millisecond; Node
 * takes one new connection a turn, and those that wait behind four hundred others are not to wait for seconds.
 */
const turnMs = 20
/** From here on a turn is timed: it has used a millisecond or two, and to be told of the end of each would cost as much as a chunk. */
const timedBytes = 256 * 1_024
/** And so often looked at: the clock costs as much as a short chunk. */
const lookBytes = 16 * 1_024
/** A shorter chunk costs as much as one of this length. */
const minCountedBytes = 64

/** So many bodies that wait are a crowd. Their turns are shorter, since their callers' sockets take time of the same turn. */
const crowd = 64
const crowdedTurnMs = 5
/**
 * Three quarters of the default of `server.max_buffered_bytes`. Above it so many bytes of a crowd go on in so many milliseconds, 50 MB a second: V8
 * collects the chunks that have passed in threads of their own, and four hundred streams make them faster.
 */
const tightBytes = 96 * 1_048_576
const tightTurnBytes = 256 * 1_024
const tightTurnMs = 5

/** A body that was paused and goes on. */
interface Paused {
  resume(): void
  /** Ends it, and it alone, with an error that resuming it has thrown. */
  breakOff(error: unknown): void
}

/**
 * Shares each turn of the event loop among the answers of all providers: four hundred that come at once are read in one turn, and would hold up
 * everybody else for half a second (case D5).
 */
export class ReadingTurns {
  readonly #late = new Set<Paused>()
  readonly #heldBytes: () => number
  readonly #now: () => number
  /** Of this turn. */
  #used = 0
  #lookAt = timedBytes
  #maxBytes = Number.POSITIVE_INFINITY
  #endsAt = 0
  #isTimed = false
  #isOver = false

  /** `heldBytes` tells how much memory outside of V8's heap is held, garbage included; `now` is monotonic, in milliseconds. */
  constructor(heldBytes = () => getHeapStatistics().external_memory, now = () => performance.now()) {
    this.#heldBytes = heldBytes
    this.#now = now
  }

  /** False for a chunk that has to wait for a later turn. */
  take(bytes: number): boolean {
    if (this.#isOver) return false
    this.#used += Math.max(bytes, minCountedBytes)
    if (this.#used >= this.#lookAt) this.#look()
    return true
  }

  /** In order, as far as there is room in each turn. */
  resumeLater(body: Paused): void {
    this.#late.add(body)
  }

  #look(): void {
    this.#lookAt = this.#used + lookBytes
    if (!this.#isTimed) this.#time()
    else this.#isOver = this.#used > this.#maxBytes || this.#now() > this.#endsAt
  }

  #time(): void {
    this.#isTimed = true
    const isCrowded = this.#late.size >= crowd
    this.#endsAt = this.#now() + (isCrowded ? crowdedTurnMs : turnMs)
    const isTight = isCrowded && this.#heldBytes() > tightBytes
    this.#maxBytes = isTight ? tightTurnBytes : Number.POSITIVE_INFINITY
    if (isTight) setTimeout(() => this.#begin(), tightTurnMs)
    else setImmediate(() => this.#begin())
  }

  #begin(): void {
    this.#used = 0
    this.#lookAt = timedBytes
    this.#isTimed = false
    this.#isOver = false
    if (this.#late.size === 0) return
    this.#time()
    for (const body of this.#late) {
      if (this.#isOver) return
      this.#late.delete(body)
      try {
        body.resume()
      } catch (error) {
        body.breakOff(error)
      }
    }
  }
}
