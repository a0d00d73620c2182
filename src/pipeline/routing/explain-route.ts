import { type FailureKind, failureKinds, type InputKind, type RouteSettings } from '../../config/route-settings.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Operation } from '../../dialects/operations.ts'
import { nameOf, type Target } from '../../providers/registry.ts'
import type { HealthStatus } from '../../routing/health.ts'
import { type ConditionResult, costOf, type RoutingFacts, testConditions } from '../../routing/rank-targets.ts'
import { type Route, type RouteEntry, TokenMix } from '../../routing/routes.ts'
import { findOperation } from '../../translation/find-operation.ts'
import { mayUseModel } from '../access/authorize.ts'
import type { Caller, CallRequest } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import { findRoute, planTarget } from './plan-targets.ts'
import { replaceRetired } from './replace-retired.ts'
import { type RoutedCall, RoutePlan, type TargetRefusal, toFacts } from './route-plan.ts'
import { TargetQueue } from './target-queue.ts'

/** A call that is not made. */
export interface RouteQuestion {
  readonly model: string
  readonly operation: Operation
  /** Identifies the conversation; undefined for a call without one. */
  readonly session: string | undefined
  /** As `name:value`. */
  readonly tags: readonly string[]
  readonly inputs: readonly InputKind[]
  readonly inputTokens: number
  readonly isStream: boolean
  /** Milliseconds since 1970. */
  readonly at: number
}

/** One target of a model name, and why it is tried or not. */
export interface ExplainedTarget {
  /** As sent: a successor in place of a retired model. */
  readonly target: Target
  /** 1 for the target that is tried first; undefined for one that is left out. */
  readonly position: number | undefined
  /** `condition`: one of `conditions` does not hold. `listed_before`: another entry of the route names the same target. */
  readonly leftOut: TargetRefusal | 'condition' | 'listed_before' | undefined
  /** The route whose list has it, which may be inside the other; undefined for a plain model. */
  readonly route: string | undefined
  readonly weight: number | undefined
  readonly percent: number | undefined
  readonly conditions: readonly ConditionResult[]
  readonly health: HealthStatus
  /** Of the usual call, in pico-USD; undefined without a price. */
  readonly costPico: number | undefined
  readonly isKeyAllowed: boolean
  readonly serving: 'native' | 'translated' | 'none'
}

/** The targets that follow a failure of the first one. */
export interface ExplainedFailure {
  readonly kind: FailureKind
  readonly isDefault: boolean
  readonly targets: readonly Target[]
}

/** A decision that was not made. */
export interface RouteExplanation {
  /** Undefined for a plain model. */
  readonly route: Pick<RouteSettings, 'name' | 'strategy' | 'maxAttempts' | 'retries' | 'maxWaitMs'> | undefined
  /** True if a random number decided something, so that another call may have another order. */
  readonly isRandom: boolean
  /** The usual call of the route, for which `costPico` is computed. */
  readonly usual: Readonly<Pick<TokenMix, 'input' | 'cached' | 'output'>>
  /** In the order of attempts; then those that are left out. */
  readonly targets: readonly ExplainedTarget[]
  /** Empty for a plain model, whose failure is the caller's answer. */
  readonly afterFailure: readonly ExplainedFailure[]
}

/**
 * Explains how a call would be routed, by the plan of a real call. Sends nothing, begins no probe and changes no health.
 * Throws GatewayError `model_not_found` or `no_provider_configured` for a plain model.
 */
