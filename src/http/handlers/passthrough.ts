import type { GatewayResponse } from '../../core/gateway-response.ts'
import type { Ports } from '../../pipeline/call/ports.ts'
import { streamBody } from '../../pipeline/call/read-request.ts'
import { passThrough } from '../../pipeline/pass-through.ts'
import type { OutboundBody } from '../../providers/provider.ts'
import type { IncomingRequest } from '../incoming-request.ts'
import { toUnreadBody } from '../read-call.ts'
import { readCredentials } from '../read-credentials.ts'
import type { RouteRequest } from '../route.ts'

/** Relays an endpoint of OpenAI that Weir does not understand: files, batches, fine-tuning, vector stores, … */
export function handlePassthrough({ inbound, trace, ports, target }: RouteRequest): Promise<GatewayResponse> {
  const provider = ports.registry.passthrough
  if (provider === undefined) throw new Error('no passthrough provider is configured')
  const request = {
    method: inbound.method,
    path: target.apiPath,
    query: target.query,
    headers: inbound.headers(),
    credentials: readCredentials(inbound, ports.settings),
    signal: inbound.gone,
    arrivedAt: inbound.arrivedAt,
    trace,
    untilSent: inbound.untilSent,
    defer: inbound.defer,
    body: () => readOutboundBody(inbound, ports),
  }
  return passThrough(request, provider, ports)
}

function readOutboundBody(inbound: IncomingRequest, { settings }: Ports): OutboundBody {
  const type = inbound.header('content-type')
  const hasBody =
    inbound.bodyLength !== undefined ? inbound.bodyLength > 0 : inbound.header('transfer-encoding') !== undefined
  if (!hasBody) return { kind: 'none' }
  return {
    kind: 'raw',
    contentType: type,
    length: inbound.bodyLength,
    stream: streamBody(toUnreadBody(inbound), settings.limits.mediaBodyBytes),
  }
}
