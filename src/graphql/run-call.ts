import { type Answer, isByteStream } from '../core/answer.ts'
import type { Operation } from '../dialects/operations.ts'
import type { ParsedJsonBody } from '../openai/parse-json-body.ts'
import type { Call } from '../pipeline/call/call.ts'
import { createCallTrace } from '../pipeline/call/call-trace.ts'
import { recordFailure } from '../pipeline/call/failure.ts'
import { toCallRequest } from '../pipeline/call/read-request.ts'
import { handleCall } from '../pipeline/handle-call.ts'
import type { GraphqlVisit } from './graphql-visit.ts'

/** The question of a resolver to a model. */
export interface CallPlan {
  readonly operation: Operation
  readonly body: ParsedJsonBody
  readonly sessionId?: string | undefined
  readonly stages?: Call['stages']
  readonly onStored?: Call['onStored']
}

/** Makes one call of a GraphQL request, which may hold several: each gets its own record. Rejects with GatewayError. */
export async function runCall(plan: CallPlan, visit: GraphqlVisit): Promise<Answer> {
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
      arrivedAt,
      trace,
      publicUrl,
      sessionId,
      stages,
      holdsHeaders: false,
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
