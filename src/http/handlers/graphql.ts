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
import { toUnreadBody } from '../read-call.ts'
import { readCredentials } from '../read-credentials.ts'
import { readPublicUrl } from '../read-public-url.ts'
import type { RouteRequest } from '../route.ts'
import { watchResponse } from '../watch-response.ts'

/**
 * Handles GraphQL over HTTP; a subscription streams Server-Sent Events. Authenticates before it reads or parses
 * anything.
 */
export async function handleGraphql({ incoming, ports, trace, target }: RouteRequest): Promise<GatewayResponse> {
  const { method } = incoming
  const credentials = readCredentials(incoming, ports.settings)
  const caller = await authenticate(credentials, ports)
  const isOpen = seesSchema(caller, ports.settings)
  if (isOpen && wantsPage(incoming, target.query)) return toQueryPage(ports.secrets.randomHex(16))
  const bytes = method === 'GET' ? undefined : await readBytes(incoming, ports.settings)
  if (incoming.waitForTick !== undefined) await waitForTurn(bytes?.length ?? 0, incoming, ports)
  const { jsonDepth } = ports.settings.limits
  const params = bytes === undefined ? readQuery(target.query, jsonDepth) : parseJsonBody(bytes, jsonDepth).object
  const handler = await loadHandler(isOpen)
  const response = await handler.handle({
    method,
    accept: incoming.header('accept') ?? '*/*',
    params,
    callContext: {
      caller,
      credentials,
      ports,
      method,
      requestId: trace.requestId,
      arrivedAt: incoming.arrivedAt,
      headers: toCallHeaders(incoming),
      publicUrl: readPublicUrl(incoming, ports.settings),
      signal: incoming.gone,
      releaseWhenSent: incoming.releaseWhenSent,
      defer: (work) => incoming.defer(work),
    },
    onDefect: (error) => void recordFailure(trace, error, incoming.gone),
  })
  const rendered = await renderResponse(response, trace)
  // The writer of a stream cancels it if the client has disconnected, which closes the records of its calls.
  if (incoming.gone.aborted && !isByteStream(rendered.body)) throw incoming.gone.reason
  return rendered
}

/** Reads the body with its query, variables and so on. */
async function readBytes(incoming: IncomingRequest, { limits }: Settings): Promise<Uint8Array> {
  // S29: a content type that a form can send is refused, because a browser sends forms to any site without a preflight.
  if (!/^application\/(graphql\+)?json *(;|$)/i.test(incoming.header('content-type') ?? ''))
    throw new GatewayError('unsupported_media_type', 'Send the body with `content-type: application/json`.')
  return await readBody(toUnreadBody(incoming), Math.min(limits.bodyBytes, graphqlLimits.bodyBytes))
}

/** Reads query, variables and so on from the URL. */
function readQuery(query: string, jsonDepth: number): JsonObject {
  const params = new URLSearchParams(query)
  const readObject = (name: string) => {
    const json = params.get(name)
    return json === null ? undefined : parseJsonBody(new TextEncoder().encode(json), jsonDepth).object
  }
  return {
    query: params.get('query') ?? undefined,
    operationName: params.get('operationName') ?? undefined,
    variables: readObject('variables'),
    extensions: readObject('extensions'),
  }
}

/**
 * Queues a request until it may parse; its bytes count as buffered memory meanwhile. Rejects with GatewayError
 * `overloaded`, or with the abort reason if the client disconnects.
 */
async function waitForTurn(bytes: number, incoming: IncomingRequest, { buffers }: Ports): Promise<void> {
  const share = buffers.open()
  share.require(bytes)
  await incoming.waitForTick?.()
  share.release()
  if (incoming.gone.aborted) throw incoming.gone.reason
}

/** Returns true for a browser that opens the path as a page; a query in the URL is executed instead. */
function wantsPage(incoming: IncomingRequest, query: string): boolean {
  const isPage = incoming.header('accept')?.includes('text/html') === true
  return incoming.method === 'GET' && isPage && !new URLSearchParams(query).has('query')
}

/** S25, case B7: `auto` shows the schema and the query page to a caller on this machine and to the holder of TOKEN. */
function seesSchema({ keyId }: Caller, { graphql }: Settings): boolean {
  if (graphql.introspection !== 'auto') return graphql.introspection
  return keyId === 'local' || keyId === 'token'
}

/** Handlers by `isOpen`. They hold no state of a server. */
const handlers = new Map<boolean, GraphqlHandler>()

/** Loads the handler at first use, because it takes a Worker longer to start than all the rest. */
async function loadHandler(isOpen: boolean): Promise<GraphqlHandler> {
  const known = handlers.get(isOpen)
  if (known !== undefined) return known
  const { createGraphqlHandler } = await import('../../graphql/graphql-handler.ts')
  const handler = handlers.get(isOpen) ?? createGraphqlHandler(isOpen)
  handlers.set(isOpen, handler)
  return handler
}

/** Drops the idempotency key: one request may make several calls, which the key would merge into one. */
function toCallHeaders(incoming: IncomingRequest): CallerHeaders {
  const { 'idempotency-key': _key, ...headers } = incoming.headers()
  return { ...headers, accept: 'application/json, text/event-stream' }
}

/** Converts Yoga's response. Finishes the trace of a refused request, and that of a stream when the stream ends. */
async function renderResponse(response: Response, trace: CallTrace): Promise<GatewayResponse> {
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
    (cause) => new GatewayError('internal', 'The event stream of the subscription ended early.', { cause }),
  )
  return {
    status,
    headers: { ...headers, ...eventStreamHeaders },
    body: watchResponse(events, trace, renderLastEvents),
  }
}

/**
 * Renders the last events of a stream that the server ends early.
 * Source: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md#distinct-connections-mode
 */
function renderLastEvents(error: GatewayError): string {
  return `event: next\ndata: ${toErrorResponse(error, 'graphql', '').body}\n\nevent: complete\ndata:\n\n`
}
