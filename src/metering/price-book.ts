import { type BoundedMap, createBoundedMap } from '../core/bounded-map.ts'
import type { Clock } from '../core/clock.ts'
import { dayMs, formatDay } from '../core/time.ts'
import { modelTable } from './model-facts.ts'
import type { Price } from './price.ts'
import { scalePrice } from './scale-rates.ts'
import { anthropicSurcharges, openaiSurcharges, type Surcharges, withSurcharges } from './surcharges.ts'
import { type PriceOverride, toPrice } from './to-price.ts'

/** The price list of a provider: a section of the price table, or `free`. */
export type PriceSource = string

/** The facts of a provider that a price book needs. */
export interface PricedProvider {
  /** The operator's name of the provider; prices of the configuration use it. */
  readonly id: string
  readonly baseUrl: string
  /** The kind's price list, for a host that is not in the table of hosts. */
  readonly priceSource: PriceSource | undefined
  /** Factor on the prices of the table; 1 if unset. */
  readonly priceMultiplier?: number | undefined
  /**
   * Returns the table's name of a model whose upstream name differs, such as a deployment. If unset, the names are
   * equal.
   */
  toPricedModel?(model: string): string
}

export interface ListedPrice {
  /** A provider's id for prices of the configuration, else a price list. */
  readonly provider: string
  readonly model: string
  readonly price: Price
  readonly from: 'config' | 'table'
}

export interface PriceBook {
  /**
   * Returns today's price (UTC) of `model`, by its upstream name. Undefined if unknown, never the price of another
   * model (R54).
   */
  find(providerId: string, model: string): Price | undefined
  /** Lists all known prices, the configuration's first. */
  list(): readonly ListedPrice[]
}

/** Callers choose model names, so the cache of lookups is bounded. */
const maxCachedNames = 2_000
const maxCachedLength = 200

export const free: Price = { input: 0, output: 0 }

/** A price that was looked up. */
interface CachedPrice {
  readonly price: Price | undefined
  /** Milliseconds since 1970: the end of the day, if a change of the price is announced. */
  readonly untilMs: number | undefined
}

/**
 * Creates a book of the price table and the configuration's prices, which override it: `provider/model`, or
 * `provider/*` for all other models there.
 */
export function createPriceBook(
  providers: readonly PricedProvider[],
  overrides: Readonly<Record<string, PriceOverride>>,
  clock: Pick<Clock, 'now'>,
): PriceBook {
  const overridePrices = new Map(Object.entries(overrides).map(([name, price]) => [name, toPrice(price)]))
  const sources = new Map(providers.map((provider) => [provider.id, toPriceSource(provider)]))
  const byId = new Map(providers.map((provider) => [provider.id, provider]))
  const table = modelTable
  const cached = new Map<string, BoundedMap<string, CachedPrice>>(
    providers.map(({ id }) => [id, createBoundedMap(maxCachedNames)]),
  )

  function lookUp(providerId: string, model: string): Price | undefined {
    const pricedAs = pricedNames(providerId, model)
    const names = [...candidateNames(model), ...pricedAs]
    const price =
      firstDefined(names, (name) => overridePrices.get(`${providerId}/${name}`)) ??
      overridePrices.get(`${providerId}/*`)
    const source = sources.get(providerId)
    if (price !== undefined || source === undefined) return price
    if (source === 'free') return free
    const day = formatDay(clock.now())
    const listed = firstDefined(pricedAs, (name) => table.find(source, name, day))
    const multiplier = byId.get(providerId)?.priceMultiplier ?? 1
    if (listed === undefined) return undefined
    const plain = withRules(source, listed)
    return multiplier === 1 ? plain : scalePrice(plain, multiplier)
  }

  /** Returns the names under which the table may list a model. */
  function pricedNames(providerId: string, model: string): readonly string[] {
    return candidateNames(byId.get(providerId)?.toPricedModel?.(model) ?? model)
  }

  function endOfPrice(providerId: string, model: string): number | undefined {
    const source = sources.get(providerId)
    const changes = source !== undefined && pricedNames(providerId, model).some((name) => table.changes(source, name))
    return changes ? (Math.floor(clock.now() / dayMs) + 1) * dayMs : undefined
  }

  return {
    find(providerId, model) {
      const known = cached.get(providerId)
      const entry = known?.get(model)
      // Reads the clock only if a change is announced, because every call looks up a price.
      if (entry !== undefined && (entry.untilMs === undefined || clock.now() < entry.untilMs)) return entry.price
      const price = lookUp(providerId, model)
      const untilMs = price === undefined ? undefined : endOfPrice(providerId, model)
      if (model.length <= maxCachedLength) known?.set(model, { price, untilMs })
      return price
    },
    list() {
      const day = formatDay(clock.now())
      const listed = table.list().map(({ provider, model, price, later }): ListedPrice => {
        const begun = later.findLast(({ from }) => from <= day)
        return { provider, model, price: withRules(provider, begun?.price ?? price), from: 'table' }
      })
      return [...[...overridePrices].map(toListed), ...listed]
    },
  }
}

