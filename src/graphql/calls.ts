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

/** One authenticated GraphQL request: the fields that all its calls share. */
export interface GraphqlCallContext
  extends Pick<Call, 'credentials' | 'headers' | 'signal' | 'publicUrl' | 'releaseWhenSent' | 'defer'> {
  readonly caller: Caller
  readonly ports: Ports
  readonly method: string
  readonly requestId: string
  /** Monotonic time of arrival in milliseconds. */
  readonly arrivedAt: number
}

/** A model call that a resolver requests. */
export interface CallPlan {
  readonly operation: Operation
  readonly body: ParsedJsonBody
  readonly sessionId?: string | undefined
  readonly stages?: Call['stages']
  readonly onStored?: Call['onStored']
}

/** Builds a body from the given fields. A null from GraphQL counts as an omitted field. */
export function toJsonBody(fields: Readonly<Record<string, unknown>>): ParsedJsonBody {
  const object = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined))
  return { text: JSON.stringify(object), object }
}

/** Runs one call of a GraphQL request. Each call gets its own record. Rejects with GatewayError. */
export async function runCall(plan: CallPlan, context: GraphqlCallContext): Promise<GatewayResponse> {
  const { operation, body, sessionId, stages = [], onStored } = plan
  const { caller, credentials, headers, signal, publicUrl, ports, requestId, method, arrivedAt } = context
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
      releaseWhenSent: context.releaseWhenSent,
      arrivedAt,
      trace,
      publicUrl,
      sessionId,
      stages,
      holdsHeaders: false,
      isLegacy: true,
      ...(onStored !== undefined && { onStored }),
      defer: (work) => context.defer(work),
    }
    const pending = handleCall(call, ports)
    const ignore = () => {}
    // The GraphQL response may already be sent, and a Worker drops work that is not deferred.
    context.defer(pending.then(ignore, ignore))
    const response = await pending
    if (!isByteStream(response.body)) {
      const { status } = response
      trace.finish(status < 400 ? 'ok' : 'upstream_error', { status, bytesOut: response.body.length })
    }
    return response
  } catch (thrown) {
    throw recordFailure(trace, thrown, signal) ?? thrown
  }
}

/**
 * Reads the body of a successful response that is not a stream. Throws GraphQLError, or GatewayError
 * `upstream_invalid_answer`.
 */
export function readResponse({ status, body }: GatewayResponse): string {
  if (isByteStream(body)) {
    body.cancel()
    throw new GatewayError(
      'upstream_invalid_answer',
      'The provider returned a stream to a request without `stream: true`.',
    )
  }
  const json = toText(body)
  if (status >= 400) throw toUpstreamError(parseJsonObject(json), status)
  return json
}
