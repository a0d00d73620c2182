import type { Settings } from '../config/settings.ts'
import { GatewayError } from '../core/errors.ts'
import { formatIpAddress, type IpRange, isInRanges, parseIpAddress } from '../core/ip-address.ts'
import type { Credentials } from '../pipeline/call/call.ts'
import { type CredentialHeader, credentialHeaders } from '../providers/forward-headers.ts'
import type { IncomingRequest } from './incoming-request.ts'
import { readPublicUrl } from './read-public-url.ts'

/**
 * Usual headers of proxies and tunnels: a loopback connection with one of them was forwarded from another machine.
 * nginx sets none by default.
 */
const proxyHeaders = [
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'forwarded',
  'x-real-ip',
  'cf-connecting-ip',
  'via',
]

/**
 * Reads the credentials of a caller. No other function does. `urlKey` is the key in the query of a route that accepts
 * one.
 */
export function readCredentials(incoming: IncomingRequest, settings: Settings, urlKey?: string): Credentials {
  const { access, logins } = settings
  const authorization = incoming.header('authorization')
  const separate = incoming.header('x-weir-key')
  const token =
    separate === undefined
      ? (readBearer(authorization) ??
        nonEmpty(incoming.header('x-api-key')) ??
        nonEmpty(incoming.header('api-key')) ??
        nonEmpty(incoming.header('x-goog-api-key')) ??
        nonEmpty(urlKey))
      : nonEmpty(separate)
  return {
    token,
    tokenProblem: token === undefined ? describeProblem(separate, authorization) : undefined,
    providerHeaders: separate === undefined || separate === '' ? undefined : readProviderHeaders(incoming),
    loginToken: logins.length === 0 ? undefined : readLoginToken(incoming, logins),
    proof: readProof(incoming, settings),
    ownKey: nonEmpty(incoming.header('x-openai-key')),
    origin: incoming.header('origin'),
    host: incoming.header('host'),
    isLocal: incoming.isLoopback && !isProxied(incoming),
    isHttp10: incoming.isHttp10,
    address: readAddress(incoming, access.trustedProxies),
    connection: incoming.connection,
  }
}

/** Throws GatewayError `credential_in_url`. S22: logs, browser histories and `Referer` store URLs. */
export function refuseKeyInUrl(query: string): void {
  if (query === '') return
  const match = /[?&]((?:x-weir-)?key|api[_-]?key|token|access_token)=/i.exec(query)
  if (match !== null) {
    throw new GatewayError(
      'credential_in_url',
      `The URL contains a key (\`${match[1]}\`), and logs store URLs. Send it as \`Authorization: Bearer …\`, and rotate it if it is real.`,
    )
  }
}

/** Returns the credential headers of a caller whose key of Weir is in `x-weir-key`. */
function readProviderHeaders(incoming: IncomingRequest): Credentials['providerHeaders'] {
  const headers: Partial<Record<CredentialHeader, string>> = {}
  for (const name of credentialHeaders) {
    const value = nonEmpty(incoming.header(name))
    if (value !== undefined) headers[name] = value
  }
  return headers
}

/**
 * Takes the first `key` out of a query, as Google's clients send it. S22: nothing that logs, relays or repeats the query
 * sees the key.
 */
export function takeKey(query: string): { readonly key: string | undefined; readonly query: string } {
  const [found, value] = /[?&]key=([^&]*)/.exec(query) ?? []
  if (found === undefined || value === undefined) return { key: undefined, query }
  const rest = query.replace(found, '').replace(/^&/, '?')
  try {
    return { key: decodeURIComponent(value.replaceAll('+', ' ')), query: rest }
  } catch (cause) {
    throw new GatewayError('bad_request', 'The key in the URL is not valid percent-encoding.', { cause })
  }
}

/** Returns the first token in a header that belongs to a login. */
function readLoginToken(incoming: IncomingRequest, logins: Settings['logins']): Credentials['loginToken'] {
  for (const { header } of logins) {
    const value = header === undefined ? undefined : nonEmpty(incoming.header(header))
    if (header !== undefined && value !== undefined) return { header, value }
  }
  return undefined
}

function readProof(incoming: IncomingRequest, settings: Settings): Credentials['proof'] {
  const text = incoming.header('dpop')
  if (text === undefined) return undefined
  const [path = ''] = incoming.target.split('?', 1)
  return { text, method: incoming.method, url: readPublicUrl(incoming, settings) + path }
}

/** The scheme's name is case-insensitive (RFC 9110 11.1). A token that is bound to a key has the scheme `DPoP`. */
function readBearer(authorization: string | undefined): string | undefined {
  return /^(?:bearer|dpop) +(\S+) *$/i.exec(authorization ?? '')?.[1]
}

/** Authentication schemes that an error message may repeat. Any other first word may be the secret. */
const schemes = /^(basic|digest|negotiate|ntlm|hmac|dpop|token|key|api-?key|aws4-hmac-sha256) /i

/** Describes the mistake in headers without a token, without repeating their values (case B4). */
function describeProblem(separate: string | undefined, authorization: string | undefined): string | undefined {
  if (separate !== undefined) return '`x-weir-key` is empty.'
  return authorization === undefined ? undefined : describeAuthorization(authorization)
}

function describeAuthorization(authorization: string): string {
  const words = authorization.trim().split(/ +/)
  const [first = '', second = ''] = words
  if (first === '') return '`Authorization` is empty.'
  if (/^bearer$/i.test(first)) {
    if (second === '') return '`Authorization` has no key after `Bearer`.'
    if (/^bearer$/i.test(second))
      return '`Authorization` has `Bearer` twice. The program adds it to a key that already starts with it.'
    return '`Authorization` has a space inside the key, or more than one key.'
  }
  const scheme = schemes.exec(authorization.trim())?.[1]
  if (scheme !== undefined) return `\`Authorization\` has the scheme \`${scheme}\`, which this server does not accept.`
  return words.length === 1
    ? '`Authorization` lacks `Bearer` and a space before the key.'
    : '`Authorization` does not start with `Bearer`.'
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}

function isProxied(incoming: IncomingRequest): boolean {
  for (const name of proxyHeaders) if (incoming.header(name) !== undefined) return true
  return false
}

/**
 * Returns the caller's address in canonical form. S46: reads `X-Forwarded-For` from the right while the author of an
 * entry is a trusted proxy; the first other address is the caller's. Undefined if a trusted proxy wrote something else
 * than an address.
 */
export function readAddress(incoming: IncomingRequest, trusted: readonly IpRange[]): string | undefined {
  const { address } = incoming
  if (trusted.length === 0) {
    if (address?.includes(':') !== true) return address
    const parsed = parseIpAddress(address)
    return parsed && formatIpAddress(parsed)
  }
  const hops = [...(incoming.header('x-forwarded-for')?.split(',') ?? []), address ?? '']
  let caller: string | undefined
  for (const hop of hops.reverse()) {
    const parsed = parseIpAddress(withoutPort(hop.trim()))
    if (parsed === undefined) return undefined
    caller = formatIpAddress(parsed)
    if (!isInRanges(parsed, trusted)) break
  }
  return caller
}

/** Removes the port, which some proxies append. */
function withoutPort(hop: string): string {
  const [, address] = /^\[([^\]]+)\](?::\d+)?$/.exec(hop) ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(hop) ?? []
  return address ?? hop
}
