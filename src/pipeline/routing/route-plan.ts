import { nextTarget } from '../../config/resolve-routes.ts'
import { defaultSteps, type FailureKind } from '../../config/route-settings.ts'
import { GatewayError } from '../../core/errors.ts'
import { toHeaderValue } from '../../core/header-value.ts'
import type { Target } from '../../providers/registry.ts'
import { type RankedTarget, type RoutingFacts, rankTargets } from '../../routing/rank-targets.ts'
import { type Route, toTarget } from '../../routing/routes.ts'
import { findOperation } from '../../translation/find-operation.ts'
import { authorizeModel, mayUseModel } from '../access/authorize.ts'
import type { Attempt } from '../call/attempt.ts'
import { type Call, type Caller, type CallRequest, fieldsOf } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import { readTags } from '../call/read-tags.ts'
import { checkOtherModels } from './check-other-models.ts'
import type { AttemptFailure } from './classify-failure.ts'
import { readInputs } from './read-inputs.ts'
import { replaceRetired } from './replace-retired.ts'
import { sessionKeyOf } from './session-key.ts'

/** One attempt of a call by a route that did not succeed. */
interface FailedAttempt extends AttemptFailure {
  readonly target: Target
}

/** The attempts of one call at the targets of a route. */
export class RoutePlan {
  readonly route: Route
  readonly #request: CallRequest
  readonly #call: Call
  readonly #caller: Caller
  readonly #ports: Ports
  readonly #facts: RoutingFacts
  readonly #tried = new Set<string>()
  readonly #failures: FailedAttempt[] = []

  constructor(route: Route, request: CallRequest, call: Call, caller: Caller, ports: Ports) {
    this.route = route
    this.#request = request
    this.#call = call
    this.#caller = caller
    this.#ports = ports
    this.#facts = toFacts(request, call, caller, ports)
  }

