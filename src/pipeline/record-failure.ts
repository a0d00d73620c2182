import type { Signal } from '../core/abort-switch.ts'
import type { GatewayError } from '../core/errors.ts'
import type { CallTrace } from './call-trace.ts'
import { toFailure } from './to-failure.ts'

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
