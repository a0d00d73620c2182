import { defaultSteps, type FailureKind, nextTarget } from '../../config/route-settings.ts'
import type { Signal } from '../../core/abort-switch.ts'
import type { Clock } from '../../core/clock.ts'
import { GatewayError } from '../../core/errors.ts'
import { toHeaderValue } from '../../core/header-value.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import { nameOf, type Target } from '../../providers/registry.ts'
import { maxRetryAfterMs, type TargetHealth } from '../../routing/health.ts'
import { type RoutingFacts, rankTargets } from '../../routing/rank-targets.ts'
import { type Route, type TargetEntry, toTarget } from '../../routing/routes.ts'
import { priceProblem } from '../../routing/target-prices.ts'
import { findOperation } from '../../translation/find-operation.ts'
import { authorizeModel, mayUseModel } from '../access/authorize.ts'
import type { Attempt } from '../call/attempt.ts'
import { type Call, type Caller, type CallRequest, fieldsOf } from '../call/call.ts'
import { isCallersAccount } from '../call/caller-account.ts'
import type { Ports } from '../call/ports.ts'
import { readTags } from '../call/read-tags.ts'
import { checkOtherModels } from './check-other-models.ts'
import type { AttemptFailure } from './classify-failure.ts'
import { measureResponse } from './measure-response.ts'
import { readInputs } from './read-inputs.ts'
import { replaceRetired, toPriceOf } from './replace-retired.ts'
import { sessionKeyOf } from './session-key.ts'
import { TargetQueue } from './target-queue.ts'

/** One attempt of a call by a route that did not succeed. */
interface FailedAttempt extends AttemptFailure {
  readonly target: Target
  /** Milliseconds since 1970: the time that its provider has named, or that of the failure. */
  readonly retryAt: number
}

/** The target of the next or running attempt. */
export interface TakenTarget {
  readonly target: Target
  readonly health: TargetHealth
  /** Milliseconds since 1970. */
  readonly begunAt: number
}

/** The parts of a call by which a route chooses. */
export type RoutedCall = Pick<
  Call,
  'operation' | 'credentials' | 'headers' | 'sessionId' | 'metadata' | 'isLegacy' | 'query'
>

/** Why a target of a route cannot take a call. */
export type TargetRefusal = 'provider_unavailable' | 'operation_not_supported' | 'model_not_allowed'

/** The attempts of one call at the targets of a route. */
export class RoutePlan {
  readonly route: Route
  readonly #request: CallRequest
  readonly #call: RoutedCall
  readonly #caller: Caller
  readonly #ports: Ports
  readonly #facts: RoutingFacts
  readonly #tried = new Set<string>()
  /** Targets that no further round tries. */
  readonly #lost = new Set<string>()
  #attempts = 0
  #rounds = 0
  readonly #failures: FailedAttempt[] = []
  /** The number of failures before this round. */
  #earlier = 0

  constructor(
    route: Route,
    request: CallRequest,
    call: RoutedCall,
    caller: Caller,
    ports: Ports,
    facts = toFacts(request, call, caller, ports),
  ) {
    this.route = route
    this.#request = request
    this.#call = call
    this.#caller = caller
    this.#ports = ports
    this.#facts = facts
  }

