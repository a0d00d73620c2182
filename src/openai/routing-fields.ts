import { GatewayError } from '../core/errors.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import { removeMember } from './edit-json.ts'
import type { ParsedJsonBody } from './parse-json-body.ts'

/**
 * OpenRouter's `provider`, with which a caller chooses among providers.
 * Sources: https://openrouter.ai/docs/guides/routing/provider-selection,
 * https://openrouter.ai/docs/agent-sdk/typescript/models/providerpreferencesmaxprice.md, read on 2026-11-30.
 */
export interface ProviderPreferences {
  /** Ids of providers in lower case, as are those of `only` and `ignore`. */
  readonly order: readonly string[] | undefined
  readonly only: readonly string[] | undefined
  readonly ignore: readonly string[]
  readonly sort: SortKey | undefined
  /** True if all models are sorted together, so a later one may come first. */
  readonly sortsAcrossModels: boolean
  readonly allowsFallbacks: boolean
  readonly maxPrice: MaxPrice | undefined
  /** Paths of the members that Weir does not use. */
  readonly unused: readonly string[]
}

export type SortKey = 'price' | 'throughput' | 'latency'

/** USD per million tokens of `prompt` and `completion`, and USD per `request` and `image`. */
export type MaxPrice = Readonly<Partial<Record<PriceKey, number | undefined>>>

const priceKeys = ['prompt', 'completion', 'request', 'image'] as const
export type PriceKey = (typeof priceKeys)[number]

const sortKeys: ReadonlySet<unknown> = new Set<SortKey>(['price', 'throughput', 'latency'])

/** Names in `models`, each of which may cost an attempt. OpenRouter accepts a handful. */
const maxModels = 20
/** As for `model`. */
const maxNameLength = 256
const maxProviders = 100

/** True if a body has OpenRouter's `models` or `provider`. */
export function hasRoutingFields(body: JsonObject): boolean {
  return body.models !== undefined || body.provider !== undefined
}

/** True if a body names its models in `models`, so it needs no `model`. */
export function listsModels({ models }: JsonObject): boolean {
  return Array.isArray(models) && models.length > 0
}

/** Removes the fields from the text and the object. `route` only says how OpenRouter uses `models`. */
export function withoutRoutingFields<Body extends ParsedJsonBody>(body: Body): Body {
  const removed = ['models', 'provider', ...(listsModels(body.object) ? ['route'] : [])]
  const members = Object.entries(body.object).filter(([name]) => !removed.includes(name))
  return { ...body, text: removed.reduce(removeMember, body.text), object: Object.fromEntries(members) }
}

/**
 * Reads `models`, the names to try after `model`, in this order. Throws GatewayError `invalid_value`.
 * Source: https://openrouter.ai/docs/guides/routing/model-fallbacks, read on 2026-11-30.
 */
export function readModels({ models: value }: JsonObject): readonly string[] {
  if (isAbsent(value)) return []
  if (!Array.isArray(value)) throw wrong('models', 'must be a list of model names')
  if (value.length > maxModels) throw wrong('models', `may name at most ${maxModels} models`)
  return value.map((name: unknown, index) => {
    if (isText(name) && name.length <= maxNameLength && name.isWellFormed()) return name
    throw wrong(`models[${index}]`, `must be the name of a model, of at most ${maxNameLength} characters`)
  })
}

/** True if a body has OpenRouter's `provider`. */
export function hasPreferences({ provider }: JsonObject): boolean {
  return !isAbsent(provider)
}

/**
 * Reads `provider`; undefined if the body has none. Throws GatewayError `invalid_value` for a wrong type, and for a
 * demand that Weir cannot judge.
 */
export function readPreferences({ provider: value }: JsonObject): ProviderPreferences | undefined {
  if (isAbsent(value)) return undefined
  if (!isJsonObject(value)) throw wrong('provider', 'must be an object')
  const { order, only, ignore, sort, allow_fallbacks, max_price, ...others } = value
  refuseDemands(others)
  const ordered = readIds('order', order)
  return {
    order: ordered?.length === 0 ? undefined : ordered,
    only: readIds('only', only),
    ignore: readIds('ignore', ignore) ?? [],
    ...readSort(sort),
    allowsFallbacks: readFlag('provider.allow_fallbacks', allow_fallbacks),
    maxPrice: isAbsent(max_price) ? undefined : readMaxPrice(max_price),
    unused: Object.keys(others).map((name) => `provider.${name}`),
  }
}

/** Refuses demands that Weir cannot check: a call that ignored them would seem to meet them. */
function refuseDemands(others: JsonObject): void {
  for (const name in others) {
    const value = others[name]
    const isDemand =
      name === 'data_collection'
        ? value === 'deny'
        : name === 'quantizations'
          ? Array.isArray(value) && value.length > 0
          : demands.has(name) && value === true
    if (isDemand)
      throw wrong(
        `provider.${name}`,
        'asks for a property that this server does not know of its providers. Leave it out, and name the providers in `provider.only`',
      )
  }
}

const demands: ReadonlySet<string> = new Set(['zdr', 'require_parameters', 'enforce_distillable_text'])

function readIds(name: string, value: unknown): readonly string[] | undefined {
  if (isAbsent(value)) return undefined
  const path = `provider.${name}`
  if (!Array.isArray(value) || value.length > maxProviders)
    throw wrong(path, `must be a list of at most ${maxProviders} ids of providers`)
  return value.map((id: unknown, index) => {
    if (isText(id)) return id.toLowerCase()
    throw wrong(`${path}[${index}]`, 'must be the id of a provider')
  })
}

function readSort(value: unknown): Pick<ProviderPreferences, 'sort' | 'sortsAcrossModels'> {
  const path = isJsonObject(value) ? 'provider.sort.by' : 'provider.sort'
  const { by, partition } = isJsonObject(value) ? value : { by: value, partition: undefined }
  if (!isAbsent(by) && !isSortKey(by)) throw wrong(path, 'must be `price`, `throughput` or `latency`')
  if (!isAbsent(partition) && partition !== 'model' && partition !== 'none')
    throw wrong('provider.sort.partition', 'must be `model` or `none`')
  return { sort: isSortKey(by) ? by : undefined, sortsAcrossModels: isSortKey(by) && partition === 'none' }
}

/** OpenRouter's own client sends the numbers as strings. */
function readMaxPrice(value: unknown): MaxPrice {
  if (!isJsonObject(value)) throw wrong('provider.max_price', 'must be an object')
  const prices: Partial<Record<PriceKey, number>> = {}
  for (const name in value) {
    const path = `provider.max_price.${name}`
    const key = priceKeys.find((each) => each === name)
    if (key === undefined) throw wrong(path, `is not one of ${priceKeys.map((each) => `\`${each}\``).join(', ')}`)
    const price = value[name]
    if (isAbsent(price)) continue
    const usd = isText(price) ? Number(price) : price
    if (typeof usd !== 'number' || !(usd >= 0)) throw wrong(path, 'must be a number of USD, 0 or more')
    prices[key] = usd
  }
  return prices
}

function readFlag(path: string, value: unknown): boolean {
  if (isAbsent(value)) return true
  if (typeof value === 'boolean') return value
  throw wrong(path, 'must be true or false')
}

function isSortKey(value: unknown): value is SortKey {
  return sortKeys.has(value)
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

function wrong(path: string, problem: string): GatewayError {
  const param = path.slice(0, 100)
  return new GatewayError('invalid_value', `\`${param}\` ${problem}.`, { param })
}
