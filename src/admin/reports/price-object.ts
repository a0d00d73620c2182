import { toUsd } from '../../core/usd.ts'
import type { Price, TokenPrices } from '../../metering/price.ts'
import type { ListedPrice } from '../../metering/price-book.ts'
import type { PriceObject } from './report-schemas.ts'

const microPerUsd = 1e6
const picoPerUsd = 1e12

/** A price in a response, in USD. */
export function toPriceObject({ provider, model, price, from }: ListedPrice): PriceObject {
  return {
    object: 'price',
    provider,
    model,
    source: from,
    ...toTokenPrices(price),
    tiers: (price.tiers ?? []).map(({ aboveTokens, ...prices }) => ({
      above_tokens: aboveTokens,
      ...toTokenPrices(prices),
    })),
    ...toUnitPrices(price),
    images: (price.images ?? []).map(({ size, quality, nano }) => ({
      size: size ?? null,
      quality: quality ?? null,
      usd: toUsd(nano),
    })),
    max_output_tokens: price.maxOutputTokens ?? null,
  }
}

function toTokenPrices(price: TokenPrices) {
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
