import type { Signal } from '../../../core/abort-switch.ts'
import { GatewayError } from '../../../core/errors.ts'

/** Why a call was given up: the reason of whoever did it, where it is one of Weir's. */
export function toAbortError(signal: Signal): GatewayError {
  const reason: unknown = signal.reason
  if (reason instanceof GatewayError) return reason
  return new GatewayError('upstream_unreachable', 'The call was given up before the demo provider had finished.', {
    cause: reason,
  })
}
