import { nextTarget, type RouteSettings } from '../../config/route-settings.ts'
import { GatewayError } from '../../core/errors.ts'
import type { OperationName } from '../../dialects/operations.ts'
import {
  hasPreferences,
  hasRoutingFields,
  type ProviderPreferences,
  readModels,
  readPreferences,
  type SortKey,
  withoutRoutingFields,
} from '../../openai/routing-fields.ts'
import { nameOf, type Target } from '../../providers/registry.ts'
import { HealthBook } from '../../routing/health.ts'
import { exclusionOf, joinRoutes, restrictRoute, sortRoute, toRoute } from '../../routing/preferences.ts'
import { type Route, targetsOf, toTarget } from '../../routing/routes.ts'
import { findOperation } from '../../translation/find-operation.ts'
import { authorizeModel, isBoundToModels, mayUseModel } from '../access/authorize.ts'
import type { Call, Caller, CallRequest } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import { checkOtherModels, isListed } from './check-other-models.ts'
import { type CallPlan, findTarget, planTargets, resolveAlias, resolveTarget, toRouteName } from './plan-targets.ts'
import { replaceRetired, toPriceOf } from './replace-retired.ts'
import { findReportedCard } from './reported-models.ts'
import { RoutePlan } from './route-plan.ts'
import { TargetQueue } from './target-queue.ts'

/** The targets of a call, and its request as they receive it. */
export interface PlannedCall extends CallPlan {
  /** Without the fields that Weir has followed. */
  readonly request: CallRequest
}

/**
 * Plans the attempts of a call, and follows the caller's `models`, `provider`, `:nitro` and `:floor` inside the bounds of
 * the operator and of the key: each model is judged like `model`. They pass on unchanged to a router, if it is the only
 * candidate and the key allows all models.
 * Throws the errors of `planTargets`, `invalid_value`, and `no_matching_provider` if no candidate remains.
 */
export function planCall(request: CallRequest, call: Call, caller: Caller, ports: Ports): PlannedCall {
  const choice = readChoice(request, call, ports)
  if (choice === undefined) return { ...planTargets(request, call, caller, ports), request }
  return planChoice(choice, request, call, caller, ports)
}

/** Operations in whose requests OpenRouter reads the fields. */
const carriers: ReadonlySet<OperationName> = new Set<OperationName>([
  'chat.completions',
  'completions',
  'responses',
  'messages',
])

interface Choice {
  readonly models: readonly NamedModel[]
  /** True if the request has `models`. */
  readonly hasList: boolean
  /** True if the request has `provider`. */
  readonly hasPreferences: boolean
}

/** A model as the caller named it. */
interface NamedModel {
  readonly param: 'model' | 'models'
  /** Without a variant that Weir follows. Undefined if the request names none. */
  readonly name: string | undefined
  /** `:nitro`, `:floor`, or empty. */
  readonly variant: string
  readonly sort: SortKey | undefined
}

/** Returns undefined for a call that leaves the choice to Weir, as nearly all do. */
function readChoice({ body, model }: CallRequest, { operation, isLegacy }: Call, ports: Ports): Choice | undefined {
  if (body.kind !== 'json' || isLegacy === true || !carriers.has(operation.name)) return undefined
  const hasFields = hasRoutingFields(body.object)
  if (!hasFields && (model === undefined || !hasVariant(model))) return undefined
  const own = readName(model, 'model', ports)
  if (!hasFields && own.variant === '') return undefined
  const models = readModels(body.object)
  const names = new Set(models)
  if (model !== undefined) names.delete(model)
  const others = [...names].map((name) => readName(name, 'models', ports))
  const isNamed = model !== undefined || others.length === 0
  return {
    models: isNamed ? [own, ...others] : others,
    hasList: models.length > 0,
    hasPreferences: hasPreferences(body.object),
  }
}

/**
 * The variants of OpenRouter that sort providers. Sources: https://openrouter.ai/docs/guides/routing/model-variants/nitro,
 * https://openrouter.ai/docs/guides/routing/model-variants/floor, read on 2026-11-30.
 */
const variants: readonly (readonly [suffix: string, sort: SortKey])[] = [
  [':nitro', 'throughput'],
  [':floor', 'price'],
]

function hasVariant(model: string): boolean {
  return model.endsWith(':nitro') || model.endsWith(':floor')
}

/** Splits off a variant, unless a model has it in its own name. */
function readName(model: string | undefined, param: NamedModel['param'], ports: Ports): NamedModel {
  const variant = variants.find(([suffix]) => model?.endsWith(suffix))
  if (model !== undefined && variant !== undefined && !isKnown(model, ports)) {
    const [suffix, sort] = variant
    const name = model.slice(0, -suffix.length)
    if (isKnown(name, ports)) return { param, name, variant: suffix, sort }
  }
  return { param, name: model, variant: '', sort: undefined }
}

