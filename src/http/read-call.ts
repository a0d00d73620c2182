import type { Settings } from '../config/settings.ts'
import type { Operation } from '../dialects/operations.ts'
import type { Call, UnreadBody } from '../pipeline/call/call.ts'
import type { CallTrace } from '../pipeline/call/call-trace.ts'
import type { Ports } from '../pipeline/call/ports.ts'
import type { Stage } from '../pipeline/call/stage.ts'
import type { IncomingRequest } from './incoming-request.ts'
import { readCredentials } from './read-credentials.ts'

interface CallRoute {
  readonly operation: Operation
  readonly query: string
  readonly deployment?: string | undefined
  readonly trace: CallTrace
}

const noStages: readonly Stage[] = []

/** Converts a request for a known operation to a call. Reads nothing of the body. */
export function readCall(
  inbound: IncomingRequest,
  { operation, query, deployment, trace }: CallRoute,
  ports: Ports,
): Call {
  return {
    operation,
    query,
    deployment,
    trace,
    credentials: readCredentials(inbound, ports.settings),
    body: toUnreadBody(inbound),
    headers: inbound.headers(),
    signal: inbound.gone,
    arrivedAt: inbound.arrivedAt,
    publicUrl: readPublicUrl(inbound, ports.settings),
    sessionId: readSessionId(inbound),
    metadata: inbound.header('cf-aig-metadata'),
    idempotencyKey: inbound.header('idempotency-key'),
    stages: noStages,
    holdsHeaders: true,
    untilSent: inbound.untilSent,
    defer: inbound.defer,
  }
}

/** Wraps a request's body without reading it. */
export function toUnreadBody(inbound: IncomingRequest): UnreadBody {
  return {
    kind: 'unread',
    contentType: inbound.header('content-type') ?? '',
    contentEncoding: inbound.header('content-encoding'),
    length: inbound.bodyLength,
    stream: () => inbound.body(),
  }
}

/**
 * Returns the configured public URL, or scheme and host under which this caller reached the server. A value that the
 * caller claims is only sent back to the same caller. Returns '' for a missing or malformed host, which makes URLs
 * relative.
 */
export function readPublicUrl(inbound: IncomingRequest, { server }: Settings): string {
  if (server.publicUrl !== undefined) return server.publicUrl
  const host = inbound.header('host')
  if (host === undefined || !/^([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i.test(host)) return ''
  // TLS often ends at a proxy, which reports it in this header.
  const scheme = inbound.header('x-forwarded-proto')?.split(',', 1)[0]?.trim().toLowerCase()
  return `${scheme === 'https' ? 'https' : inbound.scheme}://${host}`
}

/** Reads a session id. Other clients use this header for their own routing ids; only Weir's ids name a session. */
function readSessionId(inbound: IncomingRequest): string | undefined {
  const id = inbound.header('x-session-id')
  return id !== undefined && /^session_[0-9a-z_]{1,64}$/i.test(id) ? id : undefined
}
