import { ConfigError } from '../config/config-error.ts'
import type { RouteSettings, RouteTargetSettings } from '../config/route-settings.ts'
import type { Usage } from '../core/usage.ts'
import type { MaxPrice } from '../openai/routing-fields.ts'
import { nameOf, type Registry, type Target } from '../providers/registry.ts'
import { hashText } from './hash.ts'
import type { HealthBook, TargetHealth } from './health.ts'
import { RetryBudget } from './retry-budget.ts'
import { type PriceOf, priceProblem } from './target-prices.ts'

/** One target of a route, or a route inside it. */
export type RouteEntry = RouteTargetSettings & {
  /** Hash of the name, and of its place among equal names: the same in every process. */
  readonly seed: number
  /** False if a `max_price` excludes the target; undefined without one. */
  readonly isWithinPrice?: boolean | undefined
} & (
    | { readonly target: Target; readonly health: TargetHealth; readonly route?: undefined }
    | { readonly route: Route; readonly target?: undefined }
  )

/** A target in the list of a route. */
export type TargetEntry = RouteEntry & { readonly target: Target }

/** A route whose names are resolved. */
export interface Route {
  readonly settings: RouteSettings
  readonly entries: readonly RouteEntry[]
  /** The usual usage of a call, learned from those that this process has served. */
  readonly mix: TokenMix
  readonly shadows: RunningShadows
  readonly retries: RetryBudget
}

/** The copies of calls that the shadow of a route is answering. */
export class RunningShadows {
  count = 0
}

/** The routes of one Settings object, with the health of their targets. */
export interface Routes {
  readonly health: HealthBook
  readonly list: readonly Route[]
  find(name: string): Route | undefined
}

/** Averages of tokens, by which prices are compared. */
export class TokenMix {
  input = 1_000
  cached = 0
  output = 300

  add({ inputTokens, cachedInputTokens = 0, outputTokens }: Usage): void {
    this.input += (inputTokens - this.input) * share
    this.cached += (cachedInputTokens - this.cached) * share
    this.output += (outputTokens - this.output) * share
  }
}

/** Weight of the newest call. */
const share = 0.05

/**
 * Resolves the names of all routes once. Throws ConfigError for a route whose maximum price excludes all targets, or of
 * which no provider is usable. A model that its provider does not know is found at the first call only.
 */
export function createRoutes(
  settings: ReadonlyMap<string, RouteSettings>,
  registry: Pick<Registry, 'find'>,
  health: HealthBook,
  priceOf: PriceOf,
): Routes {
  const routes = new Map<string, Route>()

  function create(route: RouteSettings): Route {
    const known = routes.get(route.name)
    if (known !== undefined) return known
    const unbound = {
      settings: route,
      entries: route.targets.flatMap((entry, index) => toEntry(entry, seedOf(route.targets, index))),
      mix: new TokenMix(),
      shadows: new RunningShadows(),
      retries: new RetryBudget(),
    }
    const created = route.maxPrice === undefined ? unbound : withMaxPrice(unbound, route.maxPrice, priceOf)
    routes.set(route.name, created)
    return created
  }

  function toEntry(entry: RouteTargetSettings, seed: number): readonly RouteEntry[] {
    const inner = settings.get(entry.name)
    if (inner !== undefined) return [{ ...entry, seed, route: create(inner) }]
    const target = toTarget(entry.name, registry)
    return target === undefined ? [] : [{ ...entry, seed, target, health: health.of(target) }]
  }

  const list = [...settings.values()].map(create)
  const problems = list.flatMap((route) => problemOf(route, priceOf) ?? [])
  if (problems.length > 0) throw new ConfigError(problems)
  return { health, list, find: (name) => routes.get(name) }
}

function withMaxPrice(route: Route, maxPrice: MaxPrice, priceOf: PriceOf): Route {
  const entries = route.entries.map((entry): RouteEntry => {
    if (entry.target === undefined) return { ...entry, route: withMaxPrice(entry.route, maxPrice, priceOf) }
    const isWithinPrice =
      entry.isWithinPrice !== false && priceProblem(priceOf(entry.target), maxPrice, '') === undefined
    return { ...entry, isWithinPrice }
  })
  return { ...route, entries }
}

function problemOf({ settings: { name, maxPrice }, entries }: Route, priceOf: PriceOf): string | undefined {
  const all = entries.flatMap(targetEntriesOf)
  const within = all.filter(({ isWithinPrice }) => isWithinPrice !== false).map(({ target }) => target)
  if (maxPrice !== undefined && within.length === 0) {
    const path = `routes.${name}.max_price`
    const reasons = all.map(({ target }) => {
      return `\`${nameOf(target)}\`: ${priceProblem(priceOf(target), maxPrice, path) ?? 'an inner route excludes it'}`
    })
    return `${path} excludes all targets. ${reasons.join('; ')}. Raise it, or set missing prices under \`prices\`.`
  }
  if (within.some(({ provider }) => provider.unavailableReason === undefined)) return undefined
  const reasons = [...new Set(within.map(({ provider }) => provider.unavailableReason))].join(' ')
  return `routes.${name}.targets reach no usable provider. ${reasons}`
}

/** Two entries with the same name draw apart: the second may have another percentage or weight. */
function seedOf(targets: readonly RouteTargetSettings[], index: number): number {
  const { name = '' } = targets[index] ?? {}
  const before = targets.slice(0, index).filter((target) => target.name === name).length
  return hashText(before === 0 ? name : `${name} ${before}`)
}

/** Returns the target of `provider/model`; undefined if there is no such provider. */
export function toTarget(name: string, { find }: Pick<Registry, 'find'>): Target | undefined {
  const slash = name.indexOf('/')
  const provider = slash === -1 ? undefined : find(name.slice(0, slash))
  if (provider === undefined) return undefined
  const model = name.slice(slash + 1)
  return { provider, model: provider.toOwnModel?.(model) ?? model }
}

/** Returns all targets of a route, in the order of the configuration. */
export function targetsOf({ entries }: Route): readonly Target[] {
  return entries.flatMap(targetEntriesOf).map(({ target }) => target)
}

function targetEntriesOf(entry: RouteEntry): readonly TargetEntry[] {
  return isTarget(entry) ? [entry] : entry.route.entries.flatMap(targetEntriesOf)
}

export function isTarget(entry: RouteEntry): entry is TargetEntry {
  return entry.target !== undefined
}