/**
 * `-2024-08-06`, `-20250929`, `@20250929`: a snapshot costs as much as its model, unless the table lists the snapshot
 * itself.
 */
const snapshot = /[-@]20\d{2}(?:-[01]\d-[0-3]\d|[01]\d[0-3]\d)$/

/**
 * Returns the names under which a model may be listed, the most exact first. No other suffix is removed and no prefix
 * compared: `gpt-4o-mini-x` is not `gpt-4o`, and an unknown price is better than a wrong one (R54).
 */
function candidateNames(model: string): readonly string[] {
  // A fine-tuned model has the price of `ft:` and its base model: `ft:gpt-4o-2024-08-06:org:name:id`.
  const name = model.startsWith('ft:') ? model.split(':', 2).join(':') : model
  const plain = name.startsWith('models/') ? name.slice('models/'.length) : name
  const family = plain.replace(snapshot, '')
  return [...new Set([model, name, plain, family])]
}

function firstDefined<T>(names: readonly string[], find: (name: string) => T | undefined): T | undefined {
  for (const name of names) {
    const found = find(name)
    if (found !== undefined) return found
  }
  return undefined
}

function withRules(source: PriceSource, price: Price): Price {
  const rules = surcharges.get(source)
  return rules === undefined ? price : withSurcharges(price, rules)
}

const surcharges: ReadonlyMap<PriceSource, Surcharges> = new Map([
  ['openai', openaiSurcharges],
  ['anthropic', anthropicSurcharges],
])

/**
 * Price lists by upstream host, because an operator's provider name does not identify the seller. A host in China bills
 * in its own currency the equivalent of the vendor's USD list; the two differ by a few percent.
 */
const hosts: ReadonlyMap<string, PriceSource> = new Map([
  ['api.openai.com', 'openai'],
  ['api.deepinfra.com', 'deepinfra'],
  ['api.anthropic.com', 'anthropic'],
  ['generativelanguage.googleapis.com', 'google'],
  ['api.mistral.ai', 'mistral'],
  ['api.groq.com', 'groq'],
  ['api.x.ai', 'xai'],
  ['api.deepseek.com', 'deepseek'],
  ['api.together.xyz', 'together'],
  ['api.together.ai', 'together'],
  ['api.fireworks.ai', 'fireworks'],
  ['openrouter.ai', 'openrouter'],
  // Its cloud, which is not in the table and therefore unpriced, unlike a machine of the operator.
  ['ollama.com', 'ollama'],
  ['api.perplexity.ai', 'perplexity'],
  ['api.cerebras.ai', 'cerebras'],
  ['api.cohere.ai', 'cohere'],
  ['api.cohere.com', 'cohere'],
  ['api.moonshot.ai', 'moonshot'],
  ['api.moonshot.cn', 'moonshot'],
  ['api.novita.ai', 'novita'],
  ['api.z.ai', 'zai'],
  ['open.bigmodel.cn', 'bigmodel'],
  ['api.minimax.io', 'minimax'],
  ['api.minimaxi.com', 'minimax'],
  ['dashscope.aliyuncs.com', 'dashscope'],
  ['dashscope-intl.aliyuncs.com', 'dashscope'],
  ['dashscope-us.aliyuncs.com', 'dashscope'],
  ['ark.cn-beijing.volces.com', 'volcengine'],
  ['api.siliconflow.cn', 'siliconflow'],
  ['api.siliconflow.com', 'siliconflow'],
])

/** Returns undefined if no known price list applies, as for an operator's own server. */
export function toPriceSource({
  baseUrl,
  priceSource,
}: Pick<PricedProvider, 'baseUrl' | 'priceSource'>): PriceSource | undefined {
  const host = URL.parse(baseUrl)?.hostname
  return (host === undefined ? undefined : hosts.get(host)) ?? priceSource
}

function toListed([name, price]: readonly [string, Price]): ListedPrice {
  const slash = name.indexOf('/')
  return { provider: name.slice(0, slash), model: name.slice(slash + 1), price, from: 'config' }
}
