import type { Usage } from '../core/usage.ts'
import { costItems } from './cost-items.ts'
import type { MediaQuantities, Price } from './price.ts'
import { sumNano } from './sum-nano.ts'

/** What a call costs, in whole nano-USD, rounded half up once on the exact sum (R51). What the provider itself reports as its price is not looked at. */
export function costOf(price: Price, usage: Usage, media: MediaQuantities): number {
  return sumNano(costItems(price, usage, media))
}
