import type { Usage } from '../core/usage.ts'
import type { Target } from '../providers/registry.ts'
import type { CostSource } from '../storage/ledger.ts'
import type { AttemptRecord, Outcome } from '../telemetry/call-record.ts'
import type { Call } from './call.ts'
import type { Estimate } from './estimate.ts'
import type { Ports } from './ports.ts'

export interface AttemptCost {
  readonly costNano: number
  readonly costSource: CostSource
  /** The usage that was priced: the provider's count, or an estimate. */
  readonly usage: Usage | undefined
}

/** Told once how an attempt ended; returns its cost, where one is booked. */
export type AttemptListener = (attempt: Attempt) => AttemptCost | undefined

/**
 * One try at one target, from its reservation to its end. Whatever is known of it is collected here, and `end` tells it once: to the listener,
 * which settles the reservation, and to the call's trace, which only observes.
 *
 * A class, since every call makes one: it is its own record, which keeps one shape whatever comes to be known.
 */
export class Attempt implements AttemptRecord {
  readonly target: Target
  readonly estimate: Estimate
  readonly provider: string
  readonly model: string | undefined
  status = 0
  outcome: Outcome = 'ok'
  errorCode: string | undefined = undefined
  upstreamRequestId: string | undefined = undefined
  usage: Usage | undefined = undefined
  finishReason: string | undefined = undefined
  /** Tokens that have passed, estimated, where the provider does not count them. */
  producedTokens: number | undefined = undefined
  /** The request has gone out to the provider. */
  wasSent = false
  /** Set by its reservation, where there is one. */
  generationId: string | undefined = undefined
  costNano: number | undefined = undefined
  costSource: CostSource | undefined = undefined
  firstByteMs: number | undefined = undefined
  durationMs = 0
  isOver = false
  readonly #startedAt: number
  readonly #clock: Ports['clock']
  readonly #trace: Call['trace']
  #listener: AttemptListener | undefined = undefined

  /** `startedAt` is monotonic: the call's arrival, or the end of the attempt before. */
  constructor(target: Target, estimate: Estimate, startedAt: number, call: Pick<Call, 'trace'>, { clock }: Ports) {
    this.target = target
    this.estimate = estimate
    this.provider = target.provider.id
    this.model = target.model
    this.#startedAt = startedAt
    this.#clock = clock
    this.#trace = call.trace
    call.trace.beginAttempt(this)
  }

  /** `listener` is called once, when the attempt ends. There is one. */
  whenEnded(listener: AttemptListener): void {
    this.#listener = listener
  }

  /** The first byte of content has come from the upstream. */
  sawFirstByte(): void {
    this.firstByteMs ??= this.#clock.monotonicMs() - this.#startedAt
  }

  /** To be called once everything else is set; a second call does nothing. */
  end(outcome: Outcome, errorCode?: string): void {
    if (this.isOver) return
    this.isOver = true
    this.outcome = outcome
    this.errorCode = errorCode
    this.durationMs = this.#clock.monotonicMs() - this.#startedAt
    const cost = this.#listener?.(this)
    this.costNano = cost?.costNano
    this.costSource = cost?.costSource
    this.#trace.endAttempt()
  }
}