function isKnown(name: string, ports: Ports): boolean {
  const { settings, routes, registry } = ports
  if (Object.hasOwn(settings.models.aliases, name) || routes.find(toRouteName(name)) !== undefined) return true
  if (registry.findModel(name) !== undefined) return true
  const target = findTarget(name, ports)
  return target !== undefined && isListed(target)
}

function planChoice(choice: Choice, request: CallRequest, call: Call, caller: Caller, ports: Ports): PlannedCall {
  const { key } = caller
  const { models, hasList } = choice
  const excluded = new Map<string, string>()
  const candidates = models.flatMap((named) => findCandidates(named, choice, call, ports, excluded) ?? [])
  const router = findRouter(candidates, caller)
  if (router !== undefined) {
    checkOtherModels(request, call, key, router.provider, ports)
    const own = request.model === undefined ? { ...router, model: undefined } : router
    return { targets: new TargetQueue([own]), route: undefined, request }
  }

  const preferences = request.body.kind === 'json' ? readPreferences(request.body.object) : undefined
  const priceOf = toPriceOf(ports)
  const keeps = (target: Target) => {
    const current = replaceRetired(target, false, ports)
    const why =
      findOperation(call.operation, target.provider) === undefined
        ? `no \`${call.operation.name}\``
        : (target.provider.unavailableReason ?? (preferences && exclusionOf(current, preferences, priceOf)))
    if (why !== undefined) excluded.set(nameOf(target), why)
    return why === undefined
  }
  const isShared =
    call.credentials.ownKey === undefined &&
    candidates.every(({ route, targets }) => route !== undefined || targets.every(hasSharedHealth))
  const ownPorts = isShared ? ports : { ...ports, routes: { ...ports.routes, health: new HealthBook() } }
  const groups = candidates.flatMap(({ named, route, targets }) => {
    const whole = route ?? toRoute(named.name ?? 'default', targets, ownPorts.routes.health)
    const kept = restrictRoute(authorize(whole, named, caller, ports), keeps)
    const sort = named.sort ?? preferences?.sort
    return kept.entries.length === 0 ? [] : [sortRoute(kept, preferences ?? anyProvider, sort)]
  })
  const [first] = groups
  if (first === undefined) throw noMatchingProvider(excluded, preferences)

  const isOneRoute = !hasList && candidates.some(({ route }) => route !== undefined)
  const { allowsFallbacks, order, sort, sortsAcrossModels } = preferences ?? anyProvider
  const takesFirst = !allowsFallbacks && order === undefined
  const route = hasList ? joinRoutes('models', groups, sortsAcrossModels ? sort : undefined) : first
  const only = takesFirst && !hasList ? { ...route, settings: { ...route.settings, maxAttempts: 1 } } : route
  const bounded = isOneRoute ? boundSteps(only, keeps, ports) : only
  const sent = toSent(request, preferences)
  // The candidates are authorized. Only the steps of an operator's route lead to others.
  const judged = { ...sent, model: isOneRoute ? models[0]?.name : undefined }
  const plan = new RoutePlan(bounded, judged, call, caller, ownPorts)
  const all = plan.first()
  const targets = takesFirst && hasList ? new TargetQueue(firstOfEach(all, groups, ports)) : all
  return { targets, route: plan, request: sent }
}

const anyProvider: ProviderPreferences = {
  order: undefined,
  only: undefined,
  ignore: [],
  sort: undefined,
  sortsAcrossModels: false,
  allowsFallbacks: true,
  maxPrice: undefined,
  unused: [],
}

interface Candidates {
  readonly named: NamedModel
  readonly targets: readonly Target[]
  /** The operator's route of these targets; undefined if the name is not of a route. */
  readonly route: Route | undefined
}

/**
 * Returns the targets that a name stands for: those of a route; where the caller chooses providers, all whose catalogue
 * has the model; else the one that `model` would reach. Undefined if it is not usable and others remain to be tried.
 */
function findCandidates(
  named: NamedModel,
  choice: Pick<Choice, 'hasPreferences'>,
  call: Call,
  ports: Ports,
  excluded: Map<string, string>,
): Candidates | undefined {
  const { registry, routes, settings } = ports
  const { name, param, sort } = named
  const isOwnKey = call.credentials.ownKey !== undefined
  const resolved = name === undefined ? undefined : resolveAlias(name, settings.models.aliases)
  const known = resolved === undefined || isOwnKey ? undefined : routes.find(toRouteName(resolved))
  if (known !== undefined) return { named, targets: targetsOf(known), route: known }
  const mayChoose = (choice.hasPreferences || sort !== undefined) && !isOwnKey
  const listing = mayChoose ? registry.providers.filter((provider) => lists(provider, resolved)) : []
  const targets = listing.map((provider) => ({
    provider,
    model: resolved === undefined ? undefined : (provider.toOwnModel?.(resolved) ?? resolved),
  }))
  if (targets.length > 0) return { named, targets, route: undefined }
  try {
    return { named, targets: [resolveTarget(name, call, ports, param)], route: undefined }
  } catch (error) {
    if (param === 'model' || !(error instanceof GatewayError) || error.code !== 'no_provider_configured') throw error
    excluded.set(name ?? '', error.message)
    return undefined
  }
}

