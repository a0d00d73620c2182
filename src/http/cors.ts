import type { Settings } from '../config/settings.ts'
import type { Inbound } from './inbound.ts'

/** What a page may read beside the body. A `*` would do too, but browsers before 2020 take it for a name. */
const exposed = [
  'x-request-id',
  'x-upstream-request-id',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'x-ratelimit-limit-requests',
  'x-ratelimit-limit-tokens',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-remaining-tokens',
  'x-ratelimit-reset-requests',
  'x-ratelimit-reset-tokens',
  'x-weir-provider',
  'x-weir-model',
  'x-weir-images',
  'openai-processing-ms',
  'server-timing',
  'content-disposition',
  'x-session-id',
  'x-generation-id',
  'ratelimit',
  'ratelimit-policy',
  'idempotent-replayed',
].join(', ')

const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'

export interface Cors {
  /** Headers of every answer, errors included (S42), and `always` with them. Never with credentials (S41). */
  headers(inbound: Inbound): Readonly<Record<string, string>>
  /** Further headers of the answer to a preflight. */
  preflightHeaders(inbound: Inbound): Readonly<Record<string, string>>
}

/** Cross-origin rules. Source: https://fetch.spec.whatwg.org/#http-cors-protocol */
export function createCors({ cors, access }: Settings, always: Readonly<Record<string, string>>): Cors {
  const isOpen = cors.origins.includes('*')
  const open = { ...always, 'access-control-allow-origin': '*', 'access-control-expose-headers': exposed }
  const closed = { ...always, vary: 'Origin' }

  function headers(inbound: Inbound): Readonly<Record<string, string>> {
    if (isOpen) return open
    const origin = inbound.header('origin')
    if (origin === undefined || !cors.origins.includes(origin)) return closed
    return { ...closed, 'access-control-allow-origin': origin, 'access-control-expose-headers': exposed }
  }

  /** Real SDKs send a dozen `x-stainless-*` headers, so any plain name is allowed; `x-openai-key` only where it is taken (S12). */
  function allowedNames(requested: string): string {
    const names = requested.split(',').map((name) => name.trim().toLowerCase())
    return names
      .filter((name) => /^[a-z0-9-]{1,64}$/.test(name) && (name !== 'x-openai-key' || access.bringYourOwnKey))
      .join(', ')
  }

  return {
    headers,
    preflightHeaders: (inbound) => ({
      'access-control-allow-methods': methods,
      'access-control-allow-headers': allowedNames(
        inbound.header('access-control-request-headers') ?? 'authorization, content-type',
      ),
      'access-control-max-age': '7200',
      vary: isOpen ? 'Access-Control-Request-Headers' : 'Origin, Access-Control-Request-Headers',
    }),
  }
}
