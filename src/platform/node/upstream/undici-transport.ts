import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici/index.js'
import type { ProxySettings } from '../../../config/settings.ts'
import type { ByteStream } from '../../../core/byte-stream.ts'
import { isLoopbackHost } from '../../../core/loopback.ts'
import { sliceText } from '../../../core/slice-text.ts'
import type { Transport, TransportRequest } from '../../../providers/transport.ts'
import { Exchange } from './exchange.ts'
import { toReadable } from './to-readable.ts'
import { EnvHttpProxyAgent, Pool, ProxyAgent } from './undici-parts.ts'

export interface UndiciTransport extends Transport {
  /** Closes every connection. */
  close(): Promise<void>
}

/** A longer text is encoded as it is sent: in one step that takes up to a tenth of a second, and as much memory again (R69). */
const encodedLength = 1_048_576
const sliceLength = 256 * 1_024

function toBody({ headers, body }: TransportRequest): Pick<Dispatcher.DispatchOptions, 'headers' | 'body'> {
  if (body === undefined || body instanceof Uint8Array) return { headers, body: body ?? null }
  if (typeof body === 'string' && body.length <= encodedLength) return { headers, body }
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

function* encode(texts: readonly string[]): Generator<Buffer> {
  for (const text of texts) for (const slice of sliceText(text, sliceLength)) yield Buffer.from(slice)
}

/** The connections to an origin, with what they were made for. */
interface KnownRoute {
  readonly connectTimeoutMs: number
  readonly proxy: string | undefined
  readonly dispatcher: Dispatcher
}

const noProxy: ProxySettings = { https: undefined, http: undefined, bypass: [] }

/**
 * Upstream HTTP by undici's `dispatch`: a quarter of the cost of global `fetch`, which builds web objects for each call.
 * A request that undici had not yet written when a reused socket closed is sent again by undici itself; one that was written never is (R20, R23).
 */
export function createUndiciTransport(proxies: ProxySettings = noProxy): UndiciTransport {
  /** By origin. Providers at one origin may differ in their timeout and their proxy. */
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

/** A provider's own proxy, else that of the server, which no call to this machine takes (case B2). Certificates are checked in any case. */
function openRoute(
  origin: string,
  connectTimeoutMs: number,
  proxy: string | undefined,
  { https, http, bypass }: ProxySettings,
): Dispatcher {
  const connect = { timeout: connectTimeoutMs }
  // The pipeline has timers of its own for headers and body; HTTP/2 is left to proxies (S80).
  const options = { headersTimeout: 0, bodyTimeout: 0, allowH2: false }
  const hasGeneral = (https ?? http) !== undefined && !isLoopbackHost(new URL(origin).hostname)
  if (proxy === 'none' || (proxy === undefined && !hasGeneral)) return new Pool(origin, { ...options, connect })
  const through = {
    ...options,
    connectTimeout: connectTimeoutMs,
    requestTls: connect,
    proxyTls: connect,
    // A proxy that takes the connection and is silent is one that cannot be reached.
    clientFactory: (address: URL, own: object) =>
      new Pool(address, { ...own, headersTimeout: connectTimeoutMs, allowH2: false }),
  }
  if (proxy !== undefined) return new ProxyAgent({ ...through, uri: proxy })
  // Empty, since undici would look into the environment of the process for what is left out.
  return new EnvHttpProxyAgent({
    ...through,
    connect,
    httpProxy: http ?? '',
    httpsProxy: https ?? '',
    noProxy: bypass.join(','),
  })
}
