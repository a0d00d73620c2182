import type { FailureKind } from '../config/route-settings.ts'
import { nameOf, type Target } from '../providers/registry.ts'
import { type ExpectedMs, ExpectedTime, Throughput } from './speed.ts'

/** Failures of a whole account. All others concern one of its models. */
const ofAccount: ReadonlySet<FailureKind> = new Set(['quota', 'auth', 'region', 'connection'])

/** Failures that say nothing about the health of the target, because another request may succeed. */
const ofRequest: ReadonlySet<FailureKind> = new Set(['context_window', 'content_policy', 'bad_request', 'empty'])

/** Failures that the next call would meet too. One of them opens the breaker at once. */
const certain: ReadonlySet<FailureKind> = new Set(['quota', 'auth', 'region', 'rate_limit'])

/** Consecutive failures of another kind that open a breaker. */
const failureLimit = 3
/** Milliseconds for which a breaker opens first; it doubles with each failed probe. */
const firstOpenMs = { certain: 30_000, rate_limit: 5_000, other: 5_000 }
const maxOpenMs = 300_000
/** A provider may name any time in `Retry-After`. */
export const maxRetryAfterMs = 3_600_000
/** A probe that has not ended after this time no longer keeps others away. */
const probeMs = 60_000
/** A later `Retry-After` extends an opening by at least this: otherwise a burst of refusals would be a burst of messages. */
const minExtensionMs = 1_000

/**
 * The part of a breaker that processes share. Times are milliseconds since 1970. Its order is that of `since`, so processes
 * agree on the latest state in whatever order they receive them.
 */
export interface BreakerState {
  /** The time of the failure that opened it, or at which the call was sent whose success closed it. */
  readonly since: number
  /** 0 if closed. */
  readonly openUntil: number
  /** Length of the last opening in milliseconds. */
  readonly openMs: number
  /** Until then, a probe keeps other calls away. */
  readonly probingUntil: number
}

const untried: BreakerState = { since: Number.NEGATIVE_INFINITY, openUntil: 0, openMs: 0, probingUntil: 0 }

/**
 * True if a state replaces another: one that is later, or of the same opening, which probes and a later `Retry-After` change.
 * A closed one stays at the same time, because a success tells more than a failure.
 */
export function replaces(next: BreakerState, known: BreakerState): boolean {
  return next.since > known.since || (next.since === known.since && known.openUntil !== 0)
}

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
  /** The time to the first token of a stream. Undefined without a measurement, as the next two. */
  readonly firstTokenMs: number | undefined
  /** The time to a whole answer. */
  readonly answerMs: number | undefined
  readonly tokensPerSecond: number | undefined
  readonly callsInProgress: number
}

const unknown: HealthStatus = {
  account: { state: 'closed', openUntil: undefined, failures: 0 },
  model: { state: 'closed', openUntil: undefined, failures: 0 },
  firstTokenMs: undefined,
  answerMs: undefined,
  tokensPerSecond: undefined,
  callsInProgress: 0,
}

/** A circuit breaker: closed, open until a time, then half-open for one probe at a time. */
class Breaker {
  readonly #publish: (state: BreakerState) => void
  #state = untried
  /** Consecutive failures while closed. Not shared, because each call that fails would be a message. */
  #failures = 0

  /** `publish` receives each state that differs from the last. */
  constructor(publish: (state: BreakerState) => void) {
    this.#publish = publish
  }

  /** True if a call may be sent now. */
  accepts(now: number): boolean {
    const { openUntil, probingUntil } = this.#state
    return openUntil === 0 || (now >= openUntil && now >= probingUntil)
  }

  status(now: number): BreakerStatus {
    const failures = this.#failures
    const { openUntil } = this.#state
    if (openUntil === 0) return { state: 'closed', openUntil: undefined, failures }
    return { state: now < openUntil ? 'open' : 'half_open', openUntil, failures }
  }

