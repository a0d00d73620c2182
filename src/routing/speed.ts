/** A measure of the speed of a target, in milliseconds: of an answer, or of a token. */
export interface ExpectedMs {
  /** The value by which targets are compared; undefined without an answer. */
  compared(now: number): number | undefined
  /** The least that waits without an answer have shown; 0 without any. */
  bound(now: number): number
}

/** Milliseconds after which an earlier slow answer counts for a third. */
const decayMs = 10_000

/** The time to an answer: a peak EWMA, which rises at once and falls slowly. */
export class ExpectedTime implements ExpectedMs {
  readonly #bound = new Bound()
  #ms = 0
  #measuredAt = Number.NEGATIVE_INFINITY

  add(ms: number, now: number): void {
    const weight = Math.exp(-Math.max(0, now - this.#measuredAt) / decayMs)
    this.#ms = Math.max(ms, ms + (this.#ms - ms) * weight)
    this.#measuredAt = now
  }

  /** Adds the time after which a wait was given up: the answer would have taken longer. */
  addWait(ms: number, now: number): void {
    if (this.measured === undefined) this.#bound.add(ms, now)
    else if (ms > this.#ms) this.add(ms, now)
  }

  /** Undefined without an answer. */
  get measured(): number | undefined {
    return this.#measuredAt === Number.NEGATIVE_INFINITY ? undefined : this.#ms
  }

  compared(now: number): number | undefined {
    return this.measured === undefined ? undefined : this.#ms * trustIn(this.#measuredAt, now)
  }

  bound(now: number): number {
    return this.#bound.at(now)
  }
}

/** Milliseconds after which earlier answers count for a third in the throughput. */
const memoryMs = 60_000

/** Output tokens per second. An answer counts by its tokens: in short ones, the first token takes most of the time. */
export class Throughput implements ExpectedMs {
  readonly #bound = new Bound()
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

  /** Adds a wait that was given up, as an answer of usual length would have ended then at the earliest. */
  addWait(usualTokens: number, ms: number, now: number): void {
    if (this.measured === undefined) this.#bound.add(ms / usualTokens, now)
    else if ((usualTokens * 1_000) / Math.max(1, ms) < this.measured) this.add(usualTokens, ms, now)
  }

  /** Undefined without an answer. */
  get measured(): number | undefined {
    return this.#tokens === 0 ? undefined : this.#weighted / this.#tokens
  }

  /** Milliseconds per token. */
  compared(now: number): number | undefined {
    return this.measured === undefined ? undefined : (1_000 / this.measured) * trustIn(this.#measuredAt, now)
  }

  bound(now: number): number {
    return this.#bound.at(now)
  }
}

/** The longest wait without an answer, which is forgotten with its age. */
class Bound {
  #ms = 0
  #addedAt = 0

  add(ms: number, now: number): void {
    this.#ms = Math.max(ms, this.at(now))
    this.#addedAt = now
  }

  at(now: number): number {
    return this.#ms * trustIn(this.#addedAt, now)
  }
}

/** Milliseconds after which a measurement is trusted by a third, so that a slow target is measured again some time. */
const trustMs = 300_000

/** Returns how far a measurement is trusted: 1 at once, less with its age. */
function trustIn(measuredAt: number, now: number): number {
  return Math.exp(-Math.max(0, now - measuredAt) / trustMs)
}
