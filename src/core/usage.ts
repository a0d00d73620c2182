/** The service tier of a call, if it is not the default tier. Each tier has separate prices (case C10). */
export type ServiceTier = 'fast' | 'ultrafast' | 'flex' | 'batch'

/** The region in which a provider processed a call, if it has a separate price. */
export type Region = 'us'

/**
 * The usage of one call as the provider counted it. An absent count is unknown, not zero. The details are parts of the
 * two totals, never additions to them.
 */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  /** Input tokens read from the provider's prompt cache. */
  readonly cachedInputTokens?: number
  /** Input tokens written to the provider's prompt cache. */
  readonly cacheWriteTokens?: number
  /** The part of `cacheWriteTokens` with a longer lifetime, such as Anthropic's one hour. */
  readonly longCacheWriteTokens?: number
  readonly audioInputTokens?: number
  readonly imageInputTokens?: number
  /** Output tokens spent on reasoning. */
  readonly reasoningTokens?: number
  readonly audioOutputTokens?: number
  readonly imageOutputTokens?: number
  /** Length of the transcribed audio in seconds. */
  readonly seconds?: number
  /** Web searches by the provider's hosted tool, which it charges for. */
  readonly webSearches?: number
  /** Web searches by OpenAI's older tool. They are not part of `webSearches` and may cost more. */
  readonly webSearchPreviews?: number
  readonly fileSearches?: number
  /** Tokens of pictures that the provider's image tool drew with another model; not part of the totals. */
  readonly drawn?: DrawnTokens
  readonly serviceTier?: ServiceTier
  readonly region?: Region
  /** The price in nano-USD, if the provider reports one. */
  readonly reportedNano?: number
}

/** The token counts of a picture model, named as in `Usage`. */
export type DrawnTokens = Pick<
  Usage,
  'inputTokens' | 'cachedInputTokens' | 'imageInputTokens' | 'outputTokens' | 'imageOutputTokens'
>

/** True for a usage of zeros, which some servers send with every response (case C5). */
export function isUncounted({ inputTokens, outputTokens, reportedNano, seconds }: Usage): boolean {
  return inputTokens === 0 && outputTokens === 0 && reportedNano === undefined && seconds === undefined
}

/**
 * Reads the tier of a request or a response; undefined for the default tier and for a name without a separate price.
 */
export function toServiceTier(name: unknown): ServiceTier | undefined {
  // OpenAI renamed `priority` to `fast` in July 2026 and returns either name.
  // Source: https://developers.openai.com/api/docs/guides/fast-mode, read 2026-11-29
  if (name === 'fast' || name === 'priority') return 'fast'
  return name === 'flex' || name === 'batch' || name === 'ultrafast' ? name : undefined
}

/**
 * Reads Anthropic's `inference_geo` of a request or a response.
 * Source: https://platform.claude.com/docs/en/manage-claude/data-residency, read 2026-11-29
 */
export function toRegion(geo: unknown): Region | undefined {
  return geo === 'us' ? geo : undefined
}
