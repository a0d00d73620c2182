import type { Answer } from '../core/answer.ts'
import type { Reservation } from './attempt.ts'
import type { Caller } from './call.ts'
import type { Ports } from './ports.ts'
import type { UpstreamAnswer } from './upstream-response.ts'

/** Adds the headers that are this caller's alone. */
export function toAnswer(
  { status, headers, rateHeaders, body }: UpstreamAnswer,
  reservation: Reservation,
  { key }: Caller,
  { metering }: Ports,
): Answer {
  // S24: a virtual key is told its own limits, and not the operator's with the provider.
  const hidesRates = key !== undefined && metering !== undefined
  const callHeaders =
    rateHeaders === undefined || hidesRates ? reservation.headers : { ...rateHeaders, ...reservation.headers }
  return { status, headers, callHeaders, body }
}
