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
  /** Set if a `max_price` applies. `problem` tells why it excludes the target; undefined if it does not. */
  readonly priceCheck?: { readonly problem: string | undefined } | undefined
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
 * Resolves the names of all routes once. A route of `earlier` with the same name passes on what it has learned and counted.
 * Throws ConfigError for a route whose maximum price excludes all targets, or a step after a failure, or of which no
 * provider is usable. A model that its provider does not know is found at the first call only.
 */
export function createRoutes(
  settings: ReadonlyMap<string, RouteSettings>,
  registry: Pick<Registry, 'find'>,
  health: HealthBook,
  priceOf: PriceOf,
  earlier?: Pick<Routes, 'find'>,
): Routes {
  const routes = new Map<string, Route>()

  function create(route: RouteSettings): Route {
    const known = routes.get(route.name)
    if (known !== undefined) return known
    const before = earlier?.find(route.name)
    const unbound = {
      settings: route,
      entries: route.targets.flatMap((entry, index) => toEntry(entry, seedOf(route.targets, index))),
      mix: before?.mix ?? new TokenMix(),
      shadows: before?.shadows ?? new RunningShadows(),
      retries: before?.retries ?? new RetryBudget(),
    }
    const created =
      route.maxPrice === undefined ? unbound : withMaxPrice(unbound, route.maxPrice, maxPricePath(route), priceOf)
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
  const problems = list.flatMap((route) => [
    ...problemsOf(route),
    ...stepProblemsOf(route, { routes, registry, priceOf }),
  ])
  if (problems.length > 0) throw new ConfigError(problems)
  return toRoutes(health, list, routes)
}

/** Apart from `createRoutes`, whose closures hold `earlier`: each reload would keep all before it in memory. */
function toRoutes(health: HealthBook, list: readonly Route[], routes: ReadonlyMap<string, Route>): Routes {
  return { health, list, find: (name) => routes.get(name) }
}

/** Applies a maximum price to the targets of a route, those of inner routes included. `path` names the price. */
function withMaxPrice(route: Route, maxPrice: MaxPrice, path: string, priceOf: PriceOf): Route {
  const entries = route.entries.map((entry): RouteEntry => {
    if (entry.target === undefined) return { ...entry, route: withMaxPrice(entry.route, maxPrice, path, priceOf) }
    const problem = entry.priceCheck?.problem ?? priceProblem(priceOf(entry.target), maxPrice, path)
    return { ...entry, priceCheck: { problem } }
  })
  return { ...route, entries }
}

function problemsOf({ settings, entries }: Route): readonly string[] {
  const all = entries.flatMap(targetEntriesOf)
  const within = all.filter(({ priceCheck }) => priceCheck?.problem === undefined).map(({ target }) => target)
  if (settings.maxPrice !== undefined && within.length === 0) return [toExclusion(settings, 'all targets', all)]
  if (within.some(({ provider }) => provider.unavailableReason === undefined)) return []
  const reasons = [...new Set(within.map(({ provider }) => provider.unavailableReason))].join(' ')
  return [`routes.${settings.name}.targets reach no usable provider. ${reasons}`]
}

interface StepNames {
  readonly routes: ReadonlyMap<string, Route>
  readonly registry: Pick<Registry, 'find'>
  readonly priceOf: PriceOf
}

/** Finds the steps of `on_failure` that the maximum price of the route leaves out for every call. */
function stepProblemsOf({ settings }: Route, { routes, registry, priceOf }: StepNames): readonly string[] {
  const { name, maxPrice, onFailure } = settings
  if (maxPrice === undefined) return []
  const path = maxPricePath(settings)
  const checkPrices = (step: string): readonly CheckedTarget[] => {
    const route = routes.get(step)
    if (route !== undefined) return withMaxPrice(route, maxPrice, path, priceOf).entries.flatMap(targetEntriesOf)
    const target = toTarget(step, registry)
    if (target === undefined) return []
    return [{ target, priceCheck: { problem: priceProblem(priceOf(target), maxPrice, path) } }]
  }
  return Object.entries(onFailure).flatMap(([kind, steps]) =>
    steps.flatMap((step) => {
      const checked = checkPrices(step)
      const isUsable = checked.length === 0 || checked.some(({ priceCheck }) => priceCheck?.problem === undefined)
      return isUsable ? [] : toExclusion(settings, `\`${step}\` of \`routes.${name}.on_failure.${kind}\``, checked)
    }),
  )
}

type CheckedTarget = Pick<TargetEntry, 'target' | 'priceCheck'>

function toExclusion(settings: RouteSettings, excluded: string, targets: readonly CheckedTarget[]): string {
  const reasons = targets.map(({ target, priceCheck }) => `\`${nameOf(target)}\`: ${priceCheck?.problem}`)
  return `${maxPricePath(settings)} excludes ${excluded}. ${reasons.join('; ')}. Raise it, or set missing prices under \`prices\`.`
}

function maxPricePath({ name }: Pick<RouteSettings, 'name'>): string {
  return `routes.${name}.max_price`
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
