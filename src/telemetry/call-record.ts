import type { Usage } from '../core/usage.ts'

/** How a call ended. `client_gone` is what nginx calls 499. */
export type Outcome = 'ok' | 'rejected' | 'upstream_error' | 'interrupted' | 'client_gone'

/** What is known of a call when it is over. Holds no secret, no content and no name that a caller could make endless. */
export interface CallRecord {
  readonly requestId: string
  readonly method: string
  /** The route's pattern or operation, never the raw path. */
  readonly route: string
  readonly status: number
  readonly outcome: Outcome
  readonly errorCode?: string | undefined
  readonly provider?: string | undefined
  /** As sent upstream. */
  readonly model?: string | undefined
  readonly stream?: boolean | undefined
  readonly upstreamRequestId?: string | undefined
  readonly usage?: Usage | undefined
  readonly finishReason?: string | undefined
  /** Milliseconds from the request's arrival. */
  readonly firstByteMs?: number | undefined
  readonly durationMs: number
  /** Bytes of body sent to the caller. */
  readonly bytesOut?: number | undefined
  /** The request has gone out to the provider. */
  readonly wasSent?: boolean | undefined
  /** Tokens that have passed, estimated, where the provider does not count them. */
  readonly producedTokens?: number | undefined
  /** The id of the call's record in the books. */
  readonly generationId?: string | undefined
  readonly keyId?: string | undefined
  readonly costNano?: number | undefined
  readonly costSource?: string | undefined
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
