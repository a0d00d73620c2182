import type { Settings } from '../config/settings.ts'
import { type Answer, countBytes, isByteStream } from '../core/answer.ts'
import { GatewayError } from '../core/errors.ts'
import { fromReadable } from '../core/from-readable.ts'
import type { JsonObject } from '../core/json.ts'
import type { GraphqlHandler } from '../graphql/create-graphql-handler.ts'
import { parseJsonBody } from '../openai/parse-json-body.ts'
import { authenticate } from '../pipeline/authenticate.ts'
import { recordFailure } from '../pipeline/record-failure.ts'
import { eventStreamHeaders } from '../sse/event-stream.ts'
import { readForwardedHeaders } from './forwarded-headers.ts'
import type { Inbound } from './inbound.ts'
import { readBody } from './read-body.ts'
import { readCredentials, refuseKeyInUrl } from './read-credentials.ts'
import { readPublicUrl } from './read-public-url.ts'
import type { Target } from './read-target.ts'
import type { Visit } from './visit.ts'
import { watchGraphqlStream } from './watch-graphql-stream.ts'

export function isGraphqlPath(path: string): boolean {
  return path === '/graphql'
}

/** GraphQL over HTTP; replies that are streamed come as Server-Sent Events. The caller is known before anything is read or parsed. */
export async function answerGraphql({ inbound, ports, trace }: Visit, { query }: Target): Promise<Answer> {
  const { method } = inbound
  trace.add({ route: 'graphql' })
  if (method !== 'POST' && method !== 'GET') {
    throw new GatewayError('method_not_allowed', 'This endpoint takes POST, and GET for queries.', {
      headers: { allow: 'GET, POST, OPTIONS' },
    })
  }
  refuseKeyInUrl(query)
  const credentials = readCredentials(inbound)
  const caller = authenticate(credentials, ports)
  const params = method === 'GET' ? readQuery(query, ports.settings) : await readPost(inbound, ports.settings)
  const handler = await loadHandler(ports.settings)
  const response = await handler.handle({
    method,
    accept: inbound.header('accept') ?? '*/*',
    params,
    visit: {
      ...{ caller, credentials, ports, method, requestId: trace.requestId, arrivedAt: inbound.arrivedAt },
      headers: toCallHeaders(inbound),
      publicUrl: readPublicUrl(inbound, ports.settings),
      signal: inbound.gone,
      defer: (work) => inbound.defer(work),
    },
    onDefect: (error) => void recordFailure(trace, error, inbound.gone),
  })
  const answer = await toAnswer(response, trace)
  // A stream is cancelled by whoever finds that nobody reads it, which closes the records of its calls.
  if (inbound.gone.aborted && !isByteStream(answer.body)) throw inbound.gone.reason
  return answer
}

/**
 * True on a machine of one's own: a server that has neither TOKEN nor ALLOW_ANONYMOUS serves nobody else. Only there the schema is shown
 * and a page offered on which queries can be tried (S25).
 */
export function isDevelopment({ access }: Settings): boolean {
  return access.token === undefined && !access.allowAnonymous
}

const handlers = new WeakMap<Settings, GraphqlHandler>()

/** Loaded when it is first wanted, since it takes a Worker longer to start than all the rest. */
async function loadHandler(settings: Settings): Promise<GraphqlHandler> {
  const known = handlers.get(settings)
  if (known !== undefined) return known
  const { createGraphqlHandler } = await import('../graphql/create-graphql-handler.ts')
  const handler = handlers.get(settings) ?? createGraphqlHandler(isDevelopment(settings))
  handlers.set(settings, handler)
  return handler
}

/** S29: what a form can send is refused, since a browser sends forms to any site without asking it. */
async function readPost(inbound: Inbound, { limits }: Settings): Promise<JsonObject> {
  if (!/^application\/(graphql\+)?json *(;|$)/i.test(inbound.header('content-type') ?? '')) {
    throw new GatewayError('unsupported_media_type', 'Send the body with `content-type: application/json`.')
  }
  return parseJsonBody(await readBody(inbound, limits.bodyBytes), limits.jsonDepth).object
}

function readQuery(query: string, { limits }: Settings): JsonObject {
  const params = new URLSearchParams(query)
  const readObject = (name: string) => {
    const text = params.get(name)
    return text === null ? undefined : parseJsonBody(new TextEncoder().encode(text), limits.jsonDepth).object
  }
  return {
    query: params.get('query') ?? undefined,
    operationName: params.get('operationName') ?? undefined,
    variables: readObject('variables'),
    extensions: readObject('extensions'),
  }
}

/** One request may make several calls, so that an idempotency key would make them one. */
function toCallHeaders(inbound: Inbound): Readonly<Record<string, string>> {
  const { 'idempotency-key': _key, ...headers } = readForwardedHeaders(inbound)
  return { ...headers, accept: 'application/json, text/event-stream' }
}

async function toAnswer(response: Response, trace: Visit['trace']): Promise<Answer> {
  const { status } = response
  const type = response.headers.get('content-type') ?? 'text/plain; charset=utf-8'
  const allow = response.headers.get('allow')
  const headers = { 'content-type': type, ...(allow !== null && { allow }) }
  if (!type.startsWith('text/event-stream')) {
    const body = await response.text()
    if (status >= 400) trace.finish('rejected', { status, bytesOut: countBytes(body) })
    return { status, headers, body }
  }
  return {
    status,
    headers: { ...headers, ...eventStreamHeaders },
    body: watchGraphqlStream(fromReadable(response.body, toInterruption), trace),
  }
}

function toInterruption(cause: unknown): GatewayError {
  return new GatewayError('internal', 'The events of the subscription broke off.', { cause })
}