  /**
   * Returns the targets in the order of attempts. Throws GatewayError `model_not_allowed` if the key allows none, and
   * `route_without_target` if the conditions of all exclude the call.
   */
  first(): TargetQueue {
    this.route.retries.countCall()
    const usable = new TargetQueue(this.#usable(this.ranked()))
    if (usable.first === undefined) throw this.named(this.#toRefusal())
    return usable
  }

  /** Yields the targets in the order of attempts, also those that {@link refusalOf} leaves out. */
  ranked(): Iterable<TargetEntry> {
    return rankTargets(this.route, this.#facts)
  }

  /** The error of a call that no target can take. */
  #toRefusal(): unknown {
    const targets = Array.from(this.ranked(), ({ target }) => target)
    const [first] = targets
    const { key } = this.#caller
    try {
      for (const { provider } of targets) checkOtherModels(this.#request, this.#call, key, provider, this.#ports)
      if (first !== undefined) authorizeModel(key, this.#request.model, first)
    } catch (error) {
      return error
    }
    const { name } = this.route.settings
    const why =
      first === undefined
        ? 'The conditions of all of its targets exclude this call.'
        : `None can take a call of \`${this.#call.operation.name}\`: ${targets.map((target) => `\`${nameOf(target)}\` (${this.refusalOf(target)})`).join(', ')}.`
    return new GatewayError('route_without_target', `The route \`${name}\` has no target for this call. ${why}`, {
      param: 'model',
    })
  }

  /** Tells why a target cannot take the call; undefined if it can. */
  refusalOf(target: Target): TargetRefusal | undefined {
    const { provider } = target
    const { model } = this.#request
    if (provider.unavailableReason !== undefined) return 'provider_unavailable'
    if (findOperation(this.#call.operation, provider) === undefined) return 'operation_not_supported'
    if (model !== undefined && !mayUseModel(this.#caller.key, model, target)) return 'model_not_allowed'
    if (!this.#allowsOtherModels(target)) return 'model_not_allowed'
    return undefined
  }

  /** Takes a target for the next attempt: from then on, no other call probes it. */
  take(target: Target): TakenTarget {
    const { clock, routes } = this.#ports
    const taken = { target, health: routes.health.of(target), begunAt: clock.now() }
    taken.health.begin(taken.begunAt, this.#facts.isStream)
    return taken
  }

  /** Gives back a target, because the call was not sent to it. */
  giveBack({ health, begunAt }: TakenTarget): void {
    health.end(this.#ports.clock.now(), this.#facts.isStream, undefined)
    health.release(begunAt)
  }

  /** Notes an attempt at the target taken, and its end: the health of its target, and the usual tokens of the route. */
  begin(taken: TakenTarget, attempt: Attempt): void {
    this.#tried.add(nameOf(attempt.target))
    this.#attempts += 1
    const { health, begunAt } = taken
    attempt.onEnd = () => {
      // The calls that count tokens are no usual calls, and fast.
      const isCount = this.#call.operation.dialect.toEstimate !== undefined
      const measured = isCount ? undefined : measureResponse(attempt, this.route.mix.output)
      health.end(this.#ports.clock.now(), this.#facts.isStream, measured)
      if (attempt.usage !== undefined && !isCount) this.route.mix.add(attempt.usage)
      if (attempt.outcome === 'ok') health.succeed(begunAt)
      // An attempt without an answer is judged by its failure, if at all.
      else if (attempt.outcome === 'client_gone' || attempt.status >= 400) health.release(begunAt)
      // A response that failed after its status, by its provider or by this server.
      else this.#judge(taken, attempt.failure ?? 'overload', undefined)
    }
  }

  #judge({ target, health, begunAt }: TakenTarget, kind: FailureKind, retryAfterMs: number | undefined): void {
    // The account of a caller's own credential says nothing about that of this server.
    if (isCallersAccount(this.#call.credentials, target.provider)) health.release(begunAt)
    else health.fail(kind, retryAfterMs, this.#ports.clock.now(), this.#facts.random(), begunAt)
  }

  /** Returns the targets to try after an attempt has failed; none if the failure is the caller's answer. */
  after(taken: TakenTarget, failure: AttemptFailure, remaining: TargetQueue): TargetQueue {
    const { target } = taken
    const { kind, retryAfterMs } = failure
    this.#failures.push({ ...failure, target, retryAt: this.#ports.clock.now() + (retryAfterMs ?? 0) })
    this.#judge(taken, kind, retryAfterMs)
    if (!isMomentary(kind)) this.#lost.add(nameOf(target))
    return this.#failures.length >= this.route.settings.maxAttempts ? none() : this.following(kind, remaining)
  }

  /**
   * Waits for another round over the targets after all have failed, and returns those that may answer. Returns none if the
   * route makes no further round, or if the caller leaves meanwhile.
   */
  async again(signal: Signal): Promise<TargetQueue> {
    const { maxAttempts, maxWaitMs } = this.route.settings
    const last = this.#failures.at(-1)
    if (last === undefined || !this.#mayRetryAfter(last.kind) || signal.aborted) return none()
    if (this.#failures.length >= maxAttempts) return none()
    const momentary = this.#failures.slice(this.#earlier).filter(({ kind }) => isMomentary(kind))
    const named = momentary.flatMap(({ retryAfterMs }) => retryAfterMs ?? [])
    const soonestMs = Math.min(...named)
    // A target that names no time may be well sooner than those that ask for too long.
    if (soonestMs > maxWaitMs && named.length === momentary.length) return none()
    if (!this.route.retries.take()) return none()
    const backOffMs = Math.min(maxWaitMs, firstWaitMs * 2 ** this.#rounds)
    // Full jitter: calls that failed together do not come back together.
    const waitMs = soonestMs > maxWaitMs ? this.#facts.random() * backOffMs : soonestMs
    this.#rounds += 1
    this.#earlier = this.#failures.length
    // Not read after the wait: a timer may be a millisecond early.
    const now = this.#ports.clock.now() + waitMs
    await waitFor(waitMs, signal, this.#ports.clock)
    if (signal.aborted) return none()
    this.#tried.clear()
    for (const name of this.#lost) this.#tried.add(name)
    for (const { target, retryAt } of this.#failures) if (retryAt > now) this.#tried.add(nameOf(target))
    return new TargetQueue(this.#usable(rankTargets(this.route, { ...this.#facts, now })))
  }

  /** True if another attempt follows the running one, should it fail in this way. Takes none from the queue. */
  goesOnAfter(kind: FailureKind, remaining: TargetQueue): boolean {
    if (this.#failures.length + 1 >= this.route.settings.maxAttempts) return false
    if (this.#mayRetryAfter(kind)) return true
    return this.#stepsAfter(kind).some((step) => {
      const targets = step === nextTarget ? remaining : new TargetQueue(this.#named(step))
      return targets.first !== undefined
    })
  }

  /** True if a further round may follow such a failure, unless the operator returns it to the caller. */
  #mayRetryAfter(kind: FailureKind): boolean {
    const { retries, onFailure } = this.route.settings
    return isMomentary(kind) && this.#rounds < retries && onFailure[kind]?.length !== 0
  }

  /** Draws whether the call is copied; returns the target of the copy, which has not served the call itself. */
  drawShadow(): Target | undefined {
    const { shadow } = this.route.settings
    if (shadow === undefined || this.#facts.random() * 100 >= shadow.percent) return undefined
    return new TargetQueue(this.#usable(this.#targetsOf(shadow.name))).first
  }

  /** Returns the targets to try after a failure of this kind, without noting it. */
  following(kind: FailureKind, remaining: TargetQueue): TargetQueue {
    return new TargetQueue(this.#follow(this.#stepsAfter(kind), remaining))
  }

  #stepsAfter(kind: FailureKind): readonly string[] {
    return this.route.settings.onFailure[kind] ?? (defaultSteps[kind] === 'next' ? onlyNext : noStep)
  }

  *#follow(steps: readonly string[], remaining: TargetQueue): Generator<Target, void> {
    for (const step of steps) {
      // A step may have led to a target that the queue had already found.
      for (const target of step === nextTarget ? remaining : this.#named(step))
        if (!this.#tried.has(nameOf(target))) yield target
    }
  }

  /** The name under which usage is reported: a caller's own list of models has one name, because it may hold any. */
  get name(): string {
    return this.#ports.routes.find(this.route.settings.name)?.settings.name ?? 'models'
  }

  /** The header `x-weir-route`: the route, the number of attempts, and why some failed. */
  describe(): string {
    const { name, strategy } = this.route.settings
    const why = this.#failures.map(({ target, kind }) => `${kind} at ${nameOf(target)}`).join(', ')
    const parts = [name, `strategy=${strategy}`, `attempts=${this.#attempts}`]
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
    const now = this.#ports.clock.now()
    const newest = new Map(this.#failures.map((failure) => [nameOf(failure.target), failure]))
    const waits = [...newest.values()].flatMap(({ retryAfterMs, retryAt }) =>
      retryAfterMs === undefined ? [] : retryAt - now,
    )
    const seconds = waits.length === 0 ? 5 : Math.max(1, Math.ceil(Math.min(...waits, maxRetryAfterMs) / 1_000))
    return new GatewayError('route_limited', message, { headers: { 'retry-after': String(seconds) } })
  }

  /** Adds the route and its attempts to the error that the caller receives. */
  named(error: unknown): unknown {
    return error instanceof GatewayError ? error.withHeaders({ 'x-weir-route': this.describe() }) : error
  }

  /** Yields the targets of a name of `on_failure`, without those that were tried or exceed the route's maximum price. */
  *#named(name: string): Generator<Target, void> {
    const { maxPrice } = this.route.settings
    for (const target of this.#usable(this.#targetsOf(name)))
      if (maxPrice === undefined || priceProblem(this.#facts.priceOf(target), maxPrice, '') === undefined) yield target
  }

  #targetsOf(name: string): Iterable<Pick<TargetEntry, 'target'>> {
    const { routes, registry } = this.#ports
    const route = routes.find(name)
    if (route !== undefined) return rankTargets(route, this.#facts)
    const target = toTarget(name, registry)
    return target === undefined ? [] : [{ target }]
  }

  /** Leaves out targets that were tried, that cannot serve the call, or that its key does not allow. */
  *#usable(ranked: Iterable<Pick<TargetEntry, 'target'>>): Generator<Target, void> {
    for (const { target } of ranked) {
      const current = replaceRetired(target, this.#call.isLegacy === true, this.#ports)
      if (!this.#tried.has(nameOf(current)) && this.refusalOf(target) === undefined) yield current
    }
  }

  #allowsOtherModels({ provider }: Target): boolean {
    try {
      checkOtherModels(this.#request, this.#call, this.#caller.key, provider, this.#ports)
      return true
    } catch {
      return false
    }
  }
}

const onlyNext = [nextTarget] as const
const noStep = [] as const

/** The longest wait before the first further round, in milliseconds; it doubles for each. */
const firstWaitMs = 500

/** True for a failure that may be over soon, and after which the provider has done no work. */
function isMomentary(kind: FailureKind): boolean {
  return kind === 'rate_limit' || kind === 'overload' || kind === 'connection'
}

function none(): TargetQueue {
  return new TargetQueue([])
}

function waitFor(ms: number, signal: Signal, clock: Pick<Clock, 'after'>): Promise<void> {
  return new Promise((resolve) => {
    const stop = clock.after(ms, end)
    signal.addEventListener('abort', end)
    function end(): void {
      stop()
      signal.removeEventListener('abort', end)
      resolve()
    }
  })
}

/** True for a failure that the caller can mend, so that its words matter more than the list of attempts. */
function isOfRequest(kind: FailureKind): boolean {
  return kind === 'context_window' || kind === 'content_policy' || kind === 'bad_request'
}

/** Reads the facts about a call by which a route chooses. */
export function toFacts(request: CallRequest, call: RoutedCall, caller: Caller, ports: Ports): RoutingFacts {
  const { clock, secrets } = ports
  const now = clock.now()
  const { key, keyId } = caller
  let tags: readonly string[] | undefined
  let inputs: ReadonlySet<string> | undefined
  let tokens: number | undefined
  return {
    now,
    isStream: request.isStream,
    keyIds: key === undefined ? [keyId] : [keyId, ...[key.key, ...key.ancestors].map(({ id }) => id)],
    sessionKey: () => sessionKeyOf(call, request),
    tags: () => (tags ??= readTags(call, request, caller.userToken?.tags)),
    inputs: () => (inputs ??= readInputs(fieldsOf(request))),
    inputTokens: () => (tokens ??= countInput(request, call.operation.dialect)),
    priceOf: toPriceOf(ports, call.isLegacy === true),
    random: () => Number.parseInt(secrets.randomHex(4), 16) / 0x1_0000_0000,
  }
}

/** A call that counts tokens is routed as the call that it counts. */
function countInput(request: CallRequest, dialect: Dialect): number {
  const fields = fieldsOf(request)
  const counted = Object.values(dialect.toEstimate?.(fields) ?? {}).find((value) => typeof value === 'number')
  const form = request.body.kind === 'form' ? request.body : undefined
  return counted ?? dialect.boundRequest(fields, form).inputTokens
}
