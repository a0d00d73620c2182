import { GatewayError } from '../core/errors.ts'
import type { Operation } from '../openai/operations.ts'
import { parseJsonBody } from '../openai/parse-json-body.ts'
import { peekForm } from '../openai/peek-form.ts'
import type { Call, CallRequest, FormBody } from '../pipeline/call.ts'
import type { CallTrace } from '../pipeline/call-trace.ts'
import type { Ports } from '../pipeline/ports.ts'
import { readModel, toCallRequest } from '../pipeline/to-call-request.ts'
import { readForwardedHeaders } from './forwarded-headers.ts'
import type { Inbound } from './inbound.ts'
import { readBody, streamBody } from './read-body.ts'
import { readCredentials } from './read-credentials.ts'
import { readPublicUrl } from './read-public-url.ts'

/** How much of a form is held while its model is looked for, where there is only one place it could go to. */
const formWindowBytes = 64 * 1024

/** Puts a request for a known operation into Weir's own terms. Nothing of the body is read yet. */
export function readCall(inbound: Inbound, { operation, query, trace }: CallRoute, ports: Ports): Call {
  return {
    operation,
    query,
    trace,
    credentials: readCredentials(inbound, ports.settings),
    headers: readForwardedHeaders(inbound),
    signal: inbound.gone,
    publicUrl: readPublicUrl(inbound, ports.settings),
    sessionId: readSessionId(inbound),
    metadata: inbound.header('cf-aig-metadata'),
    idempotencyKey: inbound.header('idempotency-key'),
    defer: inbound.defer,
    read: (needsModel = false) => readRequest(inbound, { operation, needsModel }, ports),
  }
}

/** Other clients send ids of their own in this header, to be routed alike; only Weir's name a session. */
function readSessionId(inbound: Inbound): string | undefined {
  const id = inbound.header('x-session-id')
  return id !== undefined && /^session_[0-9a-z_]{1,64}$/i.test(id) ? id : undefined
}

export interface CallRoute {
  readonly operation: Operation
  readonly query: string
  readonly trace: CallTrace
}

interface ReadPlan {
  readonly operation: Operation
  readonly needsModel: boolean
}

function readRequest(inbound: Inbound, plan: ReadPlan, ports: Ports): Promise<CallRequest> {
  const { operation } = plan
  const type = inbound.header('content-type') ?? ''
  if (type === 'application/json' && operation.body !== 'form') return readJson(inbound, operation, ports)
  const isForm = /^multipart\/form-data\b/i.test(type)
  if (isForm && operation.body !== 'json') return readForm(inbound, plan, type, ports)
  if (isForm || operation.body === 'form' || !/^application\/([a-z.]+\+)?json\b/i.test(type)) {
    throw new GatewayError(
      'unsupported_media_type',
      `Send the body with \`content-type: ${operation.body === 'form' ? 'multipart/form-data' : 'application/json'}\`.`,
    )
  }
  return readJson(inbound, operation, ports)
}

async function readJson(inbound: Inbound, operation: Operation, { settings }: Ports): Promise<CallRequest> {
  const { bodyBytes, mediaBodyBytes, jsonDepth } = settings.limits
  const bytes = await readBody(inbound, operation.media ? mediaBodyBytes : bodyBytes)
  return toCallRequest(parseJsonBody(bytes, jsonDepth), operation)
}

async function readForm(
  inbound: Inbound,
  { operation, needsModel }: ReadPlan,
  type: string,
  { settings, registry }: Ports,
): Promise<CallRequest> {
  const boundary = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(type)
  const name = boundary?.[1] ?? boundary?.[2]
  if (name === undefined)
    throw new GatewayError(
      'unsupported_media_type',
      'The content type names no `boundary`. Let your HTTP client write it.',
    )
  const hasChoice =
    needsModel ||
    registry.providers.length > 1 ||
    registry.providers.some(({ toOwnModel }) => toOwnModel !== undefined) ||
    settings.models.strict ||
    Object.keys(settings.models.aliases).length > 0
  const limit = settings.limits.mediaBodyBytes
  const peek = await peekForm(streamBody(inbound, limit), name, hasChoice ? limit : formWindowBytes)
  const body: FormBody = {
    kind: 'form',
    length: inbound.bodyLength,
    withModel(replacement) {
      const { stream, lengthChange } = peek.toStream(replacement)
      const length = inbound.bodyLength === undefined ? undefined : inbound.bodyLength + lengthChange
      return { kind: 'raw', contentType: type, length, stream }
    },
  }
  const model = hasChoice ? readModel(peek.model, operation) : peek.model
  return { body, model, isStream: false, wantsUsage: true, wantsCost: false }
}
