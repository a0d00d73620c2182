import { candidateNames } from './candidate-names.ts'
import { createPriceTable } from './create-price-table.ts'
import type { Price } from './price.ts'
import { priceTable } from './prices.generated.ts'
import { type PriceOverride, toPrice } from './to-price.ts'
import { type PricedSettings, toPriceSource } from './to-price-source.ts'

/** What a price book has to know of a provider. */
export interface PricedProvider extends PricedSettings {
  /** As the operator named it; prices of the configuration are under this name. */
  readonly id: string
}

export interface ListedPrice {
  /** A provider's id for prices of the configuration, else a price source. */
  readonly provider: string
  readonly model: string
  readonly price: Price
  readonly from: 'config' | 'table'
}

export interface PriceBook {
  /** What `model`, by the name that goes upstream, costs there. Undefined where that is not known, never a price of another model (R54). */
  find(providerId: string, model: string): Price | undefined
  /** Everything that is known, the configuration's first. */
  list(): readonly ListedPrice[]
}

/** Callers choose model names, so that what is remembered needs an end. */
const rememberedNames = 2_000
const longestRemembered = 200

const free: Price = { input: 0, output: 0 }

/** Opens the price table, with the prices of the configuration before it: `provider/model`, or `provider/*` for all others there. */
export function createPriceBook(
  providers: readonly PricedProvider[],
  overrides: Readonly<Record<string, PriceOverride>>,
): PriceBook {
  const own = new Map(Object.entries(overrides).map(([name, price]) => [name, toPrice(price)]))
  const sources = new Map(providers.map((provider) => [provider.id, toPriceSource(provider)]))
  const table = createPriceTable(priceTable)
  const remembered = new Map<string, Map<string, Price | undefined>>()
  let count = 0

  function look(providerId: string, model: string): Price | undefined {
    const names = candidateNames(model)
    const price = firstDefined(names, (name) => own.get(`${providerId}/${name}`)) ?? own.get(`${providerId}/*`)
    const source = sources.get(providerId)
    if (price !== undefined || source === undefined) return price
    return source === 'free' ? free : firstDefined(names, (name) => table.find(source, name))
  }

  function remember(providerId: string, model: string, price: Price | undefined): void {
    if (model.length > longestRemembered) return
    if (count >= rememberedNames) {
      remembered.clear()
      count = 0
    }
    const names = remembered.get(providerId) ?? new Map<string, Price | undefined>()
    remembered.set(providerId, names.set(model, price))
    count++
  }

  return {
    find(providerId, model) {
      const known = remembered.get(providerId)
      const price = known?.get(model)
      if (price !== undefined || known?.has(model) === true) return price
      const found = look(providerId, model)
      remember(providerId, model, found)
      return found
    },
    list: () => [...[...own].map(toListed), ...table.list().map((row) => ({ ...row, from: 'table' as const }))],
  }
}

function toListed([name, price]: readonly [string, Price]): ListedPrice {
  const slash = name.indexOf('/')
  return { provider: name.slice(0, slash), model: name.slice(slash + 1), price, from: 'config' }
}

function firstDefined<T>(names: readonly string[], find: (name: string) => T | undefined): T | undefined {
  for (const name of names) {
    const found = find(name)
    if (found !== undefined) return found
  }
  return undefined
}
