import { type Answer, isByteStream } from '../core/answer.ts'
import type { Operation } from '../openai/operations.ts'
import type { ParsedJsonBody } from '../openai/parse-json-body.ts'
import type { Call } from '../pipeline/call.ts'
import { createCallTrace } from '../pipeline/call-trace.ts'
import { handleCall } from '../pipeline/handle-call.ts'
import { recordFailure } from '../pipeline/record-failure.ts'
import { toCallRequest } from '../pipeline/to-call-request.ts'
import type { GraphqlVisit } from './graphql-visit.ts'

/** What a resolver asks of a model. */
export interface CallPlan {
  readonly operation: Operation
  readonly body: ParsedJsonBody
  readonly sessionId?: string | undefined
  readonly onKept?: Call['onKept']
}

/** Makes one call of a GraphQL request, which may hold several: each gets its own record. Rejects with GatewayError. */
export async function runCall({ operation, body, sessionId, onKept }: CallPlan, visit: GraphqlVisit): Promise<Answer> {
  const { credentials, headers, signal, publicUrl, ports, requestId, method, arrivedAt } = visit
  const trace = createCallTrace({ requestId, method, arrivedAt, clock: ports.clock, log: ports.log })
  trace.add({ route: operation.name })
  const call: Call = {
    ...{ operation, credentials, headers, signal, publicUrl, trace, sessionId, query: '' },
    ...(onKept !== undefined && { onKept }),
    defer: (work) => visit.defer(work),
    read: async () => toCallRequest(body, operation),
  }
  try {
    const answer = await handleCall(call, ports)
    const { status, body } = answer
    if (!isByteStream(body)) trace.finish(status < 400 ? 'ok' : 'upstream_error', { status, bytesOut: body.length })
    return answer
  } catch (thrown) {
    throw recordFailure(trace, thrown, signal) ?? thrown
  }
}
