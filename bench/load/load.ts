/** The calls to send, and for how long. */
export interface Load {
  readonly origin: string
  /** From the root, such as `/v1/chat/completions`. */
  readonly path: string
  /** Additional headers. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly concurrency: number
  /** New requests start until then; running requests finish. */
  readonly durationMs: number
  /** Sends exactly this many requests instead; at least `concurrency`. */
  readonly calls?: number
  /** Body size of a correct response. */
  readonly bodyBytes: number
  /** End of a correct response. */
  readonly ending: string
  /** Time between two events of a stream; 0 means at full speed, and gaps are not measured. */
  readonly paceMs: number
}

/** Times in milliseconds. */
export interface LoadResult {
  /** Responses that are completely correct. */
  readonly clean: number
  /** All others: refused, cut off, too short, too long. */
  readonly faulty: number
  readonly elapsedMs: number
  readonly whole: Percentiles
  /** Time to the first byte of the body. */
  readonly firstByte: Percentiles
  /** The longest gap in each clean stream after its first byte; empty without a pace. */
  readonly gaps: readonly number[]
}

export interface Percentiles {
  readonly p50: number
  readonly p99: number
}
