import type { Settings } from '../config/settings.ts'
import type { IncomingRequest } from './incoming-request.ts'
import { passthroughRoute } from './routes.ts'

/** Headers that a page may read. A `*` would do too, but browsers before 2020 take it for a name. */
const exposed = [
  'x-request-id',
  'x-upstream-request-id',
  'request-id',
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
  'x-weir-retired-model',
  'x-weir-images',
  'x-weir-not-kept',
  'x-weir-max-tokens',
  'openai-processing-ms',
  'server-timing',
  'content-disposition',
  'accept-ranges',
  'content-range',
  'etag',
  'x-session-id',
  'x-generation-id',
  'ratelimit',
  'ratelimit-policy',
  'idempotent-replayed',
].join(', ')

/** The same for every path: the passthrough takes all methods that any route takes. */
const methods = [...passthroughRoute.methods, 'OPTIONS'].join(', ')

interface Cors {
  /** Every answer gets `always` and `vary`; an allowed Origin gets CORS, on errors too (S42), never with credentials (S41). */
  headers(inbound: IncomingRequest): Readonly<Record<string, string>>
  /** Further headers of the answer to a preflight; this `vary` joins that of `headers`. */
  preflightHeaders(inbound: IncomingRequest): Readonly<Record<string, string>>
}

/** Cross-origin rules. Source: https://fetch.spec.whatwg.org/#http-cors-protocol */
export function createCors({ cors }: Settings, always: Readonly<Record<string, string>>): Cors {
  const isOpen = cors.origins.includes('*')
  // Also with `*`: a browser caches a kept image for a year, and an `<img>` sends no Origin. Without `Vary`, a later `fetch`
  // reads that copy, without CORS, and fails. https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches
  const closed = { ...always, vary: 'Origin' }
  const open = { ...closed, 'access-control-allow-origin': '*', 'access-control-expose-headers': exposed }

  function headers(inbound: IncomingRequest): Readonly<Record<string, string>> {
    const origin = inbound.header('origin')
    if (origin === undefined) return closed
    if (isOpen) return open
    if (!cors.origins.includes(origin)) return closed
    return { ...closed, 'access-control-allow-origin': origin, 'access-control-expose-headers': exposed }
  }

  /**
   * SDKs send a dozen headers of their own, so any plain name is allowed. `x-openai-key` too where it is not taken (case B5): a page can read the
   * refusal of its call, and nothing of a preflight.
   */
  function allowedNames(requested: string): string {
    const names = requested.split(',').map((name) => name.trim().toLowerCase())
    return names.filter((name) => /^[\w.-]{1,64}$/.test(name)).join(', ')
  }

  return {
    headers,
    preflightHeaders(inbound) {
      const vary = 'Access-Control-Request-Headers'
      if (inbound.header('origin') === undefined) return { vary }
      return {
        'access-control-allow-methods': methods,
        'access-control-allow-headers': allowedNames(
          inbound.header('access-control-request-headers') ?? 'authorization, content-type',
        ),
        'access-control-max-age': '7200',
        vary,
      }
    },
  }
}
