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
  /** For the operator only: the message of an unexpected error. */
  readonly cause?: string | undefined
}

/** Where records go. Called once a call, must not throw and must not wait. */
export interface CallLog {
  record(record: CallRecord): void
}
