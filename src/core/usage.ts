/** The tier of service in which a provider served a call, where that is not the plain one: each has prices of its own (case C10). */
export type ServiceTier = 'fast' | 'ultrafast' | 'flex' | 'batch'

/** The region in which a provider kept a call, where that has a price of its own. */
export type Region = 'us'

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
  /** Of those: written to be kept for longer than usual, such as Anthropic's hour. */
  readonly longCacheWriteTokens?: number
  readonly audioInputTokens?: number
  readonly imageInputTokens?: number
  /** Of the output. */
  readonly reasoningTokens?: number
  readonly audioOutputTokens?: number
  readonly imageOutputTokens?: number
  /** Length of audio that was transcribed. */
  readonly seconds?: number
  /** Searches of the web, and of stored files, that the provider made by itself and charges. */
  readonly webSearches?: number
  /** Searches of the web by OpenAI's older tool, which are not among `webSearches` and may cost more. */
  readonly webSearchPreviews?: number
  readonly fileSearches?: number
  /** Of the pictures that a response drew by a tool of the provider; they are in none of the totals, and another model's. */
  readonly drawn?: DrawnTokens
  readonly serviceTier?: ServiceTier
  readonly region?: Region
  /** The provider's own price in nano-USD, where it tells one. */
  readonly reportedNano?: number
}

/** The tokens that a picture model counted, named as in `Usage`. */
export type DrawnTokens = Pick<
  Usage,
  'inputTokens' | 'cachedInputTokens' | 'imageInputTokens' | 'outputTokens' | 'imageOutputTokens'
>

/** True for a usage of zeros, which some servers send with every answer (case C5). */
export function isUncounted({ inputTokens, outputTokens, reportedNano, seconds }: Usage): boolean {
  return inputTokens === 0 && outputTokens === 0 && reportedNano === undefined && seconds === undefined
}

/** The tier that a request or an answer names; undefined for the plain one, and for a name that says nothing of the price. */
export function toServiceTier(name: unknown): ServiceTier | undefined {
  // OpenAI's `priority` is called `fast` since July 2026, and both are answered. Source: https://developers.openai.com/api/docs/guides/fast-mode, read 2026-11-29
  if (name === 'fast' || name === 'priority') return 'fast'
  return name === 'flex' || name === 'batch' || name === 'ultrafast' ? name : undefined
}

/** Anthropic's `inference_geo`, in a request and in an answer. Source: https://platform.claude.com/docs/en/manage-claude/data-residency, read 2026-11-29 */
export function toRegion(geo: unknown): Region | undefined {
  return geo === 'us' ? geo : undefined
}
