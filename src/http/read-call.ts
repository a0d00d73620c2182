import type { Operation } from '../dialects/operations.ts'
import type { Call, UnreadBody } from '../pipeline/call/call.ts'
import type { CallTrace } from '../pipeline/call/call-trace.ts'
import type { Ports } from '../pipeline/call/ports.ts'
import type { Stage } from '../pipeline/call/stage.ts'
import { readForwardedHeaders } from './forwarded-headers.ts'
import type { Inbound } from './inbound.ts'
import { readCredentials } from './read-credentials.ts'
import { readPublicUrl } from './read-public-url.ts'

export interface CallRoute {
  readonly operation: Operation
  readonly query: string
  readonly trace: CallTrace
}

const noStages: readonly Stage[] = []

/** Puts a request for a known operation into Weir's own terms. Nothing of the body is read yet. */
export function readCall(inbound: Inbound, { operation, query, trace }: CallRoute, ports: Ports): Call {
  return {
    operation,
    query,
    trace,
    credentials: readCredentials(inbound, ports.settings),
    body: toUnreadBody(inbound),
    headers: readForwardedHeaders(inbound),
    signal: inbound.gone,
    arrivedAt: inbound.arrivedAt,
    publicUrl: readPublicUrl(inbound, ports.settings),
    sessionId: readSessionId(inbound),
    metadata: inbound.header('cf-aig-metadata'),
    idempotencyKey: inbound.header('idempotency-key'),
    stages: noStages,
    holdsHeaders: true,
    defer: inbound.defer,
  }
}

/** A request's body, of which nothing is read yet. */
export function toUnreadBody(inbound: Inbound): UnreadBody {
  return {
    kind: 'unread',
    contentType: inbound.header('content-type') ?? '',
    contentEncoding: inbound.header('content-encoding'),
    length: inbound.bodyLength,
    stream: () => inbound.body(),
  }
}

/** Other clients send ids of their own in this header, to be routed alike; only Weir's name a session. */
function readSessionId(inbound: Inbound): string | undefined {
  const id = inbound.header('x-session-id')
  return id !== undefined && /^session_[0-9a-z_]{1,64}$/i.test(id) ? id : undefined
}
