import type { ServiceTier } from '../core/usage.ts'
import type { Price, TokenPrices } from './price.ts'
import { scaleRates } from './scale-rates.ts'

/**
 * The rules by which a seller charges more or less than the price of a model, for models without their own figures in
 * the price table (case C10).
 */
export interface Surcharges {
  /** Factors on the plain token prices; the highest if they differ by model. */
  readonly services: Readonly<Partial<Record<ServiceTier, number>>>
  /** Factor on the plain price of input. */
  readonly longCacheWrite?: number
  /** Factor on all token prices, for a call that the provider kept in one region. */
  readonly regionFactor?: number
  readonly perWebSearchNano?: number
  readonly perFileSearchNano?: number
  /** The pages with the rules, and the day on which they were read. */
  readonly sources: readonly string[]
  readonly checkedOn: string
}

export const openaiSurcharges: Surcharges = {
  services: { fast: 2.5, ultrafast: 6, flex: 0.5, batch: 0.5 },
  perWebSearchNano: 10_000_000,
  perFileSearchNano: 2_500_000,
  sources: [
    'https://openai.com/api-fast-mode/',
    'https://developers.openai.com/api/docs/guides/ultrafast-mode',
    'https://developers.openai.com/api/docs/guides/flex-processing',
    'https://developers.openai.com/api/docs/pricing',
  ],
  checkedOn: '2026-11-29',
}

export const anthropicSurcharges: Surcharges = {
  // Opus 4.6 and 4.7, which cost six times as much, are no longer served in this tier.
  services: { fast: 2, batch: 0.5 },
  longCacheWrite: 2,
  // Models before Opus 4.6 have no region and report none.
  regionFactor: 1.1,
  perWebSearchNano: 10_000_000,
  sources: [
    'https://platform.claude.com/docs/en/build-with-claude/fast-mode',
    'https://platform.claude.com/docs/en/about-claude/pricing',
    'https://docs.aws.amazon.com/claude-platform/latest/userguide/data-residency.html',
  ],
  checkedOn: '2026-11-29',
}

/** Returns a price of the table with its seller's rules wherever it has no own figures. */
export function withSurcharges(price: Price, rules: Surcharges): Price {
  if (price.input === 0 && price.output === 0) return price
  const { longCacheWrite, regionFactor, perWebSearchNano, perFileSearchNano } = rules
  const known = new Set(price.services?.map(({ tier }) => tier))
  const plain = longCacheWrite === undefined ? price : withLongWrites(price, longCacheWrite)
  const services = (Object.entries(rules.services) as [ServiceTier, number][])
    .filter(([tier]) => !known.has(tier))
    .map(([tier, factor]) => ({ tier, ...scaleRates(plain, factor) }))
  return {
    ...(regionFactor !== undefined && { regionFactor }),
    ...(perWebSearchNano !== undefined && { perWebSearchNano }),
    ...(perFileSearchNano !== undefined && { perFileSearchNano }),
    ...plain,
    services: [...(price.services ?? []), ...services],
  }
}

function withLongWrites(price: Price, factor: number): Price {
  const add = <Rates extends TokenPrices>(rates: Rates): Rates => ({
    ...rates,
    longCacheWrite: rates.longCacheWrite ?? Math.round(rates.input * factor),
  })
  return { ...add(price), ...(price.tiers !== undefined && { tiers: price.tiers.map(add) }) }
}
