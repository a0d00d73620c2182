import type { Price } from '../metering/price.ts'
import type { MaxPrice, PriceKey } from '../openai/routing-fields.ts'
import type { Target } from '../providers/registry.ts'

/** Returns the price of a target; undefined if none is known. */
export type PriceOf = (target: Target) => Price | undefined

/** Tells why a price exceeds a maximum; undefined if it does not. `path` names the maximum. */
export function priceProblem(price: Price | undefined, maxPrice: MaxPrice, path: string): string | undefined {
  const names = priceReaders.filter(([key]) => maxPrice[key] !== undefined)
  if (names.length === 0) return undefined
  if (price === undefined) return 'its price is not known'
  for (const [key, unit, read] of names) {
    const usd = read(price)
    const limit = maxPrice[key] ?? 0
    if (usd > limit) return `${usd} USD per ${unit}, more than \`${path}.${key}\` (${limit})`
  }
  return undefined
}

/** In USD; prices of tokens are stored in micro-USD per million. */
const priceReaders: readonly (readonly [key: PriceKey, unit: string, read: (price: Price) => number])[] = [
  ['prompt', 'million input tokens', ({ input }) => input / 1e6],
  ['completion', 'million output tokens', ({ output }) => output / 1e6],
  ['request', 'request', ({ perRequestNano = 0 }) => perRequestNano / 1e9],
  [
    'image',
    'image',
    ({ perImageNano = 0, images = [] }) => Math.max(perImageNano, ...images.map(({ nano }) => nano)) / 1e9,
  ],
]
