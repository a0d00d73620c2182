import type { Usage } from '../core/usage.ts'

/** How a call or an attempt ended. `client_gone` is what nginx calls 499. */
export type Outcome = 'ok' | 'rejected' | 'upstream_error' | 'interrupted' | 'client_gone'

/** One try at one target. The attempts of a call follow each other, so their durations add up to the call's. */
export interface AttemptRecord {
  readonly provider: string
  /** As sent upstream. */
  readonly model: string | undefined
  /** The upstream's status, or that of the error which stands for it. */
  readonly status: number
  readonly outcome: Outcome
  readonly errorCode: string | undefined
  readonly upstreamRequestId: string | undefined
  /** The code and the words of a refusal that is the operator's affair, without keys and without anything of the request (case A17). */
  readonly upstreamMessage?: string | undefined
  readonly usage: Usage | undefined
  readonly finishReason: string | undefined
  /** The limit on output to which a budget has lowered the request. */
  readonly maxTokens?: number | undefined
  /** The id of the attempt's record in the ledger. */
  readonly generationId: string | undefined
  readonly costNano: number | undefined
  readonly costSource: string | undefined
  /** Milliseconds from the end of the attempt before it; the first attempt begins with the request's arrival. */
  readonly firstByteMs: number | undefined
  readonly durationMs: number
}

/** Everything known of a call when it is over. Holds no secret, no content and no name that a caller could make endless. */
export interface CallRecord {
  readonly requestId: string
  readonly method: string
  /** The route's pattern or operation, never the raw path. */
  readonly route: string
  /** The status that the caller got. */
  readonly status: number
  readonly outcome: Outcome
  readonly errorCode?: string | undefined
  readonly stream?: boolean | undefined
  /** In order; the last one is the one that answered. Empty where nothing was sent to a provider. */
  readonly attempts: readonly AttemptRecord[]
  /** Milliseconds from the request's arrival. */
  readonly firstByteMs?: number | undefined
  readonly durationMs: number
  /** Bytes of body sent to the caller. */
  readonly bytesOut?: number | undefined
  readonly keyId?: string | undefined
  /** The answer is an earlier one, given again under the same `Idempotency-Key`. */
  readonly isReplayed?: boolean | undefined
  /** Limits that a key in shadow mode would have refused the call for. */
  readonly wouldRefuse?: readonly string[] | undefined
  /** For the operator only: the message of an unexpected error. */
  readonly cause?: string | undefined
}

/** Where records go. Called once a call, must not throw and must not wait. */
export interface CallLog {
  record(record: CallRecord): void
}
