import type { Usage } from '../core/usage.ts'
import type { MediaQuantities, Price, TokenPrices } from './price.ts'
import type { Amount } from './sum-nano.ts'

/** One thing that is paid for. */
export interface CostItem extends Amount {
  readonly of: CostItemName
}

export type CostItemName =
  | 'input'
  | 'cached_input'
  | 'cache_write'
  | 'audio_input'
  | 'image_input'
  | 'seconds'
  | 'output'
  | 'reasoning'
  | 'audio_output'
  | 'image_output'
  | 'images'
  | 'characters'
  | 'requests'

/**
 * What a call is paid for. Details are taken out of their total, in the order below and never more than is left of it, so that no token is
 * paid twice (R53). What came in is paid by tokens where they were counted and have a price, else by seconds; what came out by tokens, else
 * by images and characters.
 */
export function costItems(price: Price, usage: Usage, media: MediaQuantities): readonly CostItem[] {
  const items: CostItem[] = []
  const rates = ratesFor(price, usage.inputTokens)
  if (!addInput(items, rates, usage)) addSeconds(items, price, usage)
  if (!addOutput(items, rates, usage)) addMedia(items, price, media)
  add(items, 'requests', 1, (price.perRequestNano ?? 0) * 1_000)
  return items
}

/** The prices of tokens that hold for a call with so much input. */
export function ratesFor(price: Price, inputTokens: number): TokenPrices {
  return price.tiers?.find(({ aboveTokens }) => inputTokens > aboveTokens) ?? price
}

/** What one image costs. Without a size or a quality the first row that fits counts, which is the model's default; a size that has no row costs as much as the dearest. */
export function imagePico(price: Price, { imageSize, imageQuality }: MediaQuantities): number {
  const rows = price.images ?? []
  const row = rows.find((each) => fits(each.size, imageSize) && fits(each.quality, imageQuality))
  const nano = row?.nano ?? price.perImageNano ?? rows.reduce((most, each) => Math.max(most, each.nano), 0)
  return nano * 1_000
}

function fits(priced: string | undefined, asked: string | undefined): boolean {
  return priced === undefined || asked === undefined || asked === 'auto' || priced === asked
}

function addInput(items: CostItem[], rates: TokenPrices, usage: Usage): boolean {
  const before = items.length
  let left = toCount(usage.inputTokens)
  left -= add(items, 'cached_input', Math.min(left, toCount(usage.cachedInputTokens)), rates.cachedInput ?? rates.input)
  left -= add(items, 'cache_write', Math.min(left, toCount(usage.cacheWriteTokens)), rates.cacheWrite ?? rates.input)
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

/** Audio is billed by parts of a second; a pico-USD is the smallest part of money here. */
function addSeconds(items: CostItem[], price: Price, { seconds = 0 }: Usage): void {
  if (seconds > 0) add(items, 'seconds', 1, Math.round(seconds * (price.perSecondPico ?? 0)))
}

function addMedia(items: CostItem[], price: Price, media: MediaQuantities): void {
  const images = toCount(media.images)
  if (images > 0) add(items, 'images', images, imagePico(price, media))
  add(items, 'characters', toCount(media.characters), price.perCharacterPico ?? 0)
}

/** Leaves out what costs nothing. Gives the count back, which is used up whether it costs anything or not. */
function add(items: CostItem[], of: CostItemName, count: number, pico: number): number {
  if (count > 0 && pico > 0) items.push({ of, count, pico })
  return count
}

function toCount(value: number | undefined): number {
  return value !== undefined && value > 0 ? value : 0
}
