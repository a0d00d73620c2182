import { type Price, type PriceTier, type TokenPrices, tokenRates } from './price.ts'

/**
 * Multiplies the token prices, including those for long prompts, by a factor: sellers define most service tiers this
 * way.
 */
export function scaleRates(
  price: TokenPrices & { readonly tiers?: readonly PriceTier[] },
  factor: number,
): TokenPrices & { readonly tiers?: readonly PriceTier[] } {
  const scale = (rates: TokenPrices): TokenPrices => {
    const scaled: { -readonly [name in keyof TokenPrices]: TokenPrices[name] } = { input: 0, output: 0 }
    for (const name of tokenRates) {
      const rate = rates[name]
      if (rate !== undefined) scaled[name] = Math.round(rate * factor)
    }
    return scaled
  }
  const tiers = price.tiers?.map((tier) => ({ ...scale(tier), aboveTokens: tier.aboveTokens }))
  return { ...scale(price), ...(tiers !== undefined && { tiers }) }
}

/** Multiplies all prices of a model by a factor, except those of the provider's searches. */
export function scalePrice(price: Price, factor: number): Price {
  const { services, perRequestNanoByContext: byContext, images } = price
  const scaled: { -readonly [name in keyof Price]: Price[name] } = { ...price, ...scaleRates(price, factor) }
  for (const name of pieceRates) {
    const rate = price[name]
    if (rate !== undefined) scaled[name] = Math.round(rate * factor)
  }
  if (services !== undefined)
    scaled.services = services.map((each) => ({ tier: each.tier, ...scaleRates(each, factor) }))
  if (images !== undefined) scaled.images = images.map((each) => ({ ...each, nano: Math.round(each.nano * factor) }))
  if (byContext !== undefined) {
    const scale = (nano: number) => Math.round(nano * factor)
    const { low, medium, high } = byContext
    scaled.perRequestNanoByContext = { low: scale(low), medium: scale(medium), high: scale(high) }
  }
  return scaled
}

const pieceRates = [
  'perRequestNano',
  'perImageNano',
  'perSecondPico',
  'perSoundSecondPico',
  'perCharacterPico',
] as const satisfies readonly (keyof Price)[]