export function explainRoute(question: RouteQuestion, caller: Caller, ports: Ports): RouteExplanation {
  const { model, operation, session, tags, inputs, inputTokens, isStream, at } = question
  const credentials = { token: undefined, ownKey: undefined, origin: undefined, host: undefined, address: undefined }
  const call: RoutedCall = {
    operation,
    credentials: { ...credentials, isLocal: false },
    headers: {},
    sessionId: session,
    query: '',
  }
  const body = { kind: 'json' as const, text: '{}', object: {} }
  const request: CallRequest = { body, model, isStream, wantsUsage: false, wantsCost: false }
  const plain = toFacts(request, call, caller, ports)
  let isRandom = false
  // Drawn once: the conditions are tested again for the explanation, with the same result.
  let drawn: string | undefined
  const random = () => {
    isRandom = true
    return plain.random()
  }
  const facts: RoutingFacts = {
    ...plain,
    now: at,
    sessionKey() {
      if (session !== undefined) return session
      drawn ??= String(random())
      return drawn
    },
    tags: () => tags,
    inputs: () => new Set(inputs),
    inputTokens: () => inputTokens,
    random,
  }
  const route = findRoute(model, call, ports)
  const usual = route?.mix ?? new TokenMix()

  function describe(target: Target): Omit<ExplainedTarget, 'position' | 'leftOut' | 'conditions' | 'isKeyAllowed'> {
    const served = findOperation(operation, target.provider)
    const cost = costOf(facts.priceOf(target), usual)
    return {
      target,
      route: undefined,
      weight: undefined,
      percent: undefined,
      health: ports.routes.health.status(target, at),
      costPico: Number.isFinite(cost) ? cost : undefined,
      serving: served === undefined ? 'none' : served === operation ? 'native' : 'translated',
    }
  }

  if (route === undefined) {
    const described = describe(planTarget(request, call, {}, ports))
    const isKeyAllowed = isAllowed(() => planTarget(request, call, caller, ports))
    const leftOut =
      described.serving === 'none' ? 'operation_not_supported' : isKeyAllowed ? undefined : 'model_not_allowed'
    const position = leftOut === undefined ? 1 : undefined
    const targets = [{ ...described, position, leftOut, conditions: [], isKeyAllowed } as const]
    return { route: undefined, isRandom, usual, targets, afterFailure: [] }
  }

  const plan = new RoutePlan(route, request, call, caller, ports, facts)
  const leaves = leavesOf(route, []).map(({ entry, target, within, path }) => ({
    entry,
    target,
    within,
    conditions: path.flatMap((each) => testConditions(each, facts)),
  }))
  const tried: ExplainedTarget[] = []
  const left: ExplainedTarget[] = []
  const order = new Map<RouteEntry, number>(Array.from(plan.ranked(), (entry, index) => [entry, index]))
  const seen = new Set<RouteEntry>()
  for (const { entry, target, within, conditions } of leaves) {
    const isExcluded = conditions.some(({ holds }) => !holds)
    const index = isExcluded || seen.has(entry) ? undefined : order.get(entry)
    if (index !== undefined) seen.add(entry)
    const leftOut = isExcluded ? 'condition' : index === undefined ? 'listed_before' : plan.refusalOf(target)
    const explained: ExplainedTarget = {
      ...describe(replaceRetired(target, false, ports)),
      route: within,
      weight: entry.weight,
      percent: entry.percent,
      conditions,
      position: index,
      leftOut,
      isKeyAllowed: mayUseModel(caller.key, model, target),
    }
    if (leftOut === undefined) tried.push(explained)
    else left.push({ ...explained, position: undefined })
  }
  tried.sort((one, other) => (one.position ?? 0) - (other.position ?? 0))
  const [first, ...others] = tried.map(({ target }) => target)
  return {
    route: route.settings,
    isRandom,
    usual: { input: usual.input, cached: usual.cached, output: usual.output },
    targets: [...tried.map((each, index) => ({ ...each, position: index + 1 })), ...left],
    afterFailure: first === undefined ? [] : failureKinds.map(({ kind }) => toFailure(kind, first, others, plan)),
  }
}

function toFailure(kind: FailureKind, first: Target, others: readonly Target[], plan: RoutePlan): ExplainedFailure {
  const { maxAttempts, onFailure } = plan.route.settings
  const following = maxAttempts === 1 ? [] : plan.following(kind, new TargetQueue(others))
  const names = new Map(Array.from(following, (target) => [nameOf(target), target]))
  names.delete(nameOf(first))
  return { kind, isDefault: onFailure[kind] === undefined, targets: [...names.values()] }
}

interface Leaf {
  readonly entry: RouteEntry
  readonly target: Target
  /** The route whose list has the entry. */
  readonly within: string
  /** The entries that lead to it, itself included: the conditions of all must hold. */
  readonly path: readonly RouteEntry[]
}

function leavesOf({ settings, entries }: Route, above: readonly RouteEntry[]): readonly Leaf[] {
  return entries.flatMap((entry): readonly Leaf[] => {
    const path = [...above, entry]
    return entry.target === undefined
      ? leavesOf(entry.route, path)
      : [{ entry, target: entry.target, within: settings.name, path }]
  })
}

/** Returns false if the plan of a call is refused for the models of its key. */
function isAllowed(plan: () => unknown): boolean {
  try {
    plan()
    return true
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'model_not_allowed') return false
    throw error
  }
}
