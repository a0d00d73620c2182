import { type BoundedMap, createBoundedMap } from '../core/bounded-map.ts'
import type { Clock } from '../core/clock.ts'
import { dayMs, formatDay } from '../core/time.ts'
import { modelTable } from './model-facts.ts'
import type { Price } from './price.ts'
import { scalePrice } from './scale-rates.ts'
import { anthropicSurcharges, openaiSurcharges, type Surcharges, withSurcharges } from './surcharges.ts'
import { type PriceOverride, toPrice } from './to-price.ts'

/** Whose price list holds for a provider: a section of the price table, or `free` where nothing is paid. */
export type PriceSource = string

/** The facts of a provider that a price book needs. */
export interface PricedProvider {
  /** As the operator named it; prices of the configuration are under this name. */
  readonly id: string
  readonly baseUrl: string
  /** That of its kind, for a host that is not in the table of hosts. */
  readonly priceSource: PriceSource | undefined
  /** Times the prices of the table; 1 unless set. */
  readonly priceMultiplier?: number | undefined
  /** The name under which the table has a model that goes upstream by another, such as a deployment; its own unless said otherwise. */
  toPricedModel?(model: string): string
}

export interface ListedPrice {
  /** A provider's id for prices of the configuration, else a price source. */
  readonly provider: string
  readonly model: string
  readonly price: Price
  readonly from: 'config' | 'table'
}

export interface PriceBook {
  /** Today's price (UTC) of `model`, by the name that goes upstream. Undefined where it is not known, never the price of another model (R54). */
  find(providerId: string, model: string): Price | undefined
  /** Everything that is known, the configuration's first. */
  list(): readonly ListedPrice[]
}

/** Callers choose model names, so the memory of look-ups is bounded. */
const rememberedNames = 2_000
const maxRememberedLength = 200

export const free: Price = { input: 0, output: 0 }

/** A price that was looked up. */
interface Remembered {
  readonly price: Price | undefined
  /** Milliseconds since 1970: the end of the day, for a price whose change is announced. */
  readonly untilMs: number | undefined
}

/** Opens the price table, with the prices of the configuration before it: `provider/model`, or `provider/*` for all others there. */
export function createPriceBook(
  providers: readonly PricedProvider[],
  overrides: Readonly<Record<string, PriceOverride>>,
  clock: Pick<Clock, 'now'>,
): PriceBook {
  const own = new Map(Object.entries(overrides).map(([name, price]) => [name, toPrice(price)]))
  const sources = new Map(providers.map((provider) => [provider.id, toPriceSource(provider)]))
  const byId = new Map(providers.map((provider) => [provider.id, provider]))
  const table = modelTable
  const remembered = new Map<string, BoundedMap<string, Remembered>>(
    providers.map(({ id }) => [id, createBoundedMap(rememberedNames)]),
  )

  function look(providerId: string, model: string): Price | undefined {
    const pricedAs = pricedNames(providerId, model)
    const names = [...candidateNames(model), ...pricedAs]
    const price = firstDefined(names, (name) => own.get(`${providerId}/${name}`)) ?? own.get(`${providerId}/*`)
    const source = sources.get(providerId)
    if (price !== undefined || source === undefined) return price
    if (source === 'free') return free
    const day = formatDay(clock.now())
    const listed = firstDefined(pricedAs, (name) => table.find(source, name, day))
    const multiplier = byId.get(providerId)?.priceMultiplier ?? 1
    if (listed === undefined) return undefined
    const usual = withRules(source, listed)
    return multiplier === 1 ? usual : scalePrice(usual, multiplier)
  }

  /** The names under which the table may have a model. */
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
      const known = remembered.get(providerId)
      const entry = known?.get(model)
      // The clock is asked only where a change is announced, since every call comes here.
      if (entry !== undefined && (entry.untilMs === undefined || clock.now() < entry.untilMs)) return entry.price
      const price = look(providerId, model)
      const untilMs = price === undefined ? undefined : endOfPrice(providerId, model)
      if (model.length <= maxRememberedLength) known?.set(model, { price, untilMs })
      return price
    },
    list() {
      const day = formatDay(clock.now())
      const listed = table.list().map(({ provider, model, price, later }): ListedPrice => {
        const begun = later.findLast(({ from }) => from <= day)
        return { provider, model, price: withRules(provider, begun?.price ?? price), from: 'table' }
      })
      return [...[...own].map(toListed), ...listed]
    },
  }
}

/** `-2024-08-06`, `-20250929`, `@20250929`: a snapshot of a model costs what the model costs, unless the snapshot is listed itself. */
const snapshot = /[-@]20\d{2}(?:-[01]\d-[0-3]\d|[01]\d[0-3]\d)$/

/**
 * The names under which a model may be listed, the most exact first. Nothing else is cut off or compared by its beginning:
 * `gpt-4o-mini-x` is no `gpt-4o`, and no price is better than a wrong one (R54).
 */
function candidateNames(model: string): readonly string[] {
  // A fine-tuned model has its own price, which is that of `ft:` and the model below it: `ft:gpt-4o-2024-08-06:org:name:id`.
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
 * By the host that calls are sent to; a name that an operator chose says nothing of who sends the bill. A host in China bills in its own
 * currency what the same vendor's list says in USD; the two are a few percent apart.
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

/** Undefined where no known prices hold, as for a server of the operator's own. */
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
