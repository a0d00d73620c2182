import type { Operation } from '../dialects/operations.ts'
import type { Call, UnreadBody } from '../pipeline/call/call.ts'
import type { CallTrace } from '../pipeline/call/call-trace.ts'
import type { Ports } from '../pipeline/call/ports.ts'
import type { Stage } from '../pipeline/call/stage.ts'
import type { IncomingRequest } from './incoming-request.ts'
import { readCredentials } from './read-credentials.ts'
import { readPublicUrl } from './read-public-url.ts'

interface CallRoute {
  readonly operation: Operation
  readonly query: string
  readonly deployment?: string | undefined
  readonly isStreamPath?: boolean
  readonly urlKey?: string | undefined
  readonly trace: CallTrace
}

const noStages: readonly Stage[] = []

/** Converts a request for a known operation to a call. Reads nothing of the body. */
export function readCall(
  incoming: IncomingRequest,
  { operation, query, deployment, isStreamPath, urlKey, trace }: CallRoute,
  ports: Ports,
): Call {
  return {
    operation,
    query,
    deployment,
    isStreamPath,
    trace,
    credentials: readCredentials(incoming, ports.settings, urlKey),
    body: toUnreadBody(incoming),
    headers: incoming.headers(),
    signal: incoming.gone,
    arrivedAt: incoming.arrivedAt,
    publicUrl: readPublicUrl(incoming, ports.settings),
    sessionId: readSessionId(incoming),
    metadata: incoming.header('cf-aig-metadata'),
    idempotencyKey: incoming.header('idempotency-key'),
    stages: noStages,
    holdsHeaders: true,
    releaseWhenSent: incoming.releaseWhenSent,
    defer: incoming.defer,
  }
}

/** Wraps a request's body without reading it. */
export function toUnreadBody(incoming: IncomingRequest): UnreadBody {
  return {
    kind: 'unread',
    contentType: incoming.header('content-type') ?? '',
    contentEncoding: incoming.header('content-encoding'),
    length: incoming.bodyLength,
    stream: () => incoming.body(),
  }
}

/** Reads a session id. Other clients use this header for their own routing ids; only Weir's ids name a session. */
function readSessionId(incoming: IncomingRequest): string | undefined {
  const id = incoming.header('x-session-id')
  return id !== undefined && /^session_[0-9a-z_]{1,64}$/i.test(id) ? id : undefined
}