  begin(now: number): void {
    if (this.#isOpened && this.accepts(now)) this.#change({ ...this.#state, probingUntil: now + probeMs })
  }

  succeed(begunAt: number): void {
    this.#failures = 0
    // A call that began before the breaker opened says nothing about the time since.
    if (this.#isOpened && begunAt >= this.#state.since) this.#change({ ...untried, since: begunAt })
  }

  fail(kind: FailureKind, retryAfterMs: number | undefined, now: number, random: number, begunAt: number): void {
    const { since, openUntil, openMs: lastMs } = this.#state
    const retryAt = retryAfterMs === undefined ? undefined : now + Math.min(retryAfterMs, maxRetryAfterMs)
    if (openUntil === 0) {
      this.#failures += 1
      if (!certain.has(kind) && this.#failures < failureLimit) return
    } else if (now < openUntil || begunAt < since) {
      // The other calls of a burst are not failed probes, which would double the time.
      if (retryAt !== undefined && retryAt >= openUntil + minExtensionMs)
        this.#change({ ...this.#state, openUntil: retryAt })
      return
    }
    const first = kind === 'rate_limit' ? firstOpenMs.rate_limit : firstOpenMs[certain.has(kind) ? 'certain' : 'other']
    const openMs = Math.min(maxOpenMs, Math.max(first, lastMs * 2))
    // Half of it is jitter: otherwise all machines would probe at once.
    this.#change({ since: now, openUntil: retryAt ?? now + openMs * (0.5 + random / 2), openMs, probingUntil: 0 })
  }

  /** Ends the probe that began then, because it showed nothing. Another call is no probe, although its target is ill. */
  release(begunAt: number): void {
    if (this.#state.probingUntil === begunAt + probeMs) this.#change({ ...this.#state, probingUntil: 0 })
  }

  /** Takes the state of another process, unless it is older. */
  receive(state: BreakerState): void {
    if (!replaces(state, this.#state)) return
    this.#state = state
    this.#failures = 0
  }

  /** True if open or half-open. */
  get #isOpened(): boolean {
    return this.#state.openUntil !== 0
  }

  #change(state: BreakerState): void {
    this.#state = state
    this.#publish(state)
  }
}

/** An answer of a target, or the wait for one that was given up. Its speed is judged by it. */
export interface MeasuredResponse {
  /** Milliseconds until the first output; undefined if none came. */
  readonly firstOutputMs: number | undefined
  /** After a wait that was given up, those of a usual answer. */
  readonly outputTokens: number
  readonly durationMs: number
}

/** Longer than any answer takes. */
const unmeasuredMs = 1e12

/** The health of one target, as far as this process knows it. */
export class TargetHealth {
  readonly #account: Breaker
  readonly #model: Breaker
  readonly #onAttempt: (now: number) => void
  /** Apart, because the time to a whole answer depends on its length. */
  readonly #firstToken = new ExpectedTime()
  readonly #wholeAnswer = new ExpectedTime()
  readonly #throughput = new Throughput()
  /** Calls in progress. */
  #streams = 0
  #wholes = 0

  constructor(account: Breaker, model: Breaker, onAttempt: (now: number) => void) {
    this.#account = account
    this.#model = model
    this.#onAttempt = onAttempt
  }

  accepts(now: number): boolean {
    return this.#account.accepts(now) && this.#model.accepts(now)
  }

  /** The time to the first token or to a whole answer, times the calls in progress. */
  latency(now: number, isStream: boolean): number {
    return isStream
      ? this.#underLoad(this.#firstToken, this.#streams, now)
      : this.#underLoad(this.#wholeAnswer, this.#wholes, now)
  }

  /** The time per output token, times the calls in progress. */
  tokenTime(now: number): number {
    return this.#underLoad(this.#throughput, this.#running, now)
  }

  /** Without a measurement, a target gets one of the calls that measure it, and then none until that is over. */
  #underLoad(expected: ExpectedMs, measuring: number, now: number): number {
    const ms = expected.compared(now)
    return ms === undefined ? measuring * unmeasuredMs + expected.bound(now) : ms * (this.#running + 1)
  }

  get #running(): number {
    return this.#streams + this.#wholes
  }

  /** Describes the health without changing it. */
  status(now: number): HealthStatus {
    return {
      account: this.#account.status(now),
      model: this.#model.status(now),
      firstTokenMs: this.#firstToken.measured,
      answerMs: this.#wholeAnswer.measured,
      tokensPerSecond: this.#throughput.measured,
      callsInProgress: this.#running,
    }
  }

  begin(now: number, isStream: boolean): void {
    this.#countCalls(1, isStream)
    this.#account.begin(now)
    this.#model.begin(now)
    this.#onAttempt(now)
  }

  /** `response` is undefined if it tells nothing about the speed. */
  end(now: number, isStream: boolean, response: MeasuredResponse | undefined): void {
    this.#countCalls(-1, isStream)
    if (response === undefined) return
    const { firstOutputMs, outputTokens, durationMs } = response
    const expected = isStream ? this.#firstToken : this.#wholeAnswer
    if (firstOutputMs === undefined) {
      expected.addWait(durationMs, now)
      this.#throughput.addWait(outputTokens, durationMs, now)
    } else {
      expected.add(firstOutputMs, now)
      this.#throughput.add(outputTokens, durationMs, now)
    }
  }

  #countCalls(change: 1 | -1, isStream: boolean): void {
    if (isStream) this.#streams += change
    else this.#wholes += change
  }

  /** `begunAt` is the time at which the call was sent to the target. */
  succeed(begunAt: number): void {
    this.#account.succeed(begunAt)
    this.#model.succeed(begunAt)
  }

  /** `random` is from 0 to 1. */
  fail(kind: FailureKind, retryAfterMs: number | undefined, now: number, random: number, begunAt = now): void {
    const [failed, other] = ofAccount.has(kind) ? [this.#account, this.#model] : [this.#model, this.#account]
    other.release(begunAt)
    if (ofRequest.has(kind)) failed.release(begunAt)
    else failed.fail(kind, retryAfterMs, now, random, begunAt)
  }

  /** Ends a call that showed nothing. */
  release(begunAt: number): void {
    this.#account.release(begunAt)
    this.#model.release(begunAt)
  }
}

/** Shares the breakers of several processes. A call waits for none of its methods. */
export interface BreakerChannel {
  /** Sends a state that differs from the last one here. */
  publish(id: string, state: BreakerState): void
  /** Tells that an attempt begins: a channel that has to ask for the states of others does so while there are calls. */
  noteAttempt?(now: number): void
}

/** The health of all targets. It outlives a reload of the settings. */
export class HealthBook {
  readonly #breakers = new Map<string, Breaker>()
  readonly #targets = new Map<string, TargetHealth>()
  readonly #noteAttempt = (now: number): void => this.#channel?.noteAttempt?.(now)
  #channel: BreakerChannel | undefined

  /** From then on, breakers that change here are published, and those of other processes arrive by `receive`. */
  share(channel: BreakerChannel): void {
    this.#channel = channel
  }

  of(target: Target): TargetHealth {
    const id = idOf(target)
    const known = this.#targets.get(id)
    if (known !== undefined) return known
    const health = new TargetHealth(this.#breaker(accountId(target.provider.id)), this.#breaker(id), this.#noteAttempt)
    this.#targets.set(id, health)
    return health
  }

  /** Describes the health of any target, and remembers none that has no health yet. */
  status(target: Target, now: number): HealthStatus {
    return this.#targets.get(idOf(target))?.status(now) ?? unknown
  }

  receive(id: string, state: BreakerState): void {
    this.#breaker(id).receive(state)
  }

  #breaker(id: string): Breaker {
    const known = this.#breakers.get(id)
    if (known !== undefined) return known
    const breaker = new Breaker((state) => this.#channel?.publish(id, state))
    this.#breakers.set(id, breaker)
    return breaker
  }
}

/** A route ranks a retired model by its own name. */
function idOf({ provider, model, replacement }: Target): string {
  return nameOf({ provider, model: replacement?.model ?? model })
}

/** No target has an id that ends in a slash, but one without a model, which no route has. */
function accountId(provider: string): string {
  return `${provider}/`
}
