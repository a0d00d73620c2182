/** What to send, and for how long. */
export interface Load {
  readonly origin: string
  readonly body: string
  readonly concurrency: number
  /** New requests are started until then; those that run are waited for. */
  readonly durationMs: number
  /** Bytes of body that a right answer has. */
  readonly bodyBytes: number
  /** The right answer ends so. */
  readonly ending: string
}

/** Times in milliseconds. */
export interface LoadResult {
  /** Right to the last byte. */
  readonly clean: number
  /** Anything else: refused, cut, short, long. */
  readonly faulty: number
  readonly elapsedMs: number
  readonly whole: Percentiles
  /** Until the first byte of body. */
  readonly firstByte: Percentiles
}

export interface Percentiles {
  readonly p50: number
  readonly p99: number
}
