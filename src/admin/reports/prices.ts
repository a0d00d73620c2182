import { GatewayError } from '../../core/errors.ts'
import { matchesPattern } from '../../core/match-pattern.ts'
import { type Page, toPage } from '../../core/page.ts'
import { toUsd } from '../../core/usd.ts'
import type { TokenPrices } from '../../metering/price.ts'
import type { ListedPrice } from '../../metering/price-book.ts'
import type { Metering } from '../../pipeline/call/ports.ts'
import { checkLimit, type PageRequest, readCursor } from '../page-request.ts'
import type { PriceObject } from './report-schemas.ts'

export interface PriceRequest extends PageRequest {
  readonly provider?: string | undefined
  /** A pattern with `*`. */
  readonly model?: string | undefined
}

const pageLimit = 1_000
/** S15: limits the cost of matching; each `*` adds a search through every model name. */
const patternLength = 200
const starLimit = 10

/** Lists the prices of models, those of the operator first. */
export function listPrices(
  { limit, after, provider, model }: PriceRequest,
  { prices }: Pick<Metering, 'prices'>,
): Page<PriceObject> {
  checkLimit(limit, pageLimit)
  checkPattern(model)
  const start = after === undefined ? 0 : Number(readCursor(after, /^\d{1,9}$/)[0])
  const found = prices
    .list()
    .filter((price) => provider === undefined || price.provider === provider)
    .filter((price) => model === undefined || matchesPattern(model, price.model))
  const { items, next } = toPage(found.slice(start, start + limit + 1), limit, () => String(start + limit))
  return { items: items.map(toPriceObject), next }
}

function checkPattern(pattern: string | undefined): void {
  if (pattern === undefined) return
  if (pattern !== '' && pattern.length <= patternLength && pattern.split('*').length <= starLimit + 1) return
  throw new GatewayError(
    'invalid_value',
    `model must have 1 to ${patternLength} characters and at most ${starLimit} \`*\`; each matches any string.`,
    { param: 'model' },
  )
}

const microPerUsd = 1e6
const picoPerUsd = 1e12

/** Converts a price to its response, in USD. */
function toPriceObject({ provider, model, price, from }: ListedPrice): PriceObject {
  const usdOfNano = (nano: number | undefined) => (nano === undefined ? null : toUsd(nano))
  const usdOfPico = (pico: number | undefined) => (pico === undefined ? null : pico / picoPerUsd)
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
    services: (price.services ?? []).map(({ tier, tiers, ...prices }) => ({
      tier,
      ...toTokenPrices(prices),
      tiers: (tiers ?? []).map(({ aboveTokens, ...long }) => ({ above_tokens: aboveTokens, ...toTokenPrices(long) })),
    })),
    per_request: usdOfNano(price.perRequestNano),
    per_image: usdOfNano(price.perImageNano),
    per_second: usdOfPico(price.perSecondPico),
    per_sound_second: usdOfPico(price.perSoundSecondPico),
    per_character: usdOfPico(price.perCharacterPico),
    per_web_search: usdOfNano(price.perWebSearchNano),
    per_web_search_preview: usdOfNano(price.perWebSearchPreviewNano),
    per_file_search: usdOfNano(price.perFileSearchNano),
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
    long_cache_write: usd(price.longCacheWrite),
    reasoning: usd(price.reasoning),
    audio_input: usd(price.audioInput),
    audio_output: usd(price.audioOutput),
    image_input: usd(price.imageInput),
    image_output: usd(price.imageOutput),
  }
}
