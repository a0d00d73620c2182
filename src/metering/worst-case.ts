import { imagePico } from './cost-items.ts'
import type { MediaQuantities, Price, TokenPrices } from './price.ts'
import { type Amount, sumNano } from './sum-nano.ts'

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
}

export interface WorstCase {
  /** In and out. */
  readonly tokens: number
  readonly nano: number
}

/**
 * The most that a call within these bounds can cost, whatever kind its tokens turn out to be and whichever tier they fall into (R38, S59).
 * What has a price by itself, a picture or a character, is bounded by that: nobody knows beforehand how many tokens it will be.
 */
export function worstCase({ price, inputTokens, maxOutputTokens, choices, media, seconds = 0 }: CallBounds): WorstCase {
  const perChoice = Math.min(maxOutputTokens, price.maxOutputTokens ?? maxOutputTokens)
  const outputTokens = Math.min(perChoice * choices, Number.MAX_SAFE_INTEGER)
  const sound = [{ count: 1, pico: Math.round(seconds * (price.perSecondPico ?? 0)) }]
  const made = [
    { count: media.images ?? 0, pico: imagePico(price, media) },
    { count: media.characters ?? 0, pico: price.perCharacterPico ?? 0 },
  ]
  const request = { count: 1, pico: (price.perRequestNano ?? 0) * 1_000 }
  const reachable = [price, ...(price.tiers?.filter(({ aboveTokens }) => aboveTokens < inputTokens) ?? [])]
  const nanos = reachable.map((rates) => {
    const input = dearer([{ count: inputTokens, pico: dearestInput(rates) }], sound)
    const output = total(made) > 0 ? made : [{ count: outputTokens, pico: dearestOutput(rates) }]
    return sumNano([...input, ...output, request])
  })
  return { tokens: Math.min(inputTokens + outputTokens, Number.MAX_SAFE_INTEGER), nano: Math.max(...nanos) }
}

function dearer(one: readonly Amount[], other: readonly Amount[]): readonly Amount[] {
  return total(one) >= total(other) ? one : other
}

function total(amounts: readonly Amount[]): number {
  return amounts.reduce((sum, { count, pico }) => sum + count * pico, 0)
}

function dearestInput({ input, cachedInput = 0, cacheWrite = 0, audioInput = 0, imageInput = 0 }: TokenPrices): number {
  return Math.max(input, cachedInput, cacheWrite, audioInput, imageInput)
}

function dearestOutput({ output, reasoning = 0, audioOutput = 0, imageOutput = 0 }: TokenPrices): number {
  return Math.max(output, reasoning, audioOutput, imageOutput)
}
