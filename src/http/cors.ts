import type { Settings } from '../config/settings.ts'
import type { IncomingRequest } from './incoming-request.ts'
import { passthroughRoute } from './routes.ts'

/** Headers that a page may read. Browsers before 2020 take `*` for a header name, so each is listed. */
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
  'x-weir-route',
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

/** Allowed methods of every path. The passthrough accepts each method that any route accepts. */
const methods = [...passthroughRoute.methods, 'OPTIONS'].join(', ')

interface Cors {
  /**
   * Returns the headers of every response: `always` and `vary`, and CORS for an allowed origin. Errors get CORS too
   * (S42); credentials are never allowed (S41).
   */
  headers(incoming: IncomingRequest): Readonly<Record<string, string>>
  /** Returns the additional headers of a preflight response; its `vary` is joined with that of `headers`. */
  preflightHeaders(incoming: IncomingRequest): Readonly<Record<string, string>>
}

/** Applies the cross-origin rules of the settings. Source: https://fetch.spec.whatwg.org/#http-cors-protocol */
export function createCors({ cors }: Settings, always: Readonly<Record<string, string>>): Cors {
  const isOpen = cors.origins.includes('*')
  // `Vary` is needed with `*` too: a browser caches a stored image for a year, and an `<img>` sends no Origin. Without
  // `Vary`, a later `fetch` reads that cached copy, which has no CORS headers, and fails.
  // https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches
  const closed = { ...always, vary: 'Origin' }
  const open = { ...closed, 'access-control-allow-origin': '*', 'access-control-expose-headers': exposed }

  function headers(incoming: IncomingRequest): Readonly<Record<string, string>> {
    const origin = incoming.header('origin')
    if (origin === undefined) return closed
    if (isOpen) return open
    if (!cors.origins.includes(origin)) return closed
    return { ...closed, 'access-control-allow-origin': origin, 'access-control-expose-headers': exposed }
  }

  /**
   * Filters requested header names. Any plain name is allowed, because SDKs send a dozen own headers. `x-openai-key` is
   * allowed even if the server refuses it (case B5): a page can read the error of its call, but not that of a
   * preflight.
   */
  function allowedNames(requested: string): string {
    const names = requested.split(',').map((name) => name.trim().toLowerCase())
    return names.filter((name) => /^[\w.-]{1,64}$/.test(name)).join(', ')
  }

  return {
    headers,
    preflightHeaders(incoming) {
      const vary = 'Access-Control-Request-Headers'
      if (incoming.header('origin') === undefined) return { vary }
      return {
        'access-control-allow-methods': methods,
        'access-control-allow-headers': allowedNames(
          incoming.header('access-control-request-headers') ?? 'authorization, content-type',
        ),
        'access-control-max-age': '7200',
        vary,
      }
    },
  }
}
