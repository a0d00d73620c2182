/** Tokens of one call as the provider counted them. Absent means that the provider did not say, not zero. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens?: number
  readonly reasoningTokens?: number
}
