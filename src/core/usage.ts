/**
 * The usage of one call, as the provider counted it. Absent means that the provider did not say, not zero. The details are parts of the two
 * totals, never in addition to them.
 */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  /** Of the input: read from the provider's prompt cache. */
  readonly cachedInputTokens?: number
  /** Of the input: written to the provider's prompt cache. */
  readonly cacheWriteTokens?: number
  readonly audioInputTokens?: number
  readonly imageInputTokens?: number
  /** Of the output. */
  readonly reasoningTokens?: number
  readonly audioOutputTokens?: number
  readonly imageOutputTokens?: number
  /** Length of audio that was transcribed. */
  readonly seconds?: number
  /** The provider's own price in nano-USD, where it tells one. */
  readonly reportedNano?: number
}
