import type { FailureKind } from '../config/route-settings.ts'
import type { Target } from '../providers/registry.ts'

/** Failures of a whole account. All others concern one of its models. */
const ofAccount: ReadonlySet<FailureKind> = new Set(['quota', 'auth', 'region', 'connection'])

/** Failures that say nothing about the health of the target, because another request may succeed. */
const ofRequest: ReadonlySet<FailureKind> = new Set(['context_window', 'content_policy', 'bad_request', 'empty'])

/** Failures that the next call would meet too. One of them opens the breaker at once. */
const certain: ReadonlySet<FailureKind> = new Set(['quota', 'auth', 'region', 'model', 'rate_limit'])

/** Consecutive failures of another kind that open a breaker. */
const failureLimit = 3
/** Milliseconds for which a breaker opens first; it doubles with each failed probe. */
const firstOpenMs = { certain: 30_000, rate_limit: 5_000, other: 5_000 }
const maxOpenMs = 300_000
/** A provider may name any time in `Retry-After`. */
const maxRetryAfterMs = 3_600_000
/** A probe that has not ended after this time no longer keeps others away. */
const probeMs = 60_000

/** Milliseconds after which a slow sample of the first token counts for a third. */
const latencyDecayMs = 10_000

/** The part of a breaker that the processes of a machine share. */
export interface BreakerState {
  readonly failures: number
  /** Milliseconds since 1970; 0 if closed. */
  readonly openUntil: number
  /** Length of the last opening in milliseconds. */
  readonly openMs: number
}

const closed: BreakerState = { failures: 0, openUntil: 0, openMs: 0 }

/** A breaker as it is shown. `half_open`: the next call probes the target. */
export interface BreakerStatus {
  readonly state: 'closed' | 'open' | 'half_open'
  /** Milliseconds since 1970; undefined if closed. */
  readonly openUntil: number | undefined
  /** Consecutive failures. */
  readonly failures: number
}

/** The health of a target as it is shown. */
export interface HealthStatus {
  readonly account: BreakerStatus
  readonly model: BreakerStatus
  /** The time to the first token to expect; undefined without a measurement. */
  readonly firstTokenMs: number | undefined
  readonly callsInProgress: number
}

const unknown: HealthStatus = {
  account: { state: 'closed', openUntil: undefined, failures: 0 },
  model: { state: 'closed', openUntil: undefined, failures: 0 },
  firstTokenMs: undefined,
  callsInProgress: 0,
}

/** A circuit breaker: closed, open until a time, then half-open for one probe at a time. */
class Breaker {
  state = closed
  #probingUntil = 0

  /** True if a call may be sent now. */
  accepts(now: number): boolean {
    const { openUntil } = this.state
    return openUntil === 0 || (now >= openUntil && now >= this.#probingUntil)
  }

  status(now: number): BreakerStatus {
    const { failures, openUntil } = this.state
    if (openUntil === 0) return { state: 'closed', openUntil: undefined, failures }
    return { state: now < openUntil ? 'open' : 'half_open', openUntil, failures }
  }

  begin(now: number): void {
    if (this.state.openUntil !== 0) this.#probingUntil = now + probeMs
  }

  /** Returns true if the state has changed. */
  succeed(): boolean {
    this.#probingUntil = 0
    if (this.state === closed) return false
    this.state = closed
    return true
  }

  fail(kind: FailureKind, retryAfterMs: number | undefined, now: number, random: number): boolean {
    this.#probingUntil = 0
    const failures = this.state.failures + 1
    if (!certain.has(kind) && failures < failureLimit) {
      this.state = { ...this.state, failures }
      return true
    }
    const first = kind === 'rate_limit' ? firstOpenMs.rate_limit : firstOpenMs[certain.has(kind) ? 'certain' : 'other']
    const openMs = Math.min(maxOpenMs, Math.max(first, this.state.openMs * 2))
    // Half of it is jitter: otherwise all processes would probe at once.
    const waitMs = retryAfterMs === undefined ? openMs * (0.5 + random / 2) : Math.min(retryAfterMs, maxRetryAfterMs)
    this.state = { failures, openUntil: now + waitMs, openMs }
    return true
  }

  /** Ends a probe that showed nothing. */
  release(): void {
    this.#probingUntil = 0
  }
}

/** The health of one target, as far as this process knows it. */
export class TargetHealth {
  readonly #account: Breaker
  readonly #model: Breaker
  /** Peak EWMA of the time to the first token in ms: rises at once, falls slowly. 0 without a sample. */
  #latencyMs = 0
  #sampledAt = 0
  #running = 0

