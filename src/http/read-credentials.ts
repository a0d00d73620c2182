import type { Settings } from '../config/settings.ts'
import { GatewayError } from '../core/errors.ts'
import type { Credentials } from '../pipeline/call/call.ts'
import type { Inbound } from './inbound.ts'
import { readAddress } from './read-address.ts'

/** What proxies and tunnels usually set: a connection from this machine that carries one of them began elsewhere. A bare nginx sets none. */
const proxyHeaders = [
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'forwarded',
  'x-real-ip',
  'cf-connecting-ip',
  'via',
]

/** The one place that reads who is calling. */
export function readCredentials(inbound: Inbound, { access }: Settings): Credentials {
  return {
    token:
      readBearer(inbound.header('authorization')) ??
      nonEmpty(inbound.header('x-api-key')) ??
      nonEmpty(inbound.header('api-key')),
    ownKey: nonEmpty(inbound.header('x-openai-key')),
    origin: inbound.header('origin'),
    host: inbound.header('host'),
    isLocal: inbound.isLoopback && !isProxied(inbound),
    address: readAddress(inbound, access.trustedProxies),
  }
}

function isProxied(inbound: Inbound): boolean {
  for (const name of proxyHeaders) if (inbound.header(name) !== undefined) return true
  return false
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
  const match = /^bearer +(\S+) *$/i.exec(authorization ?? '')
  return match?.[1]
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}
