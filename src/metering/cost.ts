import type { Usage } from '../core/usage.ts'
import type { MediaQuantities, Price, PriceTier, TokenPrices } from './price.ts'
import { scaleRates } from './scale-rates.ts'

/** A quantity and its unit price in pico-USD. Both are whole and not negative. */
export interface Amount {
  readonly count: number
  readonly pico: number
}

/** One billed item. */
export interface CostItem extends Amount {
  readonly of: CostItemName
}

export type CostItemName =
  | 'input'
  | 'cached_input'
  | 'cache_write'
  | 'long_cache_write'
  | 'audio_input'
  | 'image_input'
  | 'seconds'
  | 'sound_seconds'
  | 'output'
  | 'reasoning'
  | 'audio_output'
  | 'image_output'
  | 'images'
  | 'characters'
  | 'requests'
  | 'web_searches'
  | 'web_search_previews'
  | 'file_searches'

/**
 * Returns the cost of a call in whole nano-USD, rounded half up once on the exact sum (R51). Ignores a cost that the
 * provider itself reports.
 */
export function costOf(price: Price, usage: Usage, media: MediaQuantities, drawingPrice?: Price): number {
  const items = costItems(price, usage, media)
  const { drawn } = usage
  if (drawn === undefined || drawingPrice === undefined) return sumNano(items)
  return sumNano([...items, ...costItems(drawingPrice, drawn, noMedia)])
}

const noMedia: MediaQuantities = {}

/**
 * Returns the billed items of a call. Details are subtracted from their total in the order below, never more than
 * remains of it: no token is billed twice (R53). Input is billed by tokens if they were counted and have a price, else
 * by seconds; output by tokens, else by images and characters.
 */
export function costItems(price: Price, usage: Usage, media: MediaQuantities): readonly CostItem[] {
  const items: CostItem[] = []
  const rates = ratesOf(price, usage)
  if (!addInput(items, rates, usage)) addSeconds(items, 'seconds', price.perSecondPico, usage)
  if (!addOutput(items, rates, usage)) addMedia(items, price, media)
  if (usage.seconds !== undefined) addSeconds(items, 'sound_seconds', price.perSoundSecondPico, usage)
  add(items, 'requests', 1, requestNano(price, media) * 1_000)
  add(items, 'web_searches', toCount(usage.webSearches ?? media.webSearches), (price.perWebSearchNano ?? 0) * 1_000)
  add(items, 'web_search_previews', toCount(usage.webSearchPreviews), previewNano(price) * 1_000)
  add(items, 'file_searches', toCount(usage.fileSearches), (price.perFileSearchNano ?? 0) * 1_000)
  return items
}

/** Returns the rates of the tier and region that served the call, and of the length of its input. */
function ratesOf(price: Price, usage: Usage): TokenPrices {
  const served = servedPrices(price, usage)
  return served.tiers?.find(({ aboveTokens }) => usage.inputTokens > aboveTokens) ?? served
}

/** Returns the prices of a tier and a region. An unknown tier or region costs the plain price. */
export function servedPrices(
  price: Price,
  { serviceTier, region }: { [name in 'serviceTier' | 'region']?: Usage[name] | undefined },
): TokenPrices & { readonly tiers?: readonly PriceTier[] } {
  const served = serviceTier === undefined ? price : (price.services?.find(({ tier }) => tier === serviceTier) ?? price)
  return region === undefined || price.regionFactor === undefined ? served : scaleRates(served, price.regionFactor)
}

export function previewNano({ perWebSearchPreviewNano, perWebSearchNano = 0 }: Price): number {
  return perWebSearchPreviewNano ?? perWebSearchNano
}

/**
 * Returns true if every used token has a rate, or the call is billed by the piece, the second or the request. A plain
 * rate of 0 does not count, except for a model that is free as a whole: such a call has an unknown cost, not a small
 * one (case C6).
 */
export function coversUsage(price: Price, usage: Usage, media: MediaQuantities, drawingPrice?: Price): boolean {
  const { drawn } = usage
  if (drawn !== undefined && (drawingPrice === undefined || !coversUsage(drawingPrice, drawn, noMedia))) return false
  const rates = ratesOf(price, usage)
  return (
    (hasInputRates(rates, usage) && hasOutputRates(rates, usage)) ||
    isPaidByOtherUnit(price, usage, media) ||
    isFree(price)
  )
}

function hasInputRates(rates: TokenPrices, usage: Usage): boolean {
  if (rates.input > 0) return true
  let left = toCount(usage.inputTokens)
  if (rates.cachedInput !== undefined) left -= toCount(usage.cachedInputTokens)
  if (rates.cacheWrite !== undefined) left -= toCount(usage.cacheWriteTokens)
  if (rates.audioInput !== undefined) left -= toCount(usage.audioInputTokens)
  if (rates.imageInput !== undefined) left -= toCount(usage.imageInputTokens)
  return left <= 0
}

function hasOutputRates(rates: TokenPrices, usage: Usage): boolean {
  if (rates.output > 0) return true
  let left = toCount(usage.outputTokens)
  if (rates.reasoning !== undefined) left -= toCount(usage.reasoningTokens)
  if (rates.audioOutput !== undefined) left -= toCount(usage.audioOutputTokens)
  if (rates.imageOutput !== undefined) left -= toCount(usage.imageOutputTokens)
  return left <= 0
}

