import type { Usage } from '../core/usage.ts'

/** The outcome of a call or an attempt. `client_gone` is nginx's 499. */
export type Outcome = 'ok' | 'rejected' | 'upstream_error' | 'interrupted' | 'client_gone'

/** One attempt at one target. Attempts are sequential, so their durations add up to that of the call. */
export interface AttemptRecord {
  readonly provider: string
  /** The model as sent upstream. */
  readonly model: string | undefined
  /** The upstream's HTTP status, or that of the error in its place. */
  readonly status: number
  readonly outcome: Outcome
  readonly errorCode: string | undefined
  /** Why the attempt failed, as one of the kinds of `on_failure`. */
  readonly failure?: string | undefined
  readonly upstreamRequestId: string | undefined
  /** Code and message of a provider error that the operator must fix, without keys and request content (case A17). */
  readonly upstreamMessage?: string | undefined
  readonly usage: Usage | undefined
  readonly finishReason: string | undefined
  /** The maximum of output tokens to which a budget has lowered the request. */
  readonly maxTokens?: number | undefined
  /** The id of the attempt's record in the ledger. */
  readonly generationId: string | undefined
  readonly costNano: number | undefined
  readonly costSource: string | undefined
  /** Milliseconds from the end of the previous attempt, or from the arrival of the request. */
  readonly firstByteMs: number | undefined
  readonly durationMs: number
}

/** Telemetry of a finished call. Contains no secret, no content and no caller-controlled string of unbounded length. */
export interface CallRecord {
  readonly requestId: string
  readonly method: string
  /** The route's pattern or operation, never the raw path. */
  readonly route: string
  /** The route of the configuration that chose the targets. */
  readonly modelRoute?: string | undefined
  /** The HTTP status that the caller received. */
  readonly status: number
  readonly outcome: Outcome
  readonly errorCode?: string | undefined
  /** Which of several cases with one message the error was; never shown to the caller. */
  readonly reason?: string | undefined
  readonly stream?: boolean | undefined
  /** Attempts in order; the last one served the response. Empty if nothing was sent to a provider. */
  readonly attempts: readonly AttemptRecord[]
  /** Milliseconds from the request's arrival. */
  readonly firstByteMs?: number | undefined
  readonly durationMs: number
  /** Bytes of the body sent to the caller. */
  readonly bytesOut?: number | undefined
  readonly keyId?: string | undefined
  /** True if an earlier response was replayed for the same `Idempotency-Key`. */
  readonly isReplayed?: boolean | undefined
  /** Limits that would have refused the call without shadow mode. */
  readonly wouldRefuse?: readonly string[] | undefined
  /** The message of an unexpected error, for the operator only. */
  readonly cause?: string | undefined
}

/** The destination of call records. */
export interface CallLog {
  /** Called once per call. Must not throw and must not block. */
  record(record: CallRecord): void
}
