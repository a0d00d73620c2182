import type { Region, ServiceTier } from '../core/usage.ts'
import { type Amount, dearestImagePico, imagePico, previewNano, requestNano, servedPrices, sumNano } from './cost.ts'
import type { MediaQuantities, Price, PriceTier, TokenPrices } from './price.ts'

/** The bounds of a call before it is sent. */
export interface CallBounds {
  readonly price: Price
  readonly inputTokens: number
  /** Output limit of one choice; the model's own maximum applies if it is lower. */
  readonly maxOutputTokens: number
  /** `n` or `best_of`; the number of images for an image model. */
  readonly choices: number
  readonly media: MediaQuantities
  /** Seconds of audio to transcribe. */
  readonly seconds?: number | undefined
  /** True if a later part of the request may still set the size and quality of images that `media` does not have. */
  readonly isPartial?: boolean
  /** The requested service tier. The provider may serve the call in the plain one. */
  readonly serviceTier?: ServiceTier | undefined
  /** The requested region. */
  readonly region?: Region | undefined
  /** Maximum number of searches that the provider itself may run. */
  readonly webSearches?: number | undefined
  readonly webSearchPreviews?: number | undefined
  readonly fileSearches?: number | undefined
  /** Images that the provider itself may draw. */
  readonly drawing?: PricedDrawing | undefined
}

export interface PricedDrawing {
  /** Price of the model that draws. */
  readonly price: Price
  readonly media: MediaQuantities
  /** Maximum tokens of one image, if it is billed by tokens. */
  readonly tokens: number
}

export interface WorstCase {
  /** Input and output tokens. */
  readonly tokens: number
  readonly nano: number
}

const noTiers: readonly PriceTier[] = []

/**
 * Returns the maximum cost of a call within these bounds, for every kind of token and every tier that it may reach
 * (R38, S59). An image with its own price is bounded by that price, because its tokens are unknown in advance. Speech
 * is bounded by its characters or its tokens, whichever costs more, because only some responses report tokens.
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

/**
 * Returns the longest output of one choice, within the bounds, whose worst case costs at most `nano`; undefined if even
 * an empty output costs more.
 */
export function maxLengthWithin(bounds: CallBounds, nano: number): number | undefined {
  let fits = -1
  let max = Math.min(bounds.maxOutputTokens, Number.MAX_SAFE_INTEGER)
  while (fits < max) {
    const candidate = fits + Math.ceil((max - fits) / 2)
    if (worstCase({ ...bounds, maxOutputTokens: candidate }).nano <= nano) fits = candidate
    else max = candidate - 1
  }
  return fits < 0 ? undefined : fits
}

/** Returns the cost in the dearest length tier that the input may reach. */
function dearestNano(rates: ReturnType<typeof servedPrices>, bounds: CallBounds, outputTokens: number): number {
  let nano = nanoAt(rates, bounds, outputTokens)
  for (const tier of rates.tiers ?? noTiers) {
    if (tier.aboveTokens < bounds.inputTokens) nano = Math.max(nano, nanoAt(tier, bounds, outputTokens))
  }
  return nano
}

/** Returns the cost with the token prices of a tier, or of the price itself. */
function nanoAt(rates: TokenPrices, bounds: CallBounds, outputTokens: number): number {
  const { price, inputTokens, media, seconds = 0, isPartial = false } = bounds
  const { webSearches = media.webSearches ?? 0, webSearchPreviews = 0, fileSearches = 0 } = bounds
  const tokens = { count: inputTokens, pico: Math.max(dearestInput(rates), soundTokenPico(price)) }
  const sound = { count: 1, pico: Math.round(seconds * (price.perSecondPico ?? 0)) }
  const perImage = isPartial ? dearestImagePico(price, media) : imagePico(price, media)
  const images = { count: media.images ?? 0, pico: perImage }
  const characters = { count: media.characters ?? 0, pico: price.perCharacterPico ?? 0 }
  const output = { count: outputTokens, pico: dearestOutput(rates) }
  const amounts: Amount[] = [total(tokens) >= total(sound) ? tokens : sound]
  if (total(images) > 0) amounts.push(images, characters)
  else amounts.push(total(characters) > total(output) ? characters : output)
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

/** The estimate of tokens per second of audio, whose seconds only the response reports. */
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
