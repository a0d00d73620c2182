import type { AdminPorts } from '../admin/administration.ts'
import { countBytes, type GatewayResponse, isByteStream } from '../core/gateway-response.ts'
import { createCallTrace } from '../pipeline/call/call-trace.ts'
import { recordFailure } from '../pipeline/call/failure.ts'
import { createCors } from './cors.ts'
import { toErrorResponse } from './error-response.ts'
import type { IncomingRequest } from './incoming-request.ts'
import type { RequestContext } from './route.ts'
import { errorsAt, route } from './router.ts'

/** The gateway as a function from request to response, without sockets. */
export interface App {
  /** Handles a request. Resolves to undefined if the caller disconnected before a response existed. Never rejects. */
  handle(incoming: IncomingRequest): Promise<GatewayResponse | undefined>
  /** Makes `/readyz` return 503 from now on, which stops new traffic. Calls are still served. */
  drain(): void
}

/** Optional parts that a platform adds. */
interface AppExtras {
  readonly findPage?: RequestContext['findPage']
}

/**
 * S57: a shared cache must not store a response. S51: a browser must not sniff another content type, and a response
 * opened as a page must not run on this server's origin, even if a provider sent HTML or SVG (case D11). The start page
 * sets its own policy.
 */
const commonHeaders = {
  'cache-control': 'no-store, private',
  'content-security-policy': "sandbox; default-src 'none'",
  'x-content-type-options': 'nosniff',
}

export function createApp(ports: AdminPorts, { findPage = async () => undefined }: AppExtras = {}): App {
  const { clock, log, secrets, settings } = ports
  const cors = createCors(settings, commonHeaders)
  let isDraining = false
  return {
    drain() {
      isDraining = true
    },
    async handle(incoming) {
      const requestId = readRequestId(incoming) ?? `req_${secrets.randomHex(16)}`
      const common = { ...cors.headers(incoming), 'x-request-id': requestId }
      if (incoming.method === 'OPTIONS' && incoming.malformed === undefined)
        return { status: 204, headers: toCallerHeaders(common, { headers: cors.preflightHeaders(incoming) }), body: '' }
      const trace = createCallTrace({ requestId, method: incoming.method, arrivedAt: incoming.arrivedAt, clock, log })
      try {
        const refusal = incoming.malformed ?? incoming.refused
        if (refusal !== undefined) throw refusal
        const response = await route({ incoming, trace, ports, isDraining, findPage })
        const { status, body, isReady, cookies } = response
        // A stream finishes its trace itself, later.
        if (!isByteStream(body))
          trace.finish(status < 400 ? 'ok' : 'upstream_error', { status, bytesOut: countBytes(body) })
        return { status, headers: toCallerHeaders(common, response), cookies, body, isReady }
      } catch (thrown) {
        const error = recordFailure(trace, thrown, incoming.gone)
        const response = error && toErrorResponse(error, errorsAt(incoming), requestId)
        return response && { ...response, headers: toCallerHeaders(common, response) }
      }
    },
  }
}

/**
 * Merges the headers of a response with those of this caller: CORS and the request id in `common`, and the ids and
 * limits of the call. The response's headers override `common`; the values of `vary` are joined.
 */
function toCallerHeaders(
  common: Record<string, string>,
  { headers, callHeaders }: Pick<GatewayResponse, 'headers' | 'callHeaders'>,
): GatewayResponse['headers'] {
  const { vary } = common
  Object.assign(common, headers, callHeaders)
  if (vary !== undefined && headers.vary !== undefined) common.vary = `${vary}, ${headers.vary}`
  return common
}

/** Reads the caller's request id. S79: only a plain id is used, because any other could forge a log line. */
function readRequestId(incoming: IncomingRequest): string | undefined {
  const id = incoming.header('x-request-id')
  return id !== undefined && /^[\w.:-]{1,128}$/.test(id) ? id : undefined
}
