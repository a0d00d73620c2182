import { nextTarget, type RouteSettings, type Strategy } from '../config/route-settings.ts'
import type { Price } from '../metering/price.ts'
import type { ProviderPreferences, SortKey } from '../openai/routing-fields.ts'
import { nameOf, type Target } from '../providers/registry.ts'
import { hashText } from './hash.ts'
import type { HealthBook } from './health.ts'
import { RetryBudget } from './retry-budget.ts'
import { type Route, type RouteEntry, RunningShadows, TokenMix } from './routes.ts'
import { priceProblem } from './target-prices.ts'

/**
 * A route that a caller composes. As at OpenRouter a refusal by content policy leads on; a request whose outcome is not
 * known is never repeated. Each name in `models` may have an attempt.
 */
const composed: Omit<RouteSettings, 'name' | 'strategy'> = {
  targets: [],
  onFailure: { content_policy: [nextTarget] },
  maxAttempts: 20,
  retries: 0,
  maxWaitMs: 0,
  isPublic: false,
}

const plain = { weight: 1, percent: undefined, when: undefined }

const strategyOf: Readonly<Record<SortKey, Strategy>> = {
  price: 'cheapest',
  throughput: 'throughput',
  latency: 'fastest',
}

/** Makes a route of targets, in this order. */
export function toRoute(name: string, targets: readonly Target[], health: HealthBook): Route {
  const entries = targets.map((target): RouteEntry => {
    const name = nameOf(target)
    return { ...plain, name, seed: hashText(name), target, health: health.of(target) }
  })
  return compose(name, 'ordered', entries)
}

/** Makes a route of routes: in this order, or sorted together. Another model may take what the first refuses. */
export function joinRoutes(name: string, routes: readonly Route[], sort: SortKey | undefined): Route {
  const joined = compose(name, sort === undefined ? 'ordered' : strategyOf[sort], routes.map(toEntry))
  const onFailure: RouteSettings['onFailure'] = { ...joined.settings.onFailure, bad_request: [nextTarget] }
  return { ...joined, settings: { ...joined.settings, onFailure } }
}

/** Returns a route with those of its targets that `keeps` accepts. Strategies and conditions inside stay. */
export function restrictRoute(route: Route, keeps: (target: Target) => boolean): Route {
  const entries = route.entries.flatMap((entry): readonly RouteEntry[] => {
    if (entry.target !== undefined) return keeps(entry.target) ? [entry] : []
    const inner = restrictRoute(entry.route, keeps)
    return inner.entries.length === 0 ? [] : [{ ...entry, route: inner }]
  })
  return { ...route, entries }
}

/** Puts the targets of a route in the order that a caller prefers. */
export function sortRoute(
  route: Route,
  { order, allowsFallbacks }: Pick<ProviderPreferences, 'order' | 'allowsFallbacks'>,
  sort: SortKey | undefined,
): Route {
  const sorted = sort === undefined ? route : withStrategy(route, strategyOf[sort])
  if (order === undefined) return sorted
  const first = order.map((id) => restrictRoute(sorted, (target) => idOf(target) === id))
  const rest = allowsFallbacks ? [restrictRoute(sorted, (target) => !order.includes(idOf(target)))] : []
  const entries = [...first, ...rest].filter(({ entries }) => entries.length > 0).map(toEntry)
  return { ...withStrategy(route, 'ordered'), entries }
}

/** Returns why the preferences exclude a target; undefined if they do not. */
export function exclusionOf(
  target: Target,
  { order, only, ignore, allowsFallbacks, maxPrice }: ProviderPreferences,
  priceOf: (target: Target) => Price | undefined,
): string | undefined {
  const id = idOf(target)
  if (only !== undefined && !only.includes(id)) return 'not in `provider.only`'
  if (ignore.includes(id)) return 'in `provider.ignore`'
  if (order !== undefined && !allowsFallbacks && !order.includes(id)) return 'not in `provider.order`'
  return maxPrice === undefined ? undefined : priceProblem(priceOf(target), maxPrice, 'provider.max_price')
}

function compose(name: string, strategy: Strategy, entries: readonly RouteEntry[]): Route {
  return {
    settings: { ...composed, name, strategy },
    entries,
    mix: new TokenMix(),
    shadows: new RunningShadows(),
    retries: new RetryBudget(),
  }
}

function withStrategy(route: Route, strategy: Strategy): Route {
  return { ...route, settings: { ...route.settings, strategy } }
}

function toEntry(route: Route): RouteEntry {
  return { ...plain, name: route.settings.name, seed: hashText(route.settings.name), route }
}

function idOf({ provider }: Target): string {
  return provider.id.toLowerCase()
}
