/** What to send, and for how long. */
export interface Load {
  readonly origin: string
  /** From the root, such as `/v1/chat/completions`. */
  readonly path: string
  /** Beside the usual ones. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly concurrency: number
  /** New requests are started until then; those that run are waited for. */
  readonly durationMs: number
  /** Ends after exactly this many requests instead; at least `concurrency`. */
  readonly calls?: number
  /** Bytes of body that a right answer has. */
  readonly bodyBytes: number
  /** The right answer ends so. */
  readonly ending: string
  /** Between two events of a stream; 0 where they come as fast as they can, and nobody looks at the gaps. */
  readonly paceMs: number
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
  /** The longest silence within each clean stream, after its first byte; empty where there is no pace. */
  readonly gaps: readonly number[]
}

export interface Percentiles {
  readonly p50: number
  readonly p99: number
}
