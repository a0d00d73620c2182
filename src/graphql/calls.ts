import { GatewayError } from '../core/errors.ts'
import { type GatewayResponse, isByteStream, toText } from '../core/gateway-response.ts'
import { parseJsonObject } from '../core/json.ts'
import type { Operation } from '../dialects/operations.ts'
import type { ParsedJsonBody } from '../openai/parse-json-body.ts'
import type { Call, Caller } from '../pipeline/call/call.ts'
import { createCallTrace } from '../pipeline/call/call-trace.ts'
import { recordFailure } from '../pipeline/call/failure.ts'
import type { Ports } from '../pipeline/call/ports.ts'
import { toCallRequest } from '../pipeline/call/read-request.ts'
import { handleCall } from '../pipeline/handle-call.ts'
import { toUpstreamError } from './errors.ts'

/** One GraphQL request whose caller is known: the facts that all of its calls share. */
export interface GraphqlCallContext
  extends Pick<Call, 'credentials' | 'headers' | 'signal' | 'publicUrl' | 'untilSent' | 'defer'> {
  readonly caller: Caller
  readonly ports: Ports
  readonly method: string
  readonly requestId: string
  /** Milliseconds, monotonic. */
  readonly arrivedAt: number
}

/** The question of a resolver to a model. */
export interface CallPlan {
  readonly operation: Operation
  readonly body: ParsedJsonBody
  readonly sessionId?: string | undefined
  readonly stages?: Call['stages']
  readonly onStored?: Call['onStored']
}

/** A body of the fields that were given. GraphQL's null says that a field was left out. */
export function toJsonBody(fields: Readonly<Record<string, unknown>>): ParsedJsonBody {
  const object = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined))
  return { text: JSON.stringify(object), object }
}

/** Makes one call of a GraphQL request, which may hold several: each gets its own record. Rejects with GatewayError. */
export async function runCall(plan: CallPlan, visit: GraphqlCallContext): Promise<GatewayResponse> {
  const { operation, body, sessionId, stages = [], onStored } = plan
  const { caller, credentials, headers, signal, publicUrl, ports, requestId, method, arrivedAt } = visit
  const trace = createCallTrace({ requestId, method, arrivedAt, clock: ports.clock, log: ports.log })
  trace.add({ route: operation.name })
  try {
    const call: Call = {
      operation,
      credentials,
      caller,
      body: { kind: 'read', request: toCallRequest(body, operation) },
      query: '',
      headers,
      signal,
      untilSent: visit.untilSent,
      arrivedAt,
      trace,
      publicUrl,
      sessionId,
      stages,
      holdsHeaders: false,
      isLegacy: true,
      ...(onStored !== undefined && { onStored }),
      defer: (work) => visit.defer(work),
    }
    const answering = handleCall(call, ports)
    const ignore = () => {}
    // A GraphQL answer may be on its way already, and a Worker drops what nothing waits for.
    visit.defer(answering.then(ignore, ignore))
    const answer = await answering
    if (!isByteStream(answer.body)) {
      const { status } = answer
      trace.finish(status < 400 ? 'ok' : 'upstream_error', { status, bytesOut: answer.body.length })
    }
    return answer
  } catch (thrown) {
    throw recordFailure(trace, thrown, signal) ?? thrown
  }
}

/** The text of an answer that is whole and no refusal. Throws GraphQLError, or GatewayError `upstream_invalid_answer`. */
export function readAnswer({ status, body }: GatewayResponse): string {
  if (isByteStream(body)) {
    body.cancel()
    throw new GatewayError('upstream_invalid_answer', 'The provider answered with a stream where none was asked for.')
  }
  const text = toText(body)
  if (status >= 400) throw toUpstreamError(parseJsonObject(text), status)
  return text
}
