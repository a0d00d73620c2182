import { getHeapStatistics } from 'node:v8'

/**
 * Time for response bodies per event-loop tick: sockets hold two megabytes per tick, and 64 KiB of long events take 1
 * ms. Node accepts one connection per tick, and those behind four hundred others must not wait for seconds.
 */
const tickMs = 20
/** Bytes before a tick is timed, 1 to 2 ms of work. Scheduling the end of every tick would cost as much as a chunk. */
const timedBytes = 256 * 1_024
/** Bytes between two reads of the clock, which costs as much as a short chunk. */
const clockBytes = 16 * 1_024
/** A shorter chunk costs as much as one of this length. */
const minCountedBytes = 64

/** Number of waiting bodies above which ticks are shorter, because the sockets of their callers need time, too. */
const crowd = 64
const crowdedTickMs = 5
/**
 * Three quarters of the default of `server.max_buffered_bytes`. Above it, a crowd gets 50 MB a second (`tightTickBytes`
 * per `tightTickMs`): V8 collects passed chunks in other threads, more slowly than four hundred streams produce them.
 */
const tightBytes = 96 * 1_048_576
const tightTickBytes = 256 * 1_024
const tightTickMs = 5

/** A paused body. */
interface Paused {
  resume(): void
  /** Ends only this body, with an error that `resume` has thrown. */
  fail(error: unknown): void
}

/**
 * Shares each event-loop tick among the response bodies of all providers. Otherwise four hundred that arrive together
 * are read in one tick, which blocks everything else for half a second (case D5).
 */
export class ReadScheduler {
  readonly #late = new Set<Paused>()
  readonly #heldBytes: () => number
  readonly #now: () => number
  /** Bytes of this tick. */
  #used = 0
  /** Value of `#used` at which the limits are checked next. */
  #checkAt = timedBytes
  #maxBytes = Number.POSITIVE_INFINITY
  #endsAt = 0
  #isTimed = false
  #isOver = false

  /** `heldBytes` returns the memory outside of V8's heap, including garbage; `now` returns monotonic milliseconds. */
  constructor(heldBytes = () => getHeapStatistics().external_memory, now = () => performance.now()) {
    this.#heldBytes = heldBytes
    this.#now = now
  }

  /** Returns false if a chunk must wait for a later tick. */
  take(bytes: number): boolean {
    if (this.#isOver) return false
    this.#used += Math.max(bytes, minCountedBytes)
    if (this.#used >= this.#checkAt) this.#check()
    return true
  }

  /** Resumes the body in a later tick. Bodies are resumed in order, while each tick has time. */
  resumeLater(body: Paused): void {
    this.#late.add(body)
  }

  #check(): void {
    this.#checkAt = this.#used + clockBytes
    if (!this.#isTimed) this.#startTimer()
    else this.#isOver = this.#used > this.#maxBytes || this.#now() > this.#endsAt
  }

  #startTimer(): void {
    this.#isTimed = true
    const isCrowded = this.#late.size >= crowd
    this.#endsAt = this.#now() + (isCrowded ? crowdedTickMs : tickMs)
    const isTight = isCrowded && this.#heldBytes() > tightBytes
    this.#maxBytes = isTight ? tightTickBytes : Number.POSITIVE_INFINITY
    if (isTight) setTimeout(() => this.#beginTick(), tightTickMs)
    else setImmediate(() => this.#beginTick())
  }

  #beginTick(): void {
    this.#used = 0
    this.#checkAt = timedBytes
    this.#isTimed = false
    this.#isOver = false
    if (this.#late.size === 0) return
    this.#startTimer()
    for (const body of this.#late) {
      if (this.#isOver) return
      this.#late.delete(body)
      try {
        body.resume()
      } catch (error) {
        body.fail(error)
      }
    }
  }
}