/**
 * False for a name that a caller may have invented, because health is kept for each name; and for a caller's own
 * account, whose failures must not set aside that of others.
 */
function hasSharedHealth(target: Target): boolean {
  if (target.model === undefined || target.provider.passesCallerCredentials) return false
  return isListed(target) || findReportedCard(target) !== undefined
}

function lists({ models, unavailableReason }: Target['provider'], model: string | undefined): boolean {
  return unavailableReason === undefined && models.some(({ id }) => id === model)
}

/**
 * Returns the router to which the fields pass on: the only candidate of all models, which it knows by the names that the
 * caller wrote. The model is that of the first name.
 */
function findRouter(candidates: readonly Candidates[], { key }: Caller): Target | undefined {
  if (isBoundToModels(key)) return undefined
  let first: Target | undefined
  for (const { named, route, targets } of candidates) {
    const [target, ...others] = targets
    if (target === undefined || others.length > 0 || route !== undefined || !target.provider.isRouter) return undefined
    if (named.param === 'models' && target.model !== named.name) return undefined
    if (first !== undefined && first.provider !== target.provider) return undefined
    first ??= { ...target, model: target.model === undefined ? undefined : target.model + named.variant }
  }
  return first
}

/** Leaves out the targets that the key does not allow. Throws GatewayError `model_not_allowed` if none is left. */
function authorize(route: Route, { name, param }: NamedModel, { key }: Caller, ports: Ports): Route {
  if (!isBoundToModels(key)) return route
  const allowed = restrictRoute(route, (target) => {
    if (name === undefined) return false
    // A key that allows a model also allows its successor.
    return mayUseModel(key, name, target) || mayUseModel(key, name, replaceRetired(target, false, ports))
  })
  const [first] = targetsOf(route)
  if (allowed.entries.length === 0 && first !== undefined) authorizeModel(key, name, first, param)
  return allowed
}

/** Keeps the steps of an operator's `on_failure` inside what the caller accepts. */
function boundSteps(route: Route, keeps: (target: Target) => boolean, { routes, registry }: Ports): Route {
  const isKept = (step: string) => {
    if (step === nextTarget) return true
    const inner = routes.find(step)
    const target = toTarget(step, registry)
    const targets = inner === undefined ? [target].filter((each) => each !== undefined) : targetsOf(inner)
    return targets.every(keeps)
  }
  const onFailure: RouteSettings['onFailure'] = Object.fromEntries(
    Object.entries(route.settings.onFailure).map(([kind, steps]) => [kind, steps.filter(isKept)]),
  )
  const { shadow } = route.settings
  const settings = {
    ...route.settings,
    onFailure,
    shadow: shadow !== undefined && isKept(shadow.name) ? shadow : undefined,
  }
  return { ...route, settings }
}

/** Yields the first target of each model. */
function* firstOfEach(targets: TargetQueue, groups: readonly Route[], ports: Ports): Generator<Target, void> {
  const names = groups.map((group) => targetsOf(group).map((target) => nameOf(replaceRetired(target, false, ports))))
  const used = new Set<number>()
  for (const target of targets) {
    const group = names.findIndex((list) => list.includes(nameOf(target)))
    if (!used.has(group)) yield target
    used.add(group)
  }
}

function toSent(request: CallRequest, preferences: ProviderPreferences | undefined): CallRequest {
  const { body, dropped = [] } = request
  if (body.kind !== 'json' || !hasRoutingFields(body.object)) return request
  const { unused } = preferences ?? anyProvider
  return { ...request, body: withoutRoutingFields(body), dropped: [...dropped, ...unused] }
}

/** Enough names to show the cause. */
const maxShown = 10

function noMatchingProvider(
  excluded: ReadonlyMap<string, string>,
  preferences: ProviderPreferences | undefined,
): GatewayError {
  const shown = [...excluded].slice(0, maxShown).map(([name, why]) => `\`${name.slice(0, 100)}\`: ${why}`)
  const list = shown.join('; ').replace(/\.$/, '') + (excluded.size > maxShown ? '; …' : '')
  return new GatewayError('no_matching_provider', `No provider fits this call. ${list}.`, {
    param: preferences === undefined ? 'models' : 'provider',
  })
}
