import { ConfigError } from '../config/config-error.ts'
import type { RouteSettings, RouteTargetSettings } from '../config/route-settings.ts'
import type { Usage } from '../core/usage.ts'
import type { Registry, Target } from '../providers/registry.ts'
import { hashText } from './hash.ts'
import type { HealthBook, TargetHealth } from './health.ts'
import { RetryBudget } from './retry-budget.ts'

/** One target of a route, or a route inside it. */
export type RouteEntry = RouteTargetSettings & {
  /** Hash of the name, and of its place among equal names: the same in every process. */
  readonly seed: number
} & (
    | { readonly target: Target; readonly health: TargetHealth; readonly route?: undefined }
    | { readonly route: Route; readonly target?: undefined }
  )

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
 * Resolves the names of all routes once. Throws ConfigError for a route of which no provider is usable. A model that its
 * provider does not know is found at the first call only.
 */
export function createRoutes(
  settings: ReadonlyMap<string, RouteSettings>,
  registry: Pick<Registry, 'find'>,
  health: HealthBook,
): Routes {
  const routes = new Map<string, Route>()

  function create(route: RouteSettings): Route {
    const known = routes.get(route.name)
    if (known !== undefined) return known
    const created = {
      settings: route,
      entries: route.targets.flatMap((entry, index) => toEntry(entry, seedOf(route.targets, index))),
      mix: new TokenMix(),
      shadows: new RunningShadows(),
      retries: new RetryBudget(),
    }
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
  const problems = list.flatMap(({ settings: { name }, entries }) => {
    const targets = entries.flatMap(targetsOfEntry)
    if (targets.some(({ provider }) => provider.unavailableReason === undefined)) return []
    const reasons = [...new Set(targets.map(({ provider }) => provider.unavailableReason))].join(' ')
    return [`routes.${name}.targets reach no usable provider. ${reasons}`]
  })
  if (problems.length > 0) throw new ConfigError(problems)
  return { health, list, find: (name) => routes.get(name) }
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
  return entries.flatMap(targetsOfEntry)
}

function targetsOfEntry({ target, route }: RouteEntry): readonly Target[] {
  return target === undefined ? targetsOf(route) : [target]
}
