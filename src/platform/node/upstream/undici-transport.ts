import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici/index.js'
import type { ProxySettings } from '../../../config/settings.ts'
import type { ByteStream } from '../../../core/byte-stream.ts'
import { isLoopbackHost } from '../../../core/loopback.ts'
import { sliceString } from '../../../core/slice-string.ts'
import type { Transport, TransportRequest } from '../../../providers/transport.ts'
import { Exchange } from './exchange.ts'
import { toReadable } from './to-readable.ts'
import { EnvHttpProxyAgent, Pool, ProxyAgent } from './undici-parts.ts'

export interface UndiciTransport extends Transport {
  /** Closes every connection. */
  close(): Promise<void>
}

/** Maximum string to encode in one step. A longer one would take up to 100 ms, and its size in memory again (R69). */
const maxEncodedLength = 1_048_576
const sliceLength = 256 * 1_024

function toBody({ headers, body }: TransportRequest): Pick<Dispatcher.DispatchOptions, 'headers' | 'body'> {
  if (body === undefined || body instanceof Uint8Array) return { headers, body: body ?? null }
  if (typeof body === 'string' && body.length <= maxEncodedLength) return { headers, body }
  const parts = typeof body === 'string' ? [body] : body
  if (!isStrings(parts)) return { headers, body: toReadable(parts) }
  const length = String(parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0))
  return {
    headers: { ...headers, 'content-length': length },
    body: Readable.from(encode(parts), { objectMode: false }),
  }
}

function isStrings(body: readonly string[] | ByteStream): body is readonly string[] {
  return Array.isArray(body)
}

function* encode(parts: readonly string[]): Generator<Buffer> {
  for (const part of parts) for (const slice of sliceString(part, sliceLength)) yield Buffer.from(slice)
}

/** The connections to an origin, with their timeout and proxy. */
interface KnownRoute {
  readonly connectTimeoutMs: number
  readonly proxy: string | undefined
  readonly dispatcher: Dispatcher
}

const noProxy: ProxySettings = { https: undefined, http: undefined, bypass: [] }

/**
 * Creates an HTTP transport on undici's `dispatch`, at a quarter of the cost of global `fetch`, which creates web
 * objects for each call. If a reused socket closes before undici has written a request, undici sends it again; a
 * written request is never repeated (R20, R23).
 */
export function createUndiciTransport(proxies: ProxySettings = noProxy): UndiciTransport {
  /** Routes by origin. Providers at one origin may have different timeouts and proxies. */
  const routes = new Map<string, KnownRoute[]>()

  function routeOf({ origin, connectTimeoutMs, proxy }: TransportRequest): Dispatcher {
    const known = routes.get(origin)
    if (known !== undefined) {
      for (const route of known)
        if (route.connectTimeoutMs === connectTimeoutMs && route.proxy === proxy) return route.dispatcher
    }
    const dispatcher = openRoute(origin, connectTimeoutMs, proxy, proxies)
    routes.set(origin, [...(known ?? []), { connectTimeoutMs, proxy, dispatcher }])
    return dispatcher
  }

  return {
    send(request) {
      const { signal, method, path } = request
      if (signal.aborted) return Promise.reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
      const options = { origin: request.origin, method, path, ...toBody(request) }
      return new Promise((resolve, reject) => {
        routeOf(request).dispatch(options, new Exchange(request, resolve, reject))
      })
    },
    async close() {
      await Promise.all([...routes.values()].flat().map(({ dispatcher }) => dispatcher.destroy()))
    },
  }
}

/**
 * Uses the provider's own proxy, else the server's, which loopback calls bypass (case B2). Always checks certificates.
 */
function openRoute(
  origin: string,
  connectTimeoutMs: number,
  proxy: string | undefined,
  { https, http, bypass }: ProxySettings,
): Dispatcher {
  const connect = { timeout: connectTimeoutMs }
  // The pipeline has its own timers for headers and body. HTTP/2 is left to proxies (S80).
  const options = { headersTimeout: 0, bodyTimeout: 0, allowH2: false }
  const hasGeneral = (https ?? http) !== undefined && !isLoopbackHost(new URL(origin).hostname)
  if (proxy === 'none' || (proxy === undefined && !hasGeneral)) return new Pool(origin, { ...options, connect })
  const through = {
    ...options,
    connectTimeout: connectTimeoutMs,
    requestTls: connect,
    proxyTls: connect,
    // A proxy that accepts the connection and does not respond counts as unreachable.
    clientFactory: (address: URL, defaults: object) =>
      new Pool(address, { ...defaults, headersTimeout: connectTimeoutMs, allowH2: false }),
  }
  if (proxy !== undefined) return new ProxyAgent({ ...through, uri: proxy })
  // Empty strings, because undici would read left-out values from the process environment.
  return new EnvHttpProxyAgent({
    ...through,
    connect,
    httpProxy: http ?? '',
    httpsProxy: https ?? '',
    noProxy: bypass.join(','),
  })
}
