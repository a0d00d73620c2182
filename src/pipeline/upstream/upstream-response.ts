import { GatewayError } from '../../core/errors.ts'
import type { GatewayResponse } from '../../core/gateway-response.ts'
import type { ResponseHeaders } from '../../dialects/response-headers.ts'
import type { Provider } from '../../providers/provider.ts'
import type { TransportResponse } from '../../providers/transport.ts'
import type { Reservation, UpstreamHeaders, UpstreamResponse } from '../call/attempt.ts'
import type { Caller } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import { SecretFilter } from '../stream/hide-secrets.ts'

/**
 * Selects the upstream headers that the dialect relays, and renames the upstream's request id. Secrets in them are
 * hidden, including the caller's own; the log reads the request id from here, too (case D6). The challenge of a 401 is
 * for the caller if the account is.
 */
export function readUpstreamHeaders(
  { headers: upstream }: TransportResponse,
  { names, limits }: ResponseHeaders,
  secrets: SecretFilter,
  callerSecrets: readonly string[],
): UpstreamHeaders {
  const isCallers = callerSecrets.length > 0
  const ownSecrets = isCallers ? new SecretFilter(callerSecrets) : undefined
  const hide = (value: string) => ownSecrets?.hideText(secrets.hideText(value)) ?? secrets.hideText(value)
  const headers: Record<string, string> = {}
  let rateHeaders: Record<string, string> | undefined
  for (const name in upstream) {
    const value = upstream[name]
    if (value === undefined) continue
    if (names.has(name) || (isCallers && name === 'www-authenticate')) headers[name] = hide(value)
    else if (beginsWithAny(name, limits)) {
      rateHeaders ??= {}
      rateHeaders[name] = hide(value)
    }
  }
  const requestId = upstream['x-request-id'] ?? upstream['request-id'] ?? upstream['apim-request-id']
  if (requestId !== undefined) headers['x-upstream-request-id'] = hide(requestId)
  return { headers, rateHeaders }
}

function beginsWithAny(name: string, prefixes: readonly string[]): boolean {
  for (const prefix of prefixes) if (name.startsWith(prefix)) return true
  return false
}

/** Adds the headers that belong to this caller. */
export function toGatewayResponse(
  { status, headers, rateHeaders, body }: UpstreamResponse,
  reservation: Reservation,
  { passesCallerCredentials }: Provider,
  { key }: Caller,
  { metering }: Ports,
): GatewayResponse {
  // The limits of the caller's own account override those of the key, which the header `ratelimit` also shows.
  if (passesCallerCredentials) return { status, headers, callHeaders: { ...reservation.headers, ...rateHeaders }, body }
  // S24: a virtual key receives its own limits, not the operator's with the provider.
  const hidesRates = key !== undefined && metering !== undefined
  const callHeaders =
    rateHeaders === undefined || hidesRates ? reservation.headers : { ...rateHeaders, ...reservation.headers }
  return { status, headers, callHeaders, body }
}

/**
 * Rejects a response whose status no client can handle. `mayBeUnchanged` allows 304, the response to the caller's
 * condition (case A16). Throws GatewayError `upstream_redirected` or `upstream_invalid_answer`.
 */
export function checkStatus({ status, body }: TransportResponse, { id }: Provider, mayBeUnchanged: boolean): void {
  // A Worker cannot relay others. 205 tells a browser to clear its form and may have no body. 407 means a proxy, and
  // `fetch` hides it.
  const isPassable = (status >= 200 && status < 300) || (status >= 400 && status < 600)
  if ((isPassable && status !== 205 && status !== 407) || (status === 304 && mayBeUnchanged)) return
  body.cancel()
  if (status >= 300 && status < 400) {
    throw new GatewayError(
      'upstream_redirected',
      `The provider \`${id}\` answered with a redirect, which Weir never follows. Correct its base URL.`,
    )
  }
  throw new GatewayError('upstream_invalid_answer', `The provider \`${id}\` answered with the status ${status}.`)
}