  constructor(account: Breaker, model: Breaker) {
    this.#account = account
    this.#model = model
  }

  accepts(now: number): boolean {
    return this.#account.accepts(now) && this.#model.accepts(now)
  }

  /** The time to the first token to expect, times the calls in progress. A target without a sample is tried first. */
  latency(now: number): number {
    return this.#firstTokenMs(now) * (this.#running + 1)
  }

  #firstTokenMs(now: number): number {
    const age = Math.max(0, now - this.#sampledAt)
    return this.#latencyMs * Math.exp(-age / (30 * latencyDecayMs))
  }

  /** Describes the health without changing it. */
  status(now: number): HealthStatus {
    const isMeasured = this.#sampledAt > 0
    return {
      account: this.#account.status(now),
      model: this.#model.status(now),
      firstTokenMs: isMeasured ? this.#firstTokenMs(now) : undefined,
      callsInProgress: this.#running,
    }
  }

  begin(now: number): void {
    this.#running += 1
    this.#account.begin(now)
    this.#model.begin(now)
  }

  /** `firstTokenMs` is undefined if none arrived. */
  end(now: number, firstTokenMs: number | undefined): void {
    this.#running -= 1
    if (firstTokenMs === undefined) return
    const weight = Math.exp(-Math.max(0, now - this.#sampledAt) / latencyDecayMs)
    const smoothed = firstTokenMs + (this.#latencyMs - firstTokenMs) * weight
    this.#latencyMs = firstTokenMs > this.#latencyMs ? firstTokenMs : smoothed
    this.#sampledAt = now
  }

  get breakers(): readonly [account: Breaker, model: Breaker] {
    return [this.#account, this.#model]
  }
}

/** Shares the breakers of the processes of a machine. */
export interface BreakerChannel {
  publish(id: string, state: BreakerState): void
}

/** The health of all targets. It outlives a reload of the settings. */
export class HealthBook {
  readonly #breakers = new Map<string, Breaker>()
  readonly #targets = new Map<string, TargetHealth>()
  #channel: BreakerChannel | undefined

  /** From then on, breakers that change here are published, and those of other processes arrive by `receive`. */
  share(channel: BreakerChannel): void {
    this.#channel = channel
  }

  of({ provider, model = '' }: Target): TargetHealth {
    const id = `${provider.id}/${model}`
    const known = this.#targets.get(id)
    if (known !== undefined) return known
    const health = new TargetHealth(this.#breaker(accountId(provider.id)), this.#breaker(id))
    this.#targets.set(id, health)
    return health
  }

  /** Describes the health of any target, and remembers none that has no health yet. */
  status({ provider, model = '' }: Target, now: number): HealthStatus {
    return this.#targets.get(`${provider.id}/${model}`)?.status(now) ?? unknown
  }

  succeed(target: Target): void {
    const [account, model] = this.of(target).breakers
    if (account.succeed()) this.#publish(accountId(target.provider.id), account)
    if (model.succeed()) this.#publish(targetId(target), model)
  }

  /** `random` is from 0 to 1. */
  fail(target: Target, kind: FailureKind, retryAfterMs: number | undefined, now: number, random: number): void {
    const [account, model] = this.of(target).breakers
    const isOfAccount = ofAccount.has(kind)
    const [failed, other] = isOfAccount ? [account, model] : [model, account]
    other.release()
    if (ofRequest.has(kind)) failed.release()
    else if (failed.fail(kind, retryAfterMs, now, random))
      this.#publish(isOfAccount ? accountId(target.provider.id) : targetId(target), failed)
  }

  /** Ends a probe whose caller has left. */
  release(target: Target): void {
    for (const breaker of this.of(target).breakers) breaker.release()
  }

  receive(id: string, state: BreakerState): void {
    this.#breaker(id).state = state.openUntil === 0 && state.failures === 0 ? closed : state
  }

  #breaker(id: string): Breaker {
    const known = this.#breakers.get(id)
    if (known !== undefined) return known
    const breaker = new Breaker()
    this.#breakers.set(id, breaker)
    return breaker
  }

  #publish(id: string, { state }: Breaker): void {
    this.#channel?.publish(id, state)
  }
}

function targetId({ provider, model = '' }: Target): string {
  return `${provider.id}/${model}`
}

/** No target has an id that ends in a slash, but one without a model, which no route has. */
function accountId(provider: string): string {
  return `${provider}/`
}
