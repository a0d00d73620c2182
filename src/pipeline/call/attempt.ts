import type { FailureKind } from '../../config/route-settings.ts'
import type { ResponseBody } from '../../core/gateway-response.ts'
import type { Usage } from '../../core/usage.ts'
import type { MediaQuantities, Price } from '../../metering/price.ts'
import type { CallBounds } from '../../metering/worst-case.ts'
import type { OutputLimitField } from '../../providers/provider.ts'
import type { Target } from '../../providers/registry.ts'
import type { CostSource } from '../../storage/ledger/ledger.ts'
import type { AttemptRecord, Outcome } from '../../telemetry/call-record.ts'
import type { Call } from './call.ts'
import { kindOfCode } from './failure-kind.ts'
import type { Ports } from './ports.ts'

/** How far a budget may lower the output of an attempt to what it can pay for. Tokens are those of one choice. */
export interface OutputPlan {
  readonly bounds: CallBounds
  /** The field with which the provider limits all its output; undefined if no field is known to do so. */
  readonly field: OutputLimitField | undefined
  /** The limit unless Weir lowers it: the caller's, or the model's; infinite if neither is known. */
  readonly ownLimit: number
  /** Minimum that is useful. */
  readonly minTokens: number
  /** The tokens that the request reserves for reasoning; the reply needs tokens beyond them. */
  readonly reasoningTokens: number
  /** The member of the request that requires a complete reply. */
  readonly needsCompleteFor: string | undefined
  /** The finish reason of a reply that reached its limit. */
  readonly truncationReason: string
}

/** The maximum that one attempt may use, and who uses it: read from the request and its target before sending. */
export interface Estimate {
  readonly operation: string
  readonly provider: string
  /** The name sent upstream; empty if the operation needs none. */
  readonly model: string
  readonly isStream: boolean
  /** The caller's own key pays, or nothing is generated. */
  readonly isFree: boolean
  /** Empty if the request names no end user. */
  readonly endUser: string
  readonly tags: readonly string[]
  /** The route that chose the target. */
  readonly route?: string | undefined
  /** The cost that the provider reports is its charge, and takes precedence over any price (case C9). */
  readonly reportsCharge: boolean
  /** Undefined if no price is known or metering is off. */
  readonly price: Price | undefined
  /** Price of the model with which the provider may generate images by itself; undefined if not requested. */
  readonly drawingPrice?: Price | undefined
  readonly inputTokens: number
  /** Of all choices together; also the maximum that a stream is estimated to have produced. */
  readonly outputTokens: number
  readonly media: MediaQuantities
  /** Length of the audio to transcribe, estimated. */
  readonly seconds: number
  /** True for a form whose rest is relayed unread: options that it may still hold are counted at their maximum. */
  readonly isPartial: boolean
  /** True if another model may reply instead: the price is then that of the dearest, or unknown (case D7). */
  readonly hasAlternatives?: boolean
  /** To be reserved: input and output tokens, and nano-USD in the worst case. */
  readonly reservedTokens: number
  readonly reservedNano: number
  /** Undefined if the request is not changed for a budget. */
  readonly output?: OutputPlan | undefined
  /** True if a caller owes a whole reply even after disconnecting, and a budget must know its cost. */
  readonly isOwedUnread?: boolean
}

export interface AttemptCost {
  readonly costNano: number
  readonly costSource: CostSource
  /** The usage that was priced: the provider's count, or an estimate. */
  readonly usage: Usage | undefined
}

/** Rates and money reserved for one attempt, which settles it when it ends. */
export interface Reservation {
  /** Headers for the caller: the id of the attempt's usage record, and the status of its limits. */
  readonly headers: Readonly<Record<string, string>>
  /** The limit to which the request's output per choice is lowered; undefined if it is sent unchanged. */
  readonly maxTokens?: number | undefined
  /**
   * Records the cost in the ledger, by default the price of the attempt, and releases the rest of the reservation. A
   * second call does nothing. Returns the cost; undefined if none is recorded.
   */
  settle(attempt: Attempt, cost?: AttemptCost): AttemptCost | undefined
}

/** The cost to the caller of an attempt that the operator pays. */
const nothingOwed: AttemptCost = { costNano: 0, costSource: 'none', usage: undefined }

/**
 * One attempt at one target, from its reservation to its end. It collects everything known about the attempt. `end`
 * settles the reservation and notifies the call's trace, which only observes.
 *
 * A class, because every call creates one. It is its own record, and initialises all fields to keep one hidden class.
 */
