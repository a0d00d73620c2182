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

/** Rates and money set aside for one attempt, which settles it when it ends. */
export interface Reservation {
  /** For the caller: the id of the attempt's record, and how its limits stand. */
  readonly headers: Readonly<Record<string, string>>
  /** Books the cost and gives back the rest. A second call does nothing. Returns the cost; undefined where none is booked. */
  settle(attempt: Attempt): AttemptCost | undefined
}

/**
 * One try at one target, from its reservation to its end. Whatever is known of it is collected here. `end` settles the reservation and tells
 * the call's trace, which only observes.
 *
 * A class, since every call makes one: it is its own record, which keeps one shape whatever comes to be known.
 */
export class Attempt implements AttemptRecord {
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
  // Private, since the record goes to the log, and a target knows its provider's settings.
  readonly #target: Target
  readonly #estimate: Estimate
  readonly #reservation: Reservation
  readonly #startedAt: number
  readonly #clock: Ports['clock']
  readonly #trace: Call['trace']

  /** `startedAt` is monotonic: the call's arrival, or the end of the attempt before. */
  constructor(
    target: Target,
    estimate: Estimate,
    reservation: Reservation,
    startedAt: number,
    { trace }: Pick<Call, 'trace'>,
    { clock }: Pick<Ports, 'clock'>,
  ) {
    this.provider = target.provider.id
    this.model = target.model
    this.#target = target
    this.#estimate = estimate
    this.#reservation = reservation
    this.#startedAt = startedAt
    this.#clock = clock
    this.#trace = trace
    trace.beginAttempt(this)
  }

  get target(): Target {
    return this.#target
  }

  get estimate(): Estimate {
    return this.#estimate
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
    const cost = this.#reservation.settle(this)
    this.costNano = cost?.costNano
    this.costSource = cost?.costSource
    this.#trace.endAttempt()
  }
}
