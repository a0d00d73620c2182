import type { Signal } from '../core/abort-switch.ts'
import { GatewayError, toGatewayError } from '../core/errors.ts'
import type { CallTrace } from './call-trace.ts'

/**
 * Closes the trace of a call that ended in an exception. Gives the error that its caller is told; undefined where the caller has left.
 * `gone` aborts with a GatewayError where the server itself must end the call.
 */
export function recordFailure(trace: CallTrace, thrown: unknown, gone: Signal): GatewayError | undefined {
  const { aborted, reason } = gone
  const isEnded = reason instanceof GatewayError
  if (aborted && !isEnded) {
    trace.finish('client_gone', { status: 499 })
    return undefined
  }
  const error = toGatewayError(isEnded ? reason : thrown)
  const { status, code } = error
  const cause = code === 'internal' || code === 'store_unavailable' ? describe(error.cause) : undefined
  trace.finish(code.startsWith('upstream_') ? 'upstream_error' : 'rejected', { status, errorCode: code, cause })
  return error
}

function describe(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message).slice(0, 2000) : 'not an Error'
}
