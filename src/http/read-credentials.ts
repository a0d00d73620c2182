import type { Settings } from '../config/settings.ts'
import { GatewayError } from '../core/errors.ts'
import { type IpRange, isInRanges, parseIpAddress, toAddressText } from '../core/ip-address.ts'
import type { Credentials } from '../pipeline/call/call.ts'
import type { IncomingRequest } from './incoming-request.ts'

/** The usual headers of proxies and tunnels: a connection from this machine that carries one of them began elsewhere. A bare nginx sets none. */
const proxyHeaders = [
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'forwarded',
  'x-real-ip',
  'cf-connecting-ip',
  'via',
]

/** The one place that reads the credentials of a caller. */
export function readCredentials(inbound: IncomingRequest, { access }: Settings): Credentials {
  const authorization = inbound.header('authorization')
  const token =
    readBearer(authorization) ?? nonEmpty(inbound.header('x-api-key')) ?? nonEmpty(inbound.header('api-key'))
  return {
    token,
    tokenProblem: token === undefined && authorization !== undefined ? describeProblem(authorization) : undefined,
    ownKey: nonEmpty(inbound.header('x-openai-key')),
    origin: inbound.header('origin'),
    host: inbound.header('host'),
    isLocal: inbound.isLoopback && !isProxied(inbound),
    isHttp10: inbound.isHttp10,
    address: readAddress(inbound, access.trustedProxies),
    connection: inbound.connection,
  }
}

/** S22: a URL is kept by logs, histories and `Referer`. */
export function refuseKeyInUrl(query: string): void {
  if (query === '') return
  const match = /[?&](key|api[_-]?key|token|access_token)=/i.exec(query)
  if (match !== null) {
    throw new GatewayError(
      'credential_in_url',
      `A key was sent in the URL (\`${match[1]}\`), where logs keep it. Send it as \`Authorization: Bearer …\`, and replace it if it is a real one.`,
    )
  }
}

/** The scheme's name is case-insensitive (RFC 9110 11.1). */
function readBearer(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
}

/** The words that stand before a credential in `Authorization`: only these are repeated, since any other first word may be the secret. */
const schemes = /^(basic|digest|negotiate|ntlm|hmac|dpop|token|key|api-?key|aws4-hmac-sha256) /i

/** Says how an `Authorization` without a bearer token is wrong, in words that do not repeat it (case B4). */
function describeProblem(authorization: string): string {
  const words = authorization.trim().split(/ +/)
  const [first = '', second = ''] = words
  if (first === '') return '`Authorization` is empty.'
  if (/^bearer$/i.test(first)) {
    if (second === '') return '`Authorization` has no key behind `Bearer`.'
    if (/^bearer$/i.test(second))
      return '`Authorization` has `Bearer` twice, as where a program puts it before a key that has it already.'
    return '`Authorization` has a space within the key, or more than one key.'
  }
  const scheme = schemes.exec(authorization.trim())?.[1]
  if (scheme !== undefined) return `\`Authorization\` has the scheme \`${scheme}\`, which this server does not take.`
  return words.length === 1
    ? '`Authorization` has a key without `Bearer` and a space before it.'
    : '`Authorization` does not begin with `Bearer`.'
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}

function isProxied(inbound: IncomingRequest): boolean {
  for (const name of proxyHeaders) if (inbound.header(name) !== undefined) return true
  return false
}

/**
 * The caller's address, in its one spelling. S46: `X-Forwarded-For` is believed from the right, entry by entry, as long as the author of an
 * entry is a proxy that the operator trusts; the first other address is the caller's. Undefined where a trusted proxy wrote anything else
 * than an address.
 */
export function readAddress(inbound: IncomingRequest, trusted: readonly IpRange[]): string | undefined {
  const { address } = inbound
  if (trusted.length === 0) {
    if (address?.includes(':') !== true) return address
    const parsed = parseIpAddress(address)
    return parsed && toAddressText(parsed)
  }
  const hops = [...(inbound.header('x-forwarded-for')?.split(',') ?? []), address ?? '']
  let caller: string | undefined
  for (const hop of hops.reverse()) {
    const parsed = parseIpAddress(withoutPort(hop.trim()))
    if (parsed === undefined) return undefined
    caller = toAddressText(parsed)
    if (!isInRanges(parsed, trusted)) break
  }
  return caller
}

/** Some proxies write the port behind it. */
function withoutPort(hop: string): string {
  const [, address] = /^\[([^\]]+)\](?::\d+)?$/.exec(hop) ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(hop) ?? []
  return address ?? hop
}
