import type { Signal } from '../../core/abort-switch.ts'
import { GatewayError, isForOperator, toGatewayError } from '../../core/errors.ts'
import type { Outcome } from '../../telemetry/call-record.ts'
import type { CallTrace } from './call-trace.ts'

/** The reason of a signal that aborts because the caller has left. */
export class CallerGone extends Error {
  override readonly name = 'CallerGone'
}

/** True for a failure of the provider, as against one of the caller or of Weir. */
export function isUpstreamFailure(error: unknown): boolean {
  return error instanceof GatewayError && error.code.startsWith('upstream_')
}

/** Statuses that SDKs themselves try again. */
export function isTransient(status: number): boolean {
  return status >= 500 || status === 408 || status === 409 || status === 425 || status === 429
}

/** How a call, or one attempt of it, ended in an exception. */
export interface Failure {
  readonly outcome: Outcome
  readonly status: number
  /** The error for the caller; undefined where the caller has left. */
  readonly error: GatewayError | undefined
}

/**
 * `gone` aborts when the caller has left, and with a GatewayError as its reason where the server itself must end the call. Without it the caller's
 * leaving is no cause.
 */
export function toFailure(thrown: unknown, gone: Signal | undefined): Failure {
  const { aborted = false, reason } = gone ?? {}
  const isEnded = reason instanceof GatewayError
  if (aborted && !isEnded) return { outcome: 'client_gone', status: 499, error: undefined }
  const error = toGatewayError(isEnded ? reason : thrown)
  return { outcome: isUpstreamFailure(error) ? 'upstream_error' : 'rejected', status: error.status, error }
}

/** Closes the trace of a call that ended in an exception. Returns the error for its caller; undefined where the caller has left. */
export function recordFailure(trace: CallTrace, thrown: unknown, gone: Signal): GatewayError | undefined {
  const { outcome, status, error } = toFailure(thrown, gone)
  // For the operator: the caller can do nothing about these, and is not told the cause.
  const isOperators = error !== undefined && isForOperator(error)
  trace.finish(outcome, {
    status,
    ...(error !== undefined && { errorCode: error.code, cause: isOperators ? describe(error.cause) : undefined }),
  })
  return error
}

function describe(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message).slice(0, 2000) : 'not an Error'
}