function isPaidByOtherUnit(price: Price, { seconds = 0 }: Usage, media: MediaQuantities): boolean {
  const { perRequestNano = 0, perSecondPico = 0, perCharacterPico = 0 } = price
  const paysForImages = toCount(media.images) > 0 && imagePico(price, media) > 0
  return (
    perRequestNano > 0 ||
    seconds * perSecondPico > 0 ||
    toCount(media.characters) * perCharacterPico > 0 ||
    paysForImages
  )
}

function isFree(price: Price): boolean {
  return Object.entries(price).every(([name, rate]) => name === 'maxOutputTokens' || rate === 0)
}

function addInput(items: CostItem[], rates: TokenPrices, usage: Usage): boolean {
  const before = items.length
  let left = toCount(usage.inputTokens)
  left -= add(items, 'cached_input', Math.min(left, toCount(usage.cachedInputTokens)), rates.cachedInput ?? rates.input)
  const written = Math.min(left, toCount(usage.cacheWriteTokens))
  const long = Math.min(written, toCount(usage.longCacheWriteTokens))
  const cacheWrite = rates.cacheWrite ?? rates.input
  left -= add(items, 'long_cache_write', long, rates.longCacheWrite ?? cacheWrite)
  left -= add(items, 'cache_write', written - long, cacheWrite)
  left -= add(items, 'audio_input', Math.min(left, toCount(usage.audioInputTokens)), rates.audioInput ?? rates.input)
  left -= add(items, 'image_input', Math.min(left, toCount(usage.imageInputTokens)), rates.imageInput ?? rates.input)
  add(items, 'input', left, rates.input)
  return items.length > before
}

function addOutput(items: CostItem[], rates: TokenPrices, usage: Usage): boolean {
  const before = items.length
  let left = toCount(usage.outputTokens)
  left -= add(items, 'reasoning', Math.min(left, toCount(usage.reasoningTokens)), rates.reasoning ?? rates.output)
  left -= add(
    items,
    'audio_output',
    Math.min(left, toCount(usage.audioOutputTokens)),
    rates.audioOutput ?? rates.output,
  )
  left -= add(
    items,
    'image_output',
    Math.min(left, toCount(usage.imageOutputTokens)),
    rates.imageOutput ?? rates.output,
  )
  add(items, 'output', left, rates.output)
  return items.length > before
}

/** Audio is billed by fractions of a second; the smallest unit of money here is a pico-USD. */
function addSeconds(
  items: CostItem[],
  of: 'seconds' | 'sound_seconds',
  perSecondPico = 0,
  { seconds = 0 }: Usage,
): void {
  if (seconds > 0) add(items, of, 1, Math.round(seconds * perSecondPico))
}

/** Returns the price of one request; the highest if the request does not set its search context. */
export function requestNano(price: Price, { searchContext }: MediaQuantities): number {
  const { perRequestNano = 0, perRequestNanoByContext: byContext } = price
  return (searchContext === undefined ? undefined : byContext?.[searchContext]) ?? perRequestNano
}

function addMedia(items: CostItem[], price: Price, media: MediaQuantities): void {
  const images = toCount(media.images)
  if (images > 0) add(items, 'images', images, imagePico(price, media))
  add(items, 'characters', toCount(media.characters), price.perCharacterPico ?? 0)
}

/** Adds an item unless it is free. Returns the count, which is used up whether it costs anything or not. */
function add(items: CostItem[], of: CostItemName, count: number, pico: number): number {
  if (count > 0 && pico > 0) items.push({ of, count, pico })
  return count
}

function toCount(value: number | undefined): number {
  return value !== undefined && value > 0 ? value : 0
}

/**
 * Returns the pico-USD of one image. Without a size or a quality the first matching row counts, which is the model's
 * default. A size without a row costs the highest price.
 */
export function imagePico(price: Price, { imageSize, imageQuality }: MediaQuantities): number {
  const rows = price.images ?? []
  const row = rows.find((each) => fits(each.size, imageSize) && fits(each.quality, imageQuality))
  const nano = row?.nano ?? price.perImageNano ?? rows.reduce((max, each) => Math.max(max, each.nano), 0)
  return nano * 1_000
}

/** Returns the pico-USD of one image if undefined fields may still be set: the highest matching row. */
export function dearestImagePico(price: Price, media: MediaQuantities): number {
  const rows = price.images ?? []
  return rows
    .filter(({ size, quality }) => fits(size, media.imageSize) && fits(quality, media.imageQuality))
    .reduce((max, { nano }) => Math.max(max, nano * 1_000), imagePico(price, media))
}

function fits(priced: string | undefined, requested: string | undefined): boolean {
  return priced === undefined || requested === undefined || requested === 'auto' || priced === requested
}

/**
 * Returns the sum of all amounts in nano-USD, rounded half up once. Exact: within 2^53 pico-USD ($9,007) with numbers,
 * beyond that with BigInt. Clamped to 2^53 nano-USD ($9 million).
 */
export function sumNano(amounts: readonly Amount[]): number {
  let pico = 0
  for (const amount of amounts) pico += amount.count * amount.pico
  // No amount is negative, so a sum within the safe range has only exact products.
  if (pico > Number.MAX_SAFE_INTEGER) return sumLarge(amounts)
  // A remainder is exact, a quotient may already be rounded.
  const rest = pico % 1_000
  return (pico - rest) / 1_000 + (rest >= 500 ? 1 : 0)
}

function sumLarge(amounts: readonly Amount[]): number {
  const pico = amounts.reduce((sum, amount) => sum + BigInt(amount.count) * BigInt(amount.pico), 0n)
  const nano = (pico + 500n) / 1_000n
  const max = BigInt(Number.MAX_SAFE_INTEGER)
  return Number(nano < max ? nano : max)
}
