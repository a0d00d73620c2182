import type { Signal } from '../../core/abort-switch.ts'
import { type ErrorCode, GatewayError, isForOperator, toGatewayError } from '../../core/errors.ts'
import type { Outcome } from '../../telemetry/call-record.ts'
import type { CallTrace } from './call-trace.ts'

/** The abort reason of a signal whose caller has disconnected. */
export class CallerGone extends Error {
  override readonly name = 'CallerGone'
}

/** True for a failure of the provider, not of the caller or Weir. */
export function isUpstreamFailure(error: unknown): boolean {
  return error instanceof GatewayError && (error.code.startsWith('upstream_') || ofAllTargets.has(error.code))
}

const ofAllTargets: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['route_failed', 'route_limited'])

/** True for statuses that SDKs retry. */
export function isTransient(status: number): boolean {
  return status >= 500 || status === 408 || status === 409 || status === 425 || status === 429
}

/** The end of a call, or of one attempt, by an exception. */
export interface Failure {
  readonly outcome: Outcome
  readonly status: number
  /** The error for the caller; undefined if the caller has disconnected. */
  readonly error: GatewayError | undefined
}

/**
 * `gone` aborts when the caller disconnects, or with a GatewayError as its reason when the server must end the call.
 * Without `gone`, a disconnect is not considered.
 */
export function toFailure(thrown: unknown, gone: Signal | undefined): Failure {
  const { aborted = false, reason } = gone ?? {}
  const isEnded = reason instanceof GatewayError
  if (aborted && !isEnded) return { outcome: 'client_gone', status: 499, error: undefined }
  const error = toGatewayError(isEnded ? reason : thrown)
  return { outcome: isUpstreamFailure(error) ? 'upstream_error' : 'rejected', status: error.status, error }
}

/** Finishes the trace of a call that threw. Returns the error for its caller; undefined if the caller disconnected. */
export function recordFailure(trace: CallTrace, thrown: unknown, gone: Signal): GatewayError | undefined {
  const { outcome, status, error } = toFailure(thrown, gone)
  // The cause is for the operator only: the caller cannot fix these errors.
  const isOperators = error !== undefined && isForOperator(error)
  trace.finish(outcome, {
    status,
    ...(error !== undefined && {
      errorCode: error.code,
      reason: error.reason,
      cause: isOperators ? describe(error.cause) : undefined,
    }),
  })
  return error
}

function describe(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message).slice(0, 2000) : 'not an Error'
}