  /**
   * Returns the targets in the order of attempts. Throws GatewayError `model_not_allowed` if the key allows none, and
   * `route_without_target` if the conditions of all exclude the call.
   */
  first(): readonly Target[] {
    const ranked = rankTargets(this.route, this.#facts)
    const usable = this.#usable(ranked)
    if (usable.length > 0) return usable
    const [first] = ranked
    if (first !== undefined) authorizeModel(this.#caller.key, this.#request.model, first.target)
    const { name } = this.route.settings
    const why =
      first === undefined
        ? 'The conditions of all of its targets exclude this call.'
        : `None of them can serve \`${this.#call.operation.name}\`: ${ranked.map(({ target }) => nameOf(target)).join(', ')}.`
    throw new GatewayError('route_without_target', `The route \`${name}\` has no target for this call. ${why}`, {
      param: 'model',
    })
  }

  /** Notes an attempt that begins, and its end: the health of its target, and the usual tokens of the route. */
  begin(attempt: Attempt): void {
    const { target } = attempt
    const { clock, routes } = this.#ports
    this.#tried.add(nameOf(target))
    const health = routes.health.of(target)
    health.begin(clock.now())
    attempt.onEnd = () => {
      const now = clock.now()
      health.end(now, attempt.firstByteMs)
      if (attempt.usage !== undefined) this.route.mix.add(attempt.usage)
      if (attempt.outcome === 'ok') routes.health.succeed(target)
      else if (attempt.outcome === 'client_gone') routes.health.release(target)
      // A stream that its provider broke off. An attempt without an answer is judged by its failure.
      else if (attempt.status < 400) routes.health.fail(target, 'overload', undefined, now, this.#facts.random())
    }
  }

  /** Returns the targets to try after a failure; none if the failure is the caller's answer. */
  after(target: Target, failure: AttemptFailure, remaining: readonly Target[]): readonly Target[] {
    const { clock, routes } = this.#ports
    this.#failures.push({ ...failure, target })
    routes.health.fail(target, failure.kind, failure.retryAfterMs, clock.now(), this.#facts.random())
    return this.#next(failure.kind, remaining, this.#failures.length)
  }

  /** True if another target is tried after the running attempt, should it fail in this way. */
  goesOnAfter(kind: FailureKind, remaining: readonly Target[]): boolean {
    return this.#next(kind, remaining, this.#failures.length + 1).length > 0
  }

  /** Draws whether the call is copied; returns the target of the copy, which has not served the call itself. */
  drawShadow(): Target | undefined {
    const { shadow } = this.route.settings
    if (shadow === undefined || this.#facts.random() * 100 >= shadow.percent) return undefined
    return this.#named(shadow.name)[0]
  }

  /** The header `x-weir-route`: the route, the number of attempts, and why those before the last one failed. */
  describe(): string {
    const { name, strategy } = this.route.settings
    const failed = this.#failures.slice(0, this.#tried.size - 1)
    const why = failed.map(({ target, kind }) => `${kind} at ${nameOf(target)}`).join(', ')
    const parts = [name, `strategy=${strategy}`, `attempts=${this.#tried.size}`]
    if (why !== '') parts.push(`failed="${why}"`)
    return toHeaderValue(parts.join('; '), 1_000)
  }

  /** The error of a call whose targets all failed; undefined if the last failure itself tells the caller more. */
  toError(): GatewayError | undefined {
    const last = this.#failures.at(-1)
    if (last === undefined || this.#failures.length === 1 || isOfRequest(last.kind)) return undefined
    const list = this.#failures.map(({ target, kind, status }) => `\`${nameOf(target)}\`: ${kind} (${status})`)
    const message = `Every target of the route \`${this.route.settings.name}\` failed. ${list.join('; ')}.`
    const isLimited = this.#failures.every(({ kind }) => kind === 'rate_limit')
    if (!isLimited) return new GatewayError('route_failed', message)
    const waits = this.#failures.flatMap(({ retryAfterMs }) => retryAfterMs ?? [])
    const seconds = waits.length === 0 ? 5 : Math.max(1, Math.ceil(Math.min(...waits) / 1_000))
    return new GatewayError('route_limited', message, { headers: { 'retry-after': String(seconds) } })
  }

  #next(kind: FailureKind, remaining: readonly Target[], failures: number): readonly Target[] {
    if (failures >= this.route.settings.maxAttempts) return []
    const steps = this.route.settings.onFailure[kind]
    if (steps === undefined) return defaultSteps[kind] === 'next' ? remaining : []
    return steps.flatMap((step) => (step === nextTarget ? remaining : this.#named(step)))
  }

  /** Returns the targets of a name of `on_failure`, without those that were tried. */
  #named(name: string): readonly Target[] {
    const { routes, registry } = this.#ports
    const route = routes.find(name)
    if (route !== undefined) return this.#usable(rankTargets(route, this.#facts))
    const target = toTarget(name, registry)
    return target === undefined ? [] : this.#usable([{ target, isHealthy: true }])
  }

  /** Leaves out targets that were tried, that cannot serve the call, or that its key does not allow. */
  #usable(ranked: readonly RankedTarget[]): readonly Target[] {
    const { key } = this.#caller
    const { model } = this.#request
    const usable: Target[] = []
    for (const { target } of ranked) {
      const { provider } = target
      const current = replaceRetired(target, this.#call.isLegacy === true, this.#ports)
      if (this.#tried.has(nameOf(current)) || provider.unavailableReason !== undefined) continue
      if (findOperation(this.#call.operation, provider) === undefined) continue
      if (model !== undefined && !mayUseModel(key, model, target)) continue
      checkOtherModels(this.#request, this.#call, key, provider, this.#ports)
      usable.push(current)
    }
    return usable
  }
}

/** True for a failure that the caller can mend, so that its words matter more than the list of attempts. */
function isOfRequest(kind: FailureKind): boolean {
  return kind === 'context_window' || kind === 'content_policy' || kind === 'bad_request'
}

function nameOf({ provider, model = '' }: Target): string {
  return `${provider.id}/${model}`
}

function toFacts(request: CallRequest, call: Call, caller: Caller, { clock, metering, secrets }: Ports): RoutingFacts {
  const now = clock.now()
  const { key, keyId } = caller
  let tags: readonly string[] | undefined
  let inputs: ReadonlySet<string> | undefined
  let tokens: number | undefined
  return {
    now,
    keyIds: key === undefined ? [keyId] : [keyId, ...[key.key, ...key.ancestors].map(({ id }) => id)],
    sessionKey: () => sessionKeyOf(call, request),
    tags: () => (tags ??= readTags(call, request, caller.userToken?.tags)),
    inputs: () => (inputs ??= readInputs(fieldsOf(request))),
    inputTokens: () =>
      (tokens ??= call.operation.dialect.boundRequest(
        fieldsOf(request),
        request.body.kind === 'form' ? request.body : undefined,
      ).inputTokens),
    priceOf: ({ provider, model = '' }) => metering?.prices.find(provider.id, model),
    random: () => Number.parseInt(secrets.randomHex(4), 16) / 0x1_0000_0000,
  }
}
