/** Milliseconds after which an earlier slow answer counts for a third. */
const decayMs = 10_000

/** A time to expect in milliseconds: a peak EWMA, which rises at once and falls slowly. */
export class ExpectedTime {
  #ms = 0
  #measuredAt = Number.NEGATIVE_INFINITY

  add(ms: number, now: number): void {
    const weight = Math.exp(-Math.max(0, now - this.#measuredAt) / decayMs)
    this.#ms = Math.max(ms, ms + (this.#ms - ms) * weight)
    this.#measuredAt = now
  }

  /** Adds the time after which a wait was given up: the answer would have taken longer. */
  addAtLeast(ms: number, now: number): void {
    if (ms > this.#ms || this.measured === undefined) this.add(ms, now)
  }

  /** Undefined without an answer. */
  get measured(): number | undefined {
    return this.#measuredAt === Number.NEGATIVE_INFINITY ? undefined : this.#ms
  }

  /** The time by which targets are compared; undefined without an answer. */
  compared(now: number): number | undefined {
    return this.measured === undefined ? undefined : this.#ms * trustIn(this.#measuredAt, now)
  }
}

/** Milliseconds after which earlier answers count for a third in the throughput. */
const memoryMs = 60_000

/** Output tokens per second. An answer counts by its tokens: in short ones, the first token takes most of the time. */
export class Throughput {
  #tokens = 0
  /** The speed of each answer times its tokens. */
  #weighted = 0
  #measuredAt = Number.NEGATIVE_INFINITY

  add(tokens: number, ms: number, now: number): void {
    if (tokens <= 0) return
    const weight = Math.exp(-Math.max(0, now - this.#measuredAt) / memoryMs)
    this.#tokens = this.#tokens * weight + tokens
    this.#weighted = this.#weighted * weight + tokens * ((tokens * 1_000) / Math.max(1, ms))
    this.#measuredAt = now
  }

  /** Undefined without an answer. */
  get measured(): number | undefined {
    return this.#tokens === 0 ? undefined : this.#weighted / this.#tokens
  }

  /** The milliseconds per token by which targets are compared; undefined without an answer. */
  compared(now: number): number | undefined {
    return this.measured === undefined ? undefined : (1_000 / this.measured) * trustIn(this.#measuredAt, now)
  }
}

/** Milliseconds after which a measurement is trusted by a third, so that a slow target is measured again some time. */
const trustMs = 300_000

/** Returns how far a measurement is trusted: 1 at once, less with its age. */
function trustIn(measuredAt: number, now: number): number {
  return Math.exp(-Math.max(0, now - measuredAt) / trustMs)
}
