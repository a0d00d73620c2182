import { getHeapStatistics } from 'node:v8'

/**
 * So many bytes of answers go on in one turn of the event loop: 64 KiB of long events take about a millisecond. Node takes one new connection a turn,
 * and those that wait behind four hundred others are not to wait for seconds.
 */
const turnBytes = 256 * 1_024
/** A shorter chunk costs as much as one of this length. */
const leastBytes = 1_024
/** From here on the end of the turn is waited for: to be told of each would cost as much as a chunk. */
const countedBytes = 128 * 1_024

/**
 * Three quarters of the default of `server.max_buffered_bytes`. Above it turns are `pauseMs` apart, 50 MB a second: V8 collects the chunks that have passed
 * in threads of their own, and four hundred streams make them faster.
 */
const tightBytes = 96 * 1_048_576
const pauseMs = 5

/** A body that was paused and goes on. */
interface Paused {
  resume(): void
}

/**
 * Shares each turn of the event loop among the answers of all providers: four hundred that come at once are read in one turn, and would hold up
 * everybody else for half a second (case D5).
 */
export class ReadingTurns {
  readonly #late = new Set<Paused>()
  readonly #heldBytes: () => number
  #used = 0
  #isCounted = false

  /** `heldBytes` tells how much memory outside of V8's heap is held, garbage included. */
  constructor(heldBytes = () => getHeapStatistics().external_memory) {
    this.#heldBytes = heldBytes
  }

  /** False for a chunk that has to wait for a later turn. */
  take(bytes: number): boolean {
    if (this.#used >= turnBytes) return false
    this.#used += Math.max(bytes, leastBytes)
    if (this.#used >= countedBytes) this.#count()
    return true
  }

  /** In order, as far as there is room in each turn. */
  resumeLater(body: Paused): void {
    this.#late.add(body)
    this.#count()
  }

  #count(): void {
    if (this.#isCounted) return
    this.#isCounted = true
    if (this.#heldBytes() > tightBytes) setTimeout(() => this.#begin(), pauseMs)
    else setImmediate(() => this.#begin())
  }

  #begin(): void {
    this.#isCounted = false
    this.#used = 0
    for (const body of this.#late) {
      if (this.#used >= turnBytes) break
      this.#late.delete(body)
      body.resume()
    }
    if (this.#late.size > 0) this.#count()
  }
}
