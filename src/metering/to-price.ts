import type { Price } from './price.ts'

/** A price as an operator writes it: USD per million tokens, or per unit of anything else. */
export interface PriceOverride {
  readonly input?: number | undefined
  readonly output?: number | undefined
  readonly cached_input?: number | undefined
  readonly cache_write?: number | undefined
  readonly long_cache_write?: number | undefined
  readonly audio_input?: number | undefined
  readonly image_input?: number | undefined
  readonly reasoning?: number | undefined
  readonly audio_output?: number | undefined
  readonly image_output?: number | undefined
  readonly per_request?: number | undefined
  readonly per_image?: number | undefined
  readonly per_second?: number | undefined
  readonly per_character?: number | undefined
  readonly max_output_tokens?: number | undefined
  readonly per_web_search?: number | undefined
  readonly per_web_search_preview?: number | undefined
  readonly per_file_search?: number | undefined
}

const perMillion = 1e6
const nano = 1e9
const pico = 1e12

/**
 * Converts an operator's price to whole pico-USD and nano-USD. Rounding removes the error of binary fractions: 0.1 × 3
 * is 300,000 pico-USD.
 */
export function toPrice(config: PriceOverride): Price {
  return {
    input: scale(config.input, perMillion) ?? 0,
    output: scale(config.output, perMillion) ?? 0,
    ...withoutUndefined({
      cachedInput: scale(config.cached_input, perMillion),
      cacheWrite: scale(config.cache_write, perMillion),
      longCacheWrite: scale(config.long_cache_write, perMillion),
      audioInput: scale(config.audio_input, perMillion),
      imageInput: scale(config.image_input, perMillion),
      reasoning: scale(config.reasoning, perMillion),
      audioOutput: scale(config.audio_output, perMillion),
      imageOutput: scale(config.image_output, perMillion),
      perRequestNano: scale(config.per_request, nano),
      perImageNano: scale(config.per_image, nano),
      perSecondPico: scale(config.per_second, pico),
      perCharacterPico: scale(config.per_character, pico),
      maxOutputTokens: config.max_output_tokens,
      perWebSearchNano: scale(config.per_web_search, nano),
      perWebSearchPreviewNano: scale(config.per_web_search_preview, nano),
      perFileSearchNano: scale(config.per_file_search, nano),
    }),
  }
}

function scale(usd: number | undefined, factor: number): number | undefined {
  return usd === undefined ? undefined : Math.round(usd * factor)
}

type Defined<T> = { [name in keyof T]?: Exclude<T[name], undefined> }

function withoutUndefined<T extends Readonly<Record<string, number | undefined>>>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>
}
