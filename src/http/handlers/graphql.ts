import type { Settings } from '../../config/settings.ts'
import { fromReadable } from '../../core/byte-stream.ts'
import { GatewayError } from '../../core/errors.ts'
import { countBytes, type GatewayResponse, isByteStream } from '../../core/gateway-response.ts'
import type { JsonObject } from '../../core/json.ts'
import type { GraphqlHandler } from '../../graphql/graphql-handler.ts'
import { limits as graphqlLimits } from '../../graphql/limits.ts'
import { parseJsonBody } from '../../openai/parse-json-body.ts'
import { authenticate } from '../../pipeline/access/authenticate.ts'
import type { Caller } from '../../pipeline/call/call.ts'
import type { CallTrace } from '../../pipeline/call/call-trace.ts'
import { recordFailure } from '../../pipeline/call/failure.ts'
import type { Ports } from '../../pipeline/call/ports.ts'
import { readBody } from '../../pipeline/call/read-request.ts'
import type { CallerHeaders } from '../../providers/forward-headers.ts'
import { eventStreamHeaders } from '../../sse/event-stream.ts'
import { toErrorResponse } from '../error-response.ts'
import type { IncomingRequest } from '../incoming-request.ts'
import { toQueryPage } from '../query-page.ts'
import { readPublicUrl, toUnreadBody } from '../read-call.ts'
import { readCredentials } from '../read-credentials.ts'
import type { RouteRequest } from '../route.ts'
import { watchResponse } from '../watch-response.ts'

/** GraphQL over HTTP; a streamed answer comes as Server-Sent Events. The caller is known before anything is read or parsed. */
export async function answerGraphql({ inbound, ports, trace, target }: RouteRequest): Promise<GatewayResponse> {
  const { method } = inbound
  const credentials = readCredentials(inbound, ports.settings)
  const caller = await authenticate(credentials, ports)
  const isOpen = seesSchema(caller, ports.settings)
  if (isOpen && wantsPage(inbound, target.query)) return toQueryPage(ports.secrets.randomHex(16))
  const bytes = method === 'GET' ? undefined : await readBytes(inbound, ports.settings)
  if (inbound.untilTurn !== undefined) await takeTurn(bytes?.length ?? 0, inbound, ports)
  const { jsonDepth } = ports.settings.limits
  const params = bytes === undefined ? readQuery(target.query, jsonDepth) : parseJsonBody(bytes, jsonDepth).object
  const handler = await loadHandler(isOpen)
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
      untilSent: inbound.untilSent,
      defer: (work) => inbound.defer(work),
    },
    onDefect: (error) => void recordFailure(trace, error, inbound.gone),
  })
  const answer = await toAnswer(response, trace)
  // A stream without a reader is cancelled by its writer, which closes the records of its calls.
  if (inbound.gone.aborted && !isByteStream(answer.body)) throw inbound.gone.reason
  return answer
}

/** The body, which has query, variables and so on. */
async function readBytes(inbound: IncomingRequest, { limits }: Settings): Promise<Uint8Array> {
  // S29: requests that a form can send are refused, since a browser sends forms to any site without asking it.
  if (!/^application\/(graphql\+)?json *(;|$)/i.test(inbound.header('content-type') ?? ''))
    throw new GatewayError('unsupported_media_type', 'Send the body with `content-type: application/json`.')
  return await readBody(toUnreadBody(inbound), Math.min(limits.bodyBytes, graphqlLimits.bodyBytes))
}

/** Query, variables and so on, from the URL. */
function readQuery(query: string, jsonDepth: number): JsonObject {
  const params = new URLSearchParams(query)
  const readObject = (name: string) => {
    const text = params.get(name)
    return text === null ? undefined : parseJsonBody(new TextEncoder().encode(text), jsonDepth).object
  }
  return {
    query: params.get('query') ?? undefined,
    operationName: params.get('operationName') ?? undefined,
    variables: readObject('variables'),
    extensions: readObject('extensions'),
  }
}

/** Waits for the turn of a request, whose bytes count meanwhile. Rejects with GatewayError `overloaded`, and where its caller has left. */
async function takeTurn(bytes: number, inbound: IncomingRequest, { buffers }: Ports): Promise<void> {
  const share = buffers.open()
  share.require(bytes)
  await inbound.untilTurn?.()
  share.giveBack()
  if (inbound.gone.aborted) throw inbound.gone.reason
}

/** As a browser asks for what its user opens; a query in the URL is answered. */
function wantsPage(inbound: IncomingRequest, query: string): boolean {
  const isPage = inbound.header('accept')?.includes('text/html') === true
  return inbound.method === 'GET' && isPage && !new URLSearchParams(query).has('query')
}

/** S25, case B7: `auto` shows the schema, and a page for trying queries, to a caller on the machine itself and to the holder of the token. */
function seesSchema({ keyId }: Caller, { graphql }: Settings): boolean {
  if (graphql.introspection !== 'auto') return graphql.introspection
  return keyId === 'local' || keyId === 'token'
}

/** By whether they show the schema. Neither holds anything of a server's. */
const handlers = new Map<boolean, GraphqlHandler>()

/** Loaded at first use, since it takes a Worker longer to start than all the rest. */
async function loadHandler(isOpen: boolean): Promise<GraphqlHandler> {
  const known = handlers.get(isOpen)
  if (known !== undefined) return known
  const { createGraphqlHandler } = await import('../../graphql/graphql-handler.ts')
  const handler = handlers.get(isOpen) ?? createGraphqlHandler(isOpen)
  handlers.set(isOpen, handler)
  return handler
}

/** One request may make several calls, so that an idempotency key would make them one. */
function toCallHeaders(inbound: IncomingRequest): CallerHeaders {
  const { 'idempotency-key': _key, ...headers } = inbound.headers()
  return { ...headers, accept: 'application/json, text/event-stream' }
}

/** Renders Yoga's response. Closes the trace of a refused request, and of a stream when that ends. */
async function toAnswer(response: Response, trace: CallTrace): Promise<GatewayResponse> {
  const { status } = response
  const type = response.headers.get('content-type') ?? 'text/plain; charset=utf-8'
  const allow = response.headers.get('allow')
  const headers = { 'content-type': type, ...(allow !== null && { allow }) }
  if (!type.startsWith('text/event-stream')) {
    const body = await response.text()
    if (status >= 400) trace.finish('rejected', { status, bytesOut: countBytes(body) })
    return { status, headers, body }
  }
  const events = fromReadable(
    response.body,
    (cause) => new GatewayError('internal', 'The events of the subscription broke off.', { cause }),
  )
  return {
    status,
    headers: { ...headers, ...eventStreamHeaders },
    body: watchResponse(events, trace, toLastEvents),
  }
}

/**
 * The end of a stream that the server must end.
 * Source: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md#distinct-connections-mode
 */
function toLastEvents(error: GatewayError): string {
  return `event: next\ndata: ${toErrorResponse(error, 'graphql').body}\n\nevent: complete\ndata:\n\n`
}