export class Attempt implements AttemptRecord {
  readonly provider: string
  readonly model: string | undefined
  status = 0
  outcome: Outcome = 'ok'
  errorCode: string | undefined = undefined
  /** Why the attempt failed; the error code tells unless it is set before the end. */
  failure: FailureKind | undefined = undefined
  upstreamRequestId: string | undefined = undefined
  upstreamMessage: string | undefined = undefined
  usage: Usage | undefined = undefined
  /** The media produced, if the response reports them. */
  media: MediaQuantities | undefined = undefined
  finishReason: string | undefined = undefined
  /** The id under which the provider may keep the response. */
  responseId: string | undefined = undefined
  /** The response arrived before the work was done (case C1). */
  isDeferred = false
  /** Estimate of the tokens relayed, for a provider that does not count them. */
  producedTokens: number | undefined = undefined
  /** The request was sent to the provider. */
  wasSent = false
  /** Set by the reservation, if metering is on. */
  generationId: string | undefined = undefined
  costNano: number | undefined = undefined
  costSource: CostSource | undefined = undefined
  firstByteMs: number | undefined = undefined
  /** Until the first event of a stream with output; of a call without a route, with content. */
  firstOutputMs: number | undefined = undefined
  durationMs = 0
  isOver = false
  /** Called at the end, after the settlement. */
  onEnd: (() => void) | undefined = undefined
  /** Another target may replace an error that precedes the output. */
  awaitsOutput = false
  /** Another target may replace a reply that a policy refuses. */
  goesOnIfRefused = false
  /** Moves the cost of an empty reply to the operator's account; set if another target may reply instead. */
  moveToOperator: (() => Promise<void>) | undefined = undefined
  /** The reservation of the operator's account, and its cost, if that pays the attempt. */
  paidBy: { readonly reservation: Reservation; readonly cost: AttemptCost } | undefined = undefined
  // Private, because the record is logged, and a target knows its provider's settings.
  readonly #target: Target
  readonly #estimate: Estimate
  readonly #reservation: Reservation
  readonly #startedAt: number
  readonly #clock: Ports['clock']
  readonly #trace: Call['trace']

  /** `startedAt` is monotonic: the call's arrival, or the end of the previous attempt. */
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
    const { maxTokens } = reservation
    // A reply without a token count cannot exceed the limit to which it was lowered.
    this.#estimate =
      maxTokens === undefined || estimate.output === undefined
        ? estimate
        : { ...estimate, outputTokens: maxTokens * estimate.output.bounds.choices }
    this.#reservation = reservation
    this.#startedAt = startedAt
    this.#clock = clock
    this.#trace = trace
    trace.beginAttempt(this)
  }

  /** Monotonic. */
  get startedAt(): number {
    return this.#startedAt
  }

  get target(): Target {
    return this.#target
  }

  get estimate(): Estimate {
    return this.#estimate
  }

  get maxTokens(): number | undefined {
    return this.#reservation.maxTokens
  }

  /** True for a reply that reached the limit lowered by a budget: it is incomplete. */
  get isTruncated(): boolean {
    const { maxTokens } = this
    return maxTokens !== undefined && this.finishReason === this.#estimate.output?.truncationReason
  }

  /** Records the arrival of the first byte of content from the upstream. */
  sawFirstByte(): void {
    this.firstByteMs ??= this.#clock.monotonicMs() - this.#startedAt
  }

  /** Records the arrival of the first event of a stream with output for the caller. */
  sawFirstOutput(): void {
    this.firstOutputMs ??= this.#clock.monotonicMs() - this.#startedAt
  }

  /** Called after everything else is set; a second call does nothing. */
  end(outcome: Outcome, errorCode?: string): void {
    if (this.isOver) return
    this.isOver = true
    this.outcome = outcome
    this.errorCode = errorCode
    if (outcome !== 'ok' && outcome !== 'client_gone') this.failure ??= kindOfCode(errorCode)
    this.durationMs = this.#clock.monotonicMs() - this.#startedAt
    const { paidBy } = this
    paidBy?.reservation.settle(this, paidBy.cost)
    const cost = this.#reservation.settle(this, paidBy && nothingOwed)
    this.costNano = cost?.costNano
    this.costSource = cost?.costSource
    this.#trace.endAttempt()
    this.onEnd?.()
  }
}

/** The headers of an upstream's response that are relayed. Cookies, account names and server names are dropped. */
export interface UpstreamHeaders {
  /** The same for every caller. The upstream's request id has a different name from Weir's. */
  readonly headers: Record<string, string>
  /** The operator's own limits with the provider; undefined if it reports none. */
  readonly rateHeaders: Record<string, string> | undefined
}

/** An upstream's response. It is independent of the caller, so it can be stored, replayed and shared. */
export interface UpstreamResponse extends UpstreamHeaders {
  readonly status: number
  readonly body: ResponseBody
}

/** The result of an attempt: a response, a refusal by the upstream (status 400 or more), or a failure. */
export type AttemptResult =
  | { readonly kind: 'answered'; readonly response: UpstreamResponse }
  | { readonly kind: 'rejected'; readonly response: UpstreamResponse }
  | { readonly kind: 'failed'; readonly error: unknown }
