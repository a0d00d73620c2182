import type { ServiceTier } from '../core/usage.ts'

/**
 * Prices of one token of each kind, in pico-USD. The number equals micro-USD per million tokens: $0.0375 per million is
 * 37,500. A million tokens at $600 per million are far below 2^53: every product is exact.
 */
export interface TokenPrices {
  readonly input: number
  readonly output: number
  /** Read from the prompt cache. If unset, the price of input applies; the same holds for the other details. */
  readonly cachedInput?: number
  readonly cacheWrite?: number
  /** Written to the prompt cache with an extended lifetime; if unset, the price of `cacheWrite` applies. */
  readonly longCacheWrite?: number
  readonly audioInput?: number
  readonly imageInput?: number
  /** Reasoning; if unset, the price of output applies. */
  readonly reasoning?: number
  readonly audioOutput?: number
  readonly imageOutput?: number
}

/** The names of all token prices. */
export const tokenRates = [
  'input',
  'output',
  'cachedInput',
  'cacheWrite',
  'longCacheWrite',
  'audioInput',
  'imageInput',
  'reasoning',
  'audioOutput',
  'imageOutput',
] as const satisfies readonly (keyof TokenPrices)[]

/** Prices of the whole call if its input is longer than `aboveTokens`. */
export interface PriceTier extends TokenPrices {
  readonly aboveTokens: number
}

/** Prices of the whole call if the provider served it in this tier. */
export interface ServicePrice extends TokenPrices {
  readonly tier: ServiceTier
  /** The longest first. */
  readonly tiers?: readonly PriceTier[]
}

/** The price of one image in nano-USD, by size and quality. */
export interface ImagePrice {
  /** Such as `1024x1024`; undefined for any. */
  readonly size?: string
  readonly quality?: string
  readonly nano: number
}

/** The prices of a model at a provider. */
export interface Price extends TokenPrices {
  /** The longest first. */
  readonly tiers?: readonly PriceTier[]
  readonly services?: readonly ServicePrice[]
  /** Nano-USD; the highest if it depends on the search context. */
  readonly perRequestNano?: number
  readonly perRequestNanoByContext?: Readonly<Record<SearchContext, number>>
  /** Factor on the token prices if the provider reports that it kept the call in one region. */
  readonly regionFactor?: number
  readonly perWebSearchNano?: number
  /** Price of a search with OpenAI's older tool, `web_search_preview`; if unset, `perWebSearchNano` applies. */
  readonly perWebSearchPreviewNano?: number
  readonly perFileSearchNano?: number
  readonly perImageNano?: number
  /** Overrides `perImageNano`. */
  readonly images?: readonly ImagePrice[]
  /** Pico-USD per second of audio input, if its tokens are not counted. */
  readonly perSecondPico?: number
  /** Pico-USD per second of audio in a chat, on top of its tokens. */
  readonly perSoundSecondPico?: number
  /** Pico-USD per character of synthesized speech. */
  readonly perCharacterPico?: number
  /** Maximum output tokens of the model, if known; it bounds the cost of a call. */
  readonly maxOutputTokens?: number
}

/** The amount of web content that a search reads, as in `search_context_size`. */
export type SearchContext = 'low' | 'medium' | 'high'

/** The quantities beside tokens that a price may depend on. */
export interface MediaQuantities {
  readonly images?: number | undefined
  readonly imageSize?: string | undefined
  readonly imageQuality?: string | undefined
  /** Characters of synthesized speech. */
  readonly characters?: number | undefined
  /** Web searches of the provider itself, if the response does not report their number. */
  readonly webSearches?: number | undefined
  /** Undefined if the request leaves it to the provider. */
  readonly searchContext?: SearchContext | undefined
}
