import type { GatewayResponse } from '../../core/gateway-response.ts'
import type { Ports } from '../../pipeline/call/ports.ts'
import { streamBody } from '../../pipeline/call/read-request.ts'
import { type PassthroughRequest, passThrough, passToResponse } from '../../pipeline/pass-through.ts'
import type { OutboundBody } from '../../providers/provider.ts'
import type { IncomingRequest } from '../incoming-request.ts'
import { toUnreadBody } from '../read-call.ts'
import { readCredentials } from '../read-credentials.ts'
import type { RouteRequest } from '../route.ts'

/** Relays an endpoint of OpenAI that Weir does not understand: files, batches, fine-tuning, vector stores, … */
export function handlePassthrough(request: RouteRequest): Promise<GatewayResponse> {
  const { ports } = request
  const provider = ports.registry.passthrough
  if (provider === undefined) throw new Error('no passthrough provider is configured')
  return passThrough(toPassthrough(request), provider, ports)
}

/** Relays a request about one response to the provider that keeps it. */
export function handleKeptResponse(request: RouteRequest): Promise<GatewayResponse> {
  return passToResponse(toPassthrough(request), request.id, request.ports)
}

function toPassthrough({ incoming, trace, ports, target }: RouteRequest): PassthroughRequest {
  return {
    method: incoming.method,
    path: target.apiPath,
    query: target.query,
    headers: incoming.headers(),
    credentials: readCredentials(incoming, ports.settings),
    signal: incoming.gone,
    arrivedAt: incoming.arrivedAt,
    trace,
    releaseWhenSent: incoming.releaseWhenSent,
    defer: incoming.defer,
    body: () => readOutboundBody(incoming, ports),
  }
}

function readOutboundBody(incoming: IncomingRequest, { settings }: Ports): OutboundBody {
  const type = incoming.header('content-type')
  const hasBody =
    incoming.bodyLength !== undefined ? incoming.bodyLength > 0 : incoming.header('transfer-encoding') !== undefined
  if (!hasBody) return { kind: 'none' }
  return {
    kind: 'raw',
    contentType: type,
    length: incoming.bodyLength,
    stream: streamBody(toUnreadBody(incoming), settings.limits.mediaBodyBytes),
  }
}
