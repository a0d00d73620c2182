import { toUsd } from '../../core/usd.ts'
import type { ListedPrice } from '../../metering/create-price-book.ts'
import type { ImagePrice, Price, PriceTier, TokenPrices } from '../../metering/price.ts'

/** USD for a million tokens. Null is priced as `input`, or as `output`. The names are those of `prices` in the configuration. */
export interface TokenPricesObject {
  readonly input: number
  readonly output: number
  readonly cached_input: number | null
  readonly cache_write: number | null
  readonly reasoning: number | null
  readonly audio_input: number | null
  readonly audio_output: number | null
  readonly image_input: number | null
  readonly image_output: number | null
}

export interface TierObject extends TokenPricesObject {
  readonly above_tokens: number
}

export interface ImagePriceObject {
  readonly size: string | null
  readonly quality: string | null
  readonly usd: number
}

/** What a model costs, on the wire. What is for one of something is in USD too; null costs nothing. */
export interface PriceObject extends TokenPricesObject {
  readonly object: 'price'
  readonly provider: string
  readonly model: string
  /** `config` for the operator's own prices, `table` for those that Weir brings. */
  readonly source: ListedPrice['from']
  readonly tiers: readonly TierObject[]
  readonly per_request: number | null
  readonly per_image: number | null
  readonly images: readonly ImagePriceObject[]
  readonly per_second: number | null
  readonly per_character: number | null
  readonly max_output_tokens: number | null
}

export function toPriceObject({ provider, model, price, from }: ListedPrice): PriceObject {
  return {
    object: 'price',
    provider,
    model,
    source: from,
    ...toTokenPrices(price),
    tiers: (price.tiers ?? []).map(toTier),
    ...toUnitPrices(price),
    images: (price.images ?? []).map(toImagePrice),
    max_output_tokens: price.maxOutputTokens ?? null,
  }
}

const microPerUsd = 1e6
const picoPerUsd = 1e12

function toTokenPrices(price: TokenPrices): TokenPricesObject {
  const usd = (micro: number | undefined) => (micro === undefined ? null : micro / microPerUsd)
  return {
    input: price.input / microPerUsd,
    output: price.output / microPerUsd,
    cached_input: usd(price.cachedInput),
    cache_write: usd(price.cacheWrite),
    reasoning: usd(price.reasoning),
    audio_input: usd(price.audioInput),
    audio_output: usd(price.audioOutput),
    image_input: usd(price.imageInput),
    image_output: usd(price.imageOutput),
  }
}

function toTier({ aboveTokens, ...prices }: PriceTier): TierObject {
  return { above_tokens: aboveTokens, ...toTokenPrices(prices) }
}

function toUnitPrices({ perRequestNano, perImageNano, perSecondPico, perCharacterPico }: Price) {
  const usdOfNano = (nano: number | undefined) => (nano === undefined ? null : toUsd(nano))
  const usdOfPico = (pico: number | undefined) => (pico === undefined ? null : pico / picoPerUsd)
  return {
    per_request: usdOfNano(perRequestNano),
    per_image: usdOfNano(perImageNano),
    per_second: usdOfPico(perSecondPico),
    per_character: usdOfPico(perCharacterPico),
  }
}

function toImagePrice({ size, quality, nano }: ImagePrice): ImagePriceObject {
  return { size: size ?? null, quality: quality ?? null, usd: toUsd(nano) }
}
