import type { Signal } from '../core/abort-switch.ts'
import { GatewayError, toGatewayError } from '../core/errors.ts'
import type { Outcome } from '../telemetry/call-record.ts'
import type { CallTrace } from './call-trace.ts'

/** How a call, or one attempt of it, ended in an exception. */
export interface Failure {
  readonly outcome: Outcome
  readonly status: number
  /** The error for the caller; undefined where the caller has left. */
  readonly error: GatewayError | undefined
}

/** `gone` aborts when the caller has left, and with a GatewayError as its reason where the server itself must end the call. */
export function toFailure(thrown: unknown, { aborted, reason }: Signal): Failure {
  const isEnded = reason instanceof GatewayError
  if (aborted && !isEnded) return { outcome: 'client_gone', status: 499, error: undefined }
  const error = toGatewayError(isEnded ? reason : thrown)
  return { outcome: error.code.startsWith('upstream_') ? 'upstream_error' : 'rejected', status: error.status, error }
}

/** Closes the trace of a call that ended in an exception. Returns the error for its caller; undefined where the caller has left. */
export function recordFailure(trace: CallTrace, thrown: unknown, gone: Signal): GatewayError | undefined {
  const { outcome, status, error } = toFailure(thrown, gone)
  const isDefect = error?.code === 'internal' || error?.code === 'store_unavailable'
  trace.finish(outcome, {
    status,
    ...(error !== undefined && { errorCode: error.code, cause: isDefect ? describe(error.cause) : undefined }),
  })
  return error
}

function describe(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message).slice(0, 2000) : 'not an Error'
}
