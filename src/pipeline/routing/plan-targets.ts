import { didYouMean } from '../../core/did-you-mean.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Target } from '../../providers/registry.ts'
import type { Route } from '../../routing/routes.ts'
import { authorizeModel, mayUseModel } from '../access/authorize.ts'
import type { Call, Caller, CallRequest } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import { checkOtherModels, isListed } from './check-other-models.ts'
import { replaceRetired } from './replace-retired.ts'
import { RoutePlan } from './route-plan.ts'
import { TargetQueue } from './target-queue.ts'

/** The targets of a call. */
export interface CallPlan {
  /** In the order of attempts; not empty at first. */
  readonly targets: TargetQueue
  /** Undefined if the model is not the name of a route: it then has one target. */
  readonly route: RoutePlan | undefined
}

/**
 * Plans the attempts of a call. The model resolves by alias, then by route, exact name, `provider/model`, the default
 * provider, or the first that speaks the call's dialect. A successor replaces a model that its provider has shut down,
 * if `models.retired` says so.
 * Throws GatewayError `model_not_found`, `no_provider_configured`, `model_not_allowed` or `route_without_target`.
 */
export function planTargets(request: CallRequest, call: Call, caller: Caller, ports: Ports): CallPlan {
  const route = findRoute(request.model, call, ports)
  if (route === undefined)
    return { targets: new TargetQueue([planTarget(request, call, caller, ports)]), route: undefined }
  const plan = new RoutePlan(route, request, call, caller, ports)
  return { targets: plan.first(), route: plan }
}

/** Returns the route of a model name; undefined for a model. */
export function findRoute(
  model: string | undefined,
  { credentials }: Pick<Call, 'credentials'>,
  { settings, routes }: Pick<Ports, 'settings' | 'routes'>,
): Route | undefined {
  return model === undefined || settings.routes.size === 0 || credentials.ownKey !== undefined
    ? undefined
    : routes.find(toRouteName(resolveAlias(model, settings.models.aliases)))
}

/** Presets of OpenRouter's clients are routes. */
export function toRouteName(name: string): string {
  return name.startsWith('@preset/') ? name.slice('@preset/'.length) : name
}

/** Plans a call of a model that is not a route. Throws as {@link planTargets} does. */
export function planTarget(
  request: Pick<CallRequest, 'model' | 'body'>,
  call: Pick<Call, 'credentials' | 'isLegacy' | 'operation' | 'query'>,
  { key }: Pick<Caller, 'key'>,
  ports: Pick<Ports, 'registry' | 'settings' | 'clock'>,
): Target {
  const { model } = request
  const named = resolveTarget(model, call, ports)
  const target = replaceRetired(named, call.isLegacy === true, ports)
  // A key that allows a model also allows its successor.
  if (target === named || model === undefined || !mayUseModel(key, model, named)) authorizeModel(key, model, target)
  checkOtherModels(request, call, key, target.provider, ports)
  return target
}

/** Returns the target of a model that is not a route; `param` is the field that names it. */
export function resolveTarget(
  model: string | undefined,
  { credentials: { ownKey }, operation: { dialect } }: Pick<Call, 'credentials' | 'operation'>,
  { registry, settings }: Pick<Ports, 'registry' | 'settings'>,
  param = 'model',
): Target {
  const name = model === undefined ? undefined : resolveAlias(model, settings.models.aliases)
  if (ownKey !== undefined) return planOwnKey(name, registry.providers)
  const known = name === undefined ? undefined : (registry.findModel(name) ?? pinned(name, registry.find))
  if (known !== undefined && (isListed(known) || !settings.models.strict)) return ready(known)
  if (registry.defaultProvider === undefined) return missingProvider()
  if (model === undefined || !settings.models.strict)
    return ready({ provider: speakerOf(dialect, registry, registry.defaultProvider), model: name })
  const routes = [...settings.routes.values()].filter(({ isPublic }) => isPublic).map((route) => route.name)
  const names = [...routes, ...Object.keys(settings.models.aliases), ...registry.listModels().map(({ id }) => id)]
  return unknownModel(model, names, param)
}

/** Returns the target of a name in the catalogues or with a provider's prefix, servable or not; else undefined. */
export function findTarget(
  model: string,
  { registry, settings }: Pick<Ports, 'registry' | 'settings'>,
): Target | undefined {
  const name = resolveAlias(model, settings.models.aliases)
  const target = registry.findModel(name) ?? pinned(name, registry.find)
  return target && withOwnModel(target)
}

/** Returns the default provider, or if it does not speak the dialect, the first usable provider that does. */
function speakerOf(dialect: Dialect, { providers }: Ports['registry'], preferred: Provider): Provider {
  if (preferred.dialects.includes(dialect)) return preferred
  const isUsable = ({ dialects, unavailableReason }: Provider) =>
    unavailableReason === undefined && dialects.includes(dialect)
  return providers.find(isUsable) ?? preferred
}

/** Returns the model of an alias; any other name unchanged. */
export function resolveAlias(model: string, aliases: Readonly<Record<string, string>>): string {
  return Object.hasOwn(aliases, model) ? (aliases[model] ?? model) : model
}

/** Plans a call with the caller's own key: only for the provider that accepts one, whatever the model. */
function planOwnKey(model: string | undefined, providers: readonly Provider[]): Target {
  const provider = providers.find(({ acceptsOwnKey }) => acceptsOwnKey) ?? ownKeyRefused()
  const prefix = `${provider.id}/`
  return { provider, model: model?.startsWith(prefix) === true ? model.slice(prefix.length) : model }
}

function pinned(name: string, find: (id: string) => Provider | undefined): Target | undefined {
  const slash = name.indexOf('/')
  if (slash <= 0 || slash === name.length - 1) return undefined
  const provider = find(name.slice(0, slash))
  return provider === undefined ? undefined : { provider, model: name.slice(slash + 1) }
}

function ready(target: Target): Target {
  const { unavailableReason } = target.provider
  if (unavailableReason !== undefined) throw new GatewayError('no_provider_configured', unavailableReason)
  return withOwnModel(target)
}

function withOwnModel({ provider, model }: Target): Target {
  return { provider, model: model === undefined ? undefined : (provider.toOwnModel?.(model) ?? model) }
}

function ownKeyRefused(): never {
  throw new GatewayError(
    'header_not_allowed',
    'No provider of this server accepts `x-openai-key`, which is only sent to OpenAI itself or in place of a configured key. Leave the header out.',
  )
}

function missingProvider(): never {
  throw new GatewayError(
    'no_provider_configured',
    'OpenAI API key is not configured, and neither is any other provider. Set OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY or DEEPINFRA_API_KEY on the server, name one under `providers` in its config, or set DEMO=true for the built-in demo.',
  )
}

function unknownModel(model: string, known: readonly string[], param: string): never {
  const hint = didYouMean(model, known, { limit: 3 }) ?? 'GET /v1/models lists the models.'
  throw new GatewayError('model_not_found', `The model \`${model.slice(0, 100)}\` is not known here. ${hint}`, {
    param,
  })
}
