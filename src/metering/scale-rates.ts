import { type PriceTier, type TokenPrices, tokenRates } from './price.ts'

/** The prices of tokens, and those for long prompts, times a factor: most tiers of service are told so. */
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
