import { GatewayError } from '../../core/errors.ts'
import { fromReadable } from '../../core/from-readable.ts'
import type { Inbound } from '../../http/inbound.ts'

/** A request of workerd in Weir's terms, and the switch to throw when its caller has left. */
export function toInbound(
  request: Request,
  context: ExecutionContext,
): { readonly inbound: Inbound; readonly leave: () => void } {
  const gone = new AbortController()
  request.signal.addEventListener('abort', () => gone.abort())
  const url = new URL(request.url)
  const length = request.headers.get('content-length')
  const inbound: Inbound = {
    method: request.method,
    scheme: url.protocol === 'https:' ? 'https' : 'http',
    target: url.pathname + url.search,
    header: (name) => request.headers.get(name) ?? undefined,
    headerNames: () => [...request.headers.keys()],
    bodyLength: length === null ? undefined : Number(length),
    body: () => fromReadable(request.body, toBrokenBody),
    gone: gone.signal,
    defer: (work) => context.waitUntil(work),
    isLoopback: false,
    // Cloudflare sets it on every request, over whatever a caller wrote there.
    address: request.headers.get('cf-connecting-ip') ?? undefined,
    arrivedAt: performance.now(),
  }
  return { inbound, leave: () => gone.abort() }
}

function toBrokenBody(cause: unknown): GatewayError {
  return new GatewayError('bad_request', 'The body ended before its announced length.', { cause })
}
