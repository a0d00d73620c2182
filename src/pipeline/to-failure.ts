import type { Signal } from '../core/abort-switch.ts'
import { GatewayError, toGatewayError } from '../core/errors.ts'
import type { Outcome } from '../telemetry/call-record.ts'

/** True for a failure of the provider, as against one of the caller or of Weir. */
export function isUpstreamFailure(error: unknown): boolean {
  return error instanceof GatewayError && error.code.startsWith('upstream_')
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
