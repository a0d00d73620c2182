import type { Region, ServiceTier } from '../core/usage.ts'
import { type Amount, dearestImagePico, imagePico, previewNano, requestNano, servedPrices, sumNano } from './cost.ts'
import type { MediaQuantities, Price, PriceTier, TokenPrices } from './price.ts'

/** The bounds of a call before it is sent. */
export interface CallBounds {
  readonly price: Price
  readonly inputTokens: number
  /** Of one choice; the model's own limit counts where it is lower. */
  readonly maxOutputTokens: number
  /** `n`, or `best_of`; pictures for an image model. */
  readonly choices: number
  readonly media: MediaQuantities
  /** Of audio to be transcribed. */
  readonly seconds?: number | undefined
  /** True where the size and quality of pictures that `media` does not have may still be asked for. */
  readonly isPartial?: boolean
  /** The tier of service that is asked for. The provider may serve the call in the plain one. */
  readonly serviceTier?: ServiceTier | undefined
  /** The region that is asked for. */
  readonly region?: Region | undefined
  /** The most that the provider may make by itself. */
  readonly webSearches?: number | undefined
  readonly webSearchPreviews?: number | undefined
  readonly fileSearches?: number | undefined
  /** Pictures that the provider may draw by itself. */
  readonly drawing?: PricedDrawing | undefined
}

export interface PricedDrawing {
  /** That of the model that draws. */
  readonly price: Price
  readonly media: MediaQuantities
  /** The most of one picture, where it is paid by tokens. */
  readonly tokens: number
}

export interface WorstCase {
  /** In and out. */
  readonly tokens: number
  readonly nano: number
}

const noTiers: readonly PriceTier[] = []

/**
 * The most that a call within these bounds can cost, whatever kind its tokens turn out to be and whichever tier they fall into (R38, S59).
 * A picture that has a price by itself is bounded by that price: its tokens are not known beforehand. Speech is bounded by its characters or its
 * tokens, whichever is dearer, since only some of its answers tell their tokens.
 */
export function worstCase(bounds: CallBounds): WorstCase {
  const { price, inputTokens, maxOutputTokens, choices } = bounds
  const perChoice = Math.min(maxOutputTokens, price.maxOutputTokens ?? maxOutputTokens)
  const outputTokens = Math.min(perChoice * choices, Number.MAX_SAFE_INTEGER)
  const { serviceTier, region } = bounds
  let nano = dearestNano(servedPrices(price, { region }), bounds, outputTokens)
  if (serviceTier !== undefined)
    nano = Math.max(nano, dearestNano(servedPrices(price, { serviceTier, region }), bounds, outputTokens))
  return { tokens: Math.min(inputTokens + outputTokens, Number.MAX_SAFE_INTEGER), nano }
}

/** The longest output of one choice, up to that of the bounds, whose worst case costs at most `nano`; undefined where not even none does. */
export function maxLengthWithin(bounds: CallBounds, nano: number): number | undefined {
  let fits = -1
  let most = Math.min(bounds.maxOutputTokens, Number.MAX_SAFE_INTEGER)
  while (fits < most) {
    const tried = fits + Math.ceil((most - fits) / 2)
    if (worstCase({ ...bounds, maxOutputTokens: tried }).nano <= nano) fits = tried
    else most = tried - 1
  }
  return fits < 0 ? undefined : fits
}

/** In the dearest tier of length that the input may reach. */
function dearestNano(rates: ReturnType<typeof servedPrices>, bounds: CallBounds, outputTokens: number): number {
  let nano = nanoAt(rates, bounds, outputTokens)
  for (const tier of rates.tiers ?? noTiers) {
    if (tier.aboveTokens < bounds.inputTokens) nano = Math.max(nano, nanoAt(tier, bounds, outputTokens))
  }
  return nano
}

/** With the prices of tokens that a tier has, or the price itself. */
function nanoAt(rates: TokenPrices, bounds: CallBounds, outputTokens: number): number {
  const { price, inputTokens, media, seconds = 0, isPartial = false } = bounds
  const { webSearches = media.webSearches ?? 0, webSearchPreviews = 0, fileSearches = 0 } = bounds
  const tokens = { count: inputTokens, pico: Math.max(dearestInput(rates), soundTokenPico(price)) }
  const sound = { count: 1, pico: Math.round(seconds * (price.perSecondPico ?? 0)) }
  const perImage = isPartial ? dearestImagePico(price, media) : imagePico(price, media)
  const images = { count: media.images ?? 0, pico: perImage }
  const characters = { count: media.characters ?? 0, pico: price.perCharacterPico ?? 0 }
  const words = { count: outputTokens, pico: dearestOutput(rates) }
  const amounts: Amount[] = [total(tokens) >= total(sound) ? tokens : sound]
  if (total(images) > 0) amounts.push(images, characters)
  else amounts.push(total(characters) > total(words) ? characters : words)
  amounts.push({ count: 1, pico: requestNano(price, media) * 1_000 })
  if (webSearches > 0) amounts.push({ count: webSearches, pico: (price.perWebSearchNano ?? 0) * 1_000 })
  if (webSearchPreviews > 0) amounts.push({ count: webSearchPreviews, pico: previewNano(price) * 1_000 })
  if (fileSearches > 0) amounts.push({ count: fileSearches, pico: (price.perFileSearchNano ?? 0) * 1_000 })
  if (bounds.drawing !== undefined) amounts.push(...drawingAmounts(bounds.drawing, inputTokens))
  return sumNano(amounts)
}

function drawingAmounts({ price, media, tokens }: PricedDrawing, inputTokens: number): readonly Amount[] {
  const { images = 0 } = media
  const pico = dearestImagePico(price, media) || tokens * dearestOutput(price)
  return [
    { count: images, pico },
    { count: images * inputTokens, pico: dearestInput(price) },
  ]
}

function total({ count, pico }: Amount): number {
  return count * pico
}

/** As many as sound is estimated to have, whose seconds are known by the answer alone. */
const soundTokensPerSecond = 10

function soundTokenPico({ perSoundSecondPico = 0 }: Price): number {
  return Math.ceil(perSoundSecondPico / soundTokensPerSecond)
}

function dearestInput({
  input,
  cachedInput = 0,
  cacheWrite = 0,
  longCacheWrite = 0,
  audioInput = 0,
  imageInput = 0,
}: TokenPrices): number {
  return Math.max(input, cachedInput, cacheWrite, longCacheWrite, audioInput, imageInput)
}

export function dearestOutput({ output, reasoning = 0, audioOutput = 0, imageOutput = 0 }: TokenPrices): number {
  return Math.max(output, reasoning, audioOutput, imageOutput)
}
