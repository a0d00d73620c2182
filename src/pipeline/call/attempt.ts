import type { ResponseBody } from '../../core/gateway-response.ts'
import type { Usage } from '../../core/usage.ts'
import type { MediaQuantities, Price } from '../../metering/price.ts'
import type { CallBounds } from '../../metering/worst-case.ts'
import type { OutputLimitField } from '../../providers/provider.ts'
import type { Target } from '../../providers/registry.ts'
import type { CostSource } from '../../storage/ledger/ledger.ts'
import type { AttemptRecord, Outcome } from '../../telemetry/call-record.ts'
import type { Call } from './call.ts'
import type { Ports } from './ports.ts'

/** How far the output of an attempt under a budget may be lowered to what the budget can pay. Tokens are those of one choice. */
export interface OutputPlan {
  readonly bounds: CallBounds
  /** The field by which the provider bounds all that it puts out; undefined where none is known to do so. */
  readonly field: OutputLimitField | undefined
  /** The limit that holds unless Weir lowers it: the caller's own, or the model's; infinite where neither is known. */
  readonly ownLimit: number
  /** The least that is of use. */
  readonly minTokens: number
  /** The tokens that the request sets apart for reasoning; an answer needs room beside them. */
  readonly reasoningTokens: number
  /** The member of the request for whose sake its answer must come whole. */
  readonly uncutFor: string | undefined
  /** The finish reason of an answer that has reached its limit. */
  readonly cutReason: string
}

/** The most that one attempt may use, and for whom: read from the request and its target before anything is sent. */
export interface Estimate {
  readonly operation: string
  readonly provider: string
  /** As it goes upstream; empty where the operation needs none. */
  readonly model: string
  readonly isStream: boolean
  /** The caller's own key pays, or nothing is produced. */
  readonly isFree: boolean
  /** Empty where the request names no end user. */
  readonly endUser: string
  readonly tags: readonly string[]
  /** The cost that the provider tells is its charge, and comes before any price (case C9). */
  readonly reportsCharge: boolean
  /** Undefined where no price is known, and where metering is off. */
  readonly price: Price | undefined
  /** That of the model with which the provider may draw pictures by itself; undefined where it is not asked to. */
  readonly drawingPrice?: Price | undefined
  readonly inputTokens: number
  /** Of all choices together; a stream is never estimated to have produced more. */
  readonly outputTokens: number
  readonly media: MediaQuantities
  /** Of audio to be transcribed, guessed. */
  readonly seconds: number
  /** True for a form whose rest passes unread: what it may still ask for counts at its most. */
  readonly isPartial: boolean
  /** True where another model may answer in place of this one: then the price is that of the dearest, or not known (case D7). */
  readonly hasAlternatives?: boolean
  /** To be reserved: tokens in and out, and nano-USD in the worst case. */
  readonly reservedTokens: number
  readonly reservedNano: number
  /** Undefined where nothing of the request is changed for a budget. */
  readonly output?: OutputPlan | undefined
  /** True where a caller who leaves before a whole answer owes it all the same, and a budget has to know its cost. */
  readonly isOwedUnread?: boolean
}

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
  /** The limit on the output of one choice to which the request is lowered; undefined where it goes out as it is. */
  readonly maxTokens?: number | undefined
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
  upstreamMessage: string | undefined = undefined
  usage: Usage | undefined = undefined
  /** What was made, where the answer tells it. */
  media: MediaQuantities | undefined = undefined
  finishReason: string | undefined = undefined
  /** The answer came before its work is done (case C1). */
  isDeferred = false
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
    const { maxTokens } = reservation
    // An uncounted answer cannot have been longer than the limit that it was lowered to.
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

  get target(): Target {
    return this.#target
  }

  get estimate(): Estimate {
    return this.#estimate
  }

  get maxTokens(): number | undefined {
    return this.#reservation.maxTokens
  }

  /** True for an answer that has reached the limit to which a budget has lowered it. It is not the whole of what its caller asked for. */
  get isCut(): boolean {
    const { maxTokens } = this
    return maxTokens !== undefined && this.finishReason === this.#estimate.output?.cutReason
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

/** The headers of an upstream's response that may go on. Cookies, account names and server names stay behind. */
export interface UpstreamHeaders {
  /** The same for every caller. The upstream's request id has a name of its own beside Weir's. */
  readonly headers: Record<string, string>
  /** The operator's own limits with the provider; undefined where it names none. */
  readonly rateHeaders: Record<string, string> | undefined
}

/** An upstream's answer. Neutral of its caller, so that it can be kept, given again and shared. */
export interface UpstreamResponse extends UpstreamHeaders {
  readonly status: number
  readonly body: ResponseBody
}

/** How an attempt went: an answer; the upstream's own refusal, as an answer of 400 or more; or none. */
export type AttemptResult =
  | { readonly kind: 'answered'; readonly answer: UpstreamResponse }
  /** `isRegional` where it refuses the country that the call leaves from. */
  | { readonly kind: 'rejected'; readonly answer: UpstreamResponse; readonly isRegional?: boolean }
  | { readonly kind: 'failed'; readonly error: unknown }
