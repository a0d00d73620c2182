import type { ServiceTier } from '../core/usage.ts'

/**
 * The price of one token of each kind, in pico-USD; this is the same number as micro-USD a million tokens. $0.0375 a million is 37,500.
 * A million tokens at $600 a million stay far below 2^53: every product is exact.
 */
export interface TokenPrices {
  readonly input: number
  readonly output: number
  /** Read from the prompt cache; priced as input where absent. The same holds for the other details. */
  readonly cachedInput?: number
  readonly cacheWrite?: number
  /** Written to be kept for longer than usual; priced as `cacheWrite` where absent. */
  readonly longCacheWrite?: number
  readonly audioInput?: number
  readonly imageInput?: number
  /** Reasoning; priced as output where absent. */
  readonly reasoning?: number
  readonly audioOutput?: number
  readonly imageOutput?: number
}

/** The names of all of them. */
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

/** Prices that hold for the whole call once its input is longer than `aboveTokens`. */
export interface PriceTier extends TokenPrices {
  readonly aboveTokens: number
}

/** Prices that hold for the whole call where the provider served it in this tier. */
export interface ServicePrice extends TokenPrices {
  readonly tier: ServiceTier
  /** Longest first. */
  readonly tiers?: readonly PriceTier[]
}

/** The price of one image, nano-USD, by size and quality. */
export interface ImagePrice {
  /** `1024x1024`, or undefined for any. */
  readonly size?: string
  readonly quality?: string
  readonly nano: number
}

/** The prices of a model at a provider. */
export interface Price extends TokenPrices {
  /** Longest first. */
  readonly tiers?: readonly PriceTier[]
  readonly services?: readonly ServicePrice[]
  /** Nano-USD; where it depends on how much of the web is read, the dearest. */
  readonly perRequestNano?: number
  readonly perRequestNanoByContext?: Readonly<Record<SearchContext, number>>
  /** Times the prices of tokens where the provider says that it kept the call in one region. */
  readonly regionFactor?: number
  readonly perWebSearchNano?: number
  /** Of a search by OpenAI's older tool, `web_search_preview`; priced as `perWebSearchNano` where absent. */
  readonly perWebSearchPreviewNano?: number
  readonly perFileSearchNano?: number
  readonly perImageNano?: number
  /** Before `perImageNano`. */
  readonly images?: readonly ImagePrice[]
  /** Pico-USD a second of audio in, where its tokens are not counted. */
  readonly perSecondPico?: number
  /** Pico-USD a second of audio in a chat, on top of its tokens. */
  readonly perSoundSecondPico?: number
  /** Pico-USD a character of text to be spoken. */
  readonly perCharacterPico?: number
  /** The most tokens that the model puts out, where known; it bounds what a call can cost. */
  readonly maxOutputTokens?: number
}

/** How much of the web a search reads, as `search_context_size` asks for it. */
export type SearchContext = 'low' | 'medium' | 'high'

/** The quantities beside tokens that a price may ask for. */
export interface MediaQuantities {
  readonly images?: number | undefined
  readonly imageSize?: string | undefined
  readonly imageQuality?: string | undefined
  /** Of text to be spoken. */
  readonly characters?: number | undefined
  /** Of the web, by the provider itself, where the answer does not tell how many. */
  readonly webSearches?: number | undefined
  /** Undefined where the request leaves it to the provider. */
  readonly searchContext?: SearchContext | undefined
}
