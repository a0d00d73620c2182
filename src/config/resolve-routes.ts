import { didYouMean } from '../core/did-you-mean.ts'
import type { ProviderSettings } from '../providers/provider-kind.ts'
import type { Problems } from './config-error.ts'
import type { RouteConfig } from './route-schema.ts'
import {
  type Conditions,
  failureKinds,
  nextTarget,
  type RouteSettings,
  type RouteTargetSettings,
  toMinutes,
} from './route-settings.ts'
import type { CompleteConfig } from './schema.ts'

/**
 * Returns the routes by name. Reports a target that names no provider, route or alias; routes that lead to themselves;
 * weights that sum to nothing; and percentages that leave some sessions without a target.
 */
export function resolveRoutes(
  config: CompleteConfig,
  providers: readonly ProviderSettings[],
  problems: Problems,
): ReadonlyMap<string, RouteSettings> {
  const context: Context = { config, providers, problems }
  const routes = new Map(
    Object.entries(config.routes).map(([name, route]) => [name, resolveRoute(name, route, context)]),
  )
  for (const name of routes.keys()) checkLoop(name, routes, problems)
  return routes
}

interface Context {
  readonly config: CompleteConfig
  readonly providers: readonly ProviderSettings[]
  readonly problems: Problems
}

function resolveRoute(name: string, route: RouteConfig, context: Context): RouteSettings {
  const { problems, config } = context
  const path = ['routes', name]
  if (Object.hasOwn(config.models.aliases, name))
    problems.add(path, 'is also the name of an alias under `models.aliases`. Rename one of them')
  const at = [...path, 'targets']
  if (route.targets.length === 0 && !problems.isReported(at))
    problems.add(at, 'is empty, so the route reaches nothing. Add a target')
  const isByWeight = route.strategy === 'weighted' || route.strategy === 'sticky'
  if (isByWeight && route.targets.length > 0 && route.targets.every(({ weight }) => weight === 0))
    problems.add(at, 'have weights that sum to 0, so no target is ever first. Set a weight above 0')
  if (route.targets.length > 0 && route.targets.every(({ percent = 100 }) => percent < 100))
    problems.add(
      at,
      'all have a `percent` below 100, so some sessions have no target. Remove `percent` from one of them',
    )
  const onFailure = Object.fromEntries(
    failureKinds.flatMap(({ kind }) => {
      const models = route.on_failure?.[kind]
      if (models === undefined) return []
      const step = [...path, 'on_failure', kind]
      return [[kind, models.map((model) => (model === nextTarget ? model : resolveName(model, step, context)))]]
    }),
  )
  return {
    name,
    strategy: route.strategy,
    targets: route.targets.map((target, index) => resolveTarget(target, [...path, 'targets', index], context)),
    onFailure,
    maxPrice: route.max_price,
    maxAttempts: route.max_attempts,
    retries: route.retries,
    maxWaitMs: route.max_wait_ms,
    shadow: route.shadow && {
      name: resolveName(route.shadow.model, [...path, 'shadow', 'model'], context),
      percent: route.shadow.percent,
    },
    isPublic: route.public,
  }
}

function resolveTarget(
  { model, weight, percent, when }: RouteConfig['targets'][number],
  path: readonly (string | number)[],
  context: Context,
): RouteTargetSettings {
  const name = resolveName(model, [...path, 'model'], context)
  return { name, weight, percent: percent === 100 ? undefined : percent, when: when && toConditions(when) }
}

function toConditions(when: NonNullable<RouteConfig['targets'][number]['when']>): Conditions {
  const { keys, tags, inputs, days, from, until, time_zone: timeZone } = when
  const hasHours = days !== undefined || from !== undefined || until !== undefined
  return {
    keys,
    tags,
    inputs,
    minInputTokens: when.min_input_tokens ?? 0,
    maxInputTokens: when.max_input_tokens ?? Number.POSITIVE_INFINITY,
    hours: hasHours
      ? { days, from: toMinutes(from ?? '00:00') ?? 0, until: toMinutes(until ?? '24:00') ?? 0, timeZone }
      : undefined,
  }
}

/** Returns the name of a route, or `provider/model`. */
function resolveName(
  name: string,
  path: readonly (string | number)[],
  { config, providers, problems }: Context,
): string {
  const { aliases } = config.models
  const seen = new Set<string>()
  let known = name
  while (Object.hasOwn(aliases, known) && !seen.has(known)) {
    seen.add(known)
    known = aliases[known] ?? known
  }
  if (Object.hasOwn(config.routes, known)) return known
  const ids = providers.map(({ id }) => id)
  const slash = known.indexOf('/')
  if (slash > 0 && slash < known.length - 1 && ids.includes(known.slice(0, slash))) return known
  const hint = didYouMean(known, [...Object.keys(config.routes), ...Object.keys(aliases)])
  const examples = ids.map((id) => `\`${id}/…\``).join(', ')
  problems.add(
    path,
    `is \`${name}\`, which reaches nothing. ${hint ?? `Write \`provider/model\` with a configured provider${examples === '' ? '' : ` (${examples})`}, or the name of a route or an alias`}`,
  )
  return known
}

/** Reports a route that leads back to itself, once for all routes of the loop. */
function checkLoop(start: string, routes: ReadonlyMap<string, RouteSettings>, problems: Problems): void {
  const loop = findLoop(start, [], new Set(), routes)
  // The loop's first name in the alphabet reports it.
  if (loop === undefined || loop.some((name) => name < start)) return
  problems.add(
    ['routes', start],
    `leads back to itself (${[...loop, start].map((name) => `\`${name}\``).join(' → ')}). Set one of the targets to a model, or rename the route`,
  )
}

/** Returns the names from `path[0]` back to it; undefined if there is no way back. `visited` lead nowhere. */
function findLoop(
  name: string,
  path: readonly string[],
  visited: Set<string>,
  routes: ReadonlyMap<string, RouteSettings>,
): readonly string[] | undefined {
  if (path[0] === name) return path
  const route = routes.get(name)
  if (route === undefined || visited.has(name)) return undefined
  visited.add(name)
  const names = [...route.targets.map((target) => target.name), ...Object.values(route.onFailure).flat()]
  for (const next of names) {
    const loop = findLoop(next, [...path, name], visited, routes)
    if (loop !== undefined) return loop
  }
  return undefined
}
