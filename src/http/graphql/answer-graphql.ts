import { type Answer, isByteStream } from '../../core/answer.ts'
import type { GraphqlHandler } from '../../graphql/graphql-handler.ts'
import { authenticate } from '../../pipeline/access/authenticate.ts'
import type { Caller } from '../../pipeline/call/call.ts'
import { recordFailure } from '../../pipeline/call/failure.ts'
import { readForwardedHeaders } from '../forwarded-headers.ts'
import type { Inbound } from '../inbound.ts'
import { readCredentials } from '../read-credentials.ts'
import { readPublicUrl } from '../read-public-url.ts'
import type { RouteRequest } from '../route.ts'
import { readGraphqlParams } from './read-graphql-params.ts'
import { toGraphqlAnswer } from './to-graphql-answer.ts'

/** GraphQL over HTTP; replies that are streamed come as Server-Sent Events. The caller is known before anything is read or parsed. */
export async function answerGraphql({ inbound, ports, trace, target }: RouteRequest): Promise<Answer> {
  const { method } = inbound
  const credentials = readCredentials(inbound, ports.settings)
  const caller = await authenticate(credentials, ports)
  const params = await readGraphqlParams(inbound, target.query, ports.settings)
  const handler = await loadHandler(isDeveloper(caller))
  const response = await handler.handle({
    method,
    accept: inbound.header('accept') ?? '*/*',
    params,
    visit: {
      caller,
      credentials,
      ports,
      method,
      requestId: trace.requestId,
      arrivedAt: inbound.arrivedAt,
      headers: toCallHeaders(inbound),
      publicUrl: readPublicUrl(inbound, ports.settings),
      signal: inbound.gone,
      defer: (work) => inbound.defer(work),
    },
    onDefect: (error) => void recordFailure(trace, error, inbound.gone),
  })
  const answer = await toGraphqlAnswer(response, trace)
  // A stream is cancelled by whoever finds that nobody reads it, which closes the records of its calls.
  if (inbound.gone.aborted && !isByteStream(answer.body)) throw inbound.gone.reason
  return answer
}

/** S25: the schema is shown, and a page offered on which queries can be tried, only to who calls from the machine itself without a key. */
function isDeveloper({ keyId }: Caller): boolean {
  return keyId === 'local'
}

/** By whether they show the schema. Neither holds anything of a server's. */
const handlers = new Map<boolean, GraphqlHandler>()

/** Loaded when it is first wanted, since it takes a Worker longer to start than all the rest. */
async function loadHandler(isOpen: boolean): Promise<GraphqlHandler> {
  const known = handlers.get(isOpen)
  if (known !== undefined) return known
  const { createGraphqlHandler } = await import('../../graphql/graphql-handler.ts')
  const handler = handlers.get(isOpen) ?? createGraphqlHandler(isOpen)
  handlers.set(isOpen, handler)
  return handler
}

/** One request may make several calls, so that an idempotency key would make them one. */
function toCallHeaders(inbound: Inbound): Readonly<Record<string, string>> {
  const { 'idempotency-key': _key, ...headers } = readForwardedHeaders(inbound)
  return { ...headers, accept: 'application/json, text/event-stream' }
}
