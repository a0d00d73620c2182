import type { AdminPorts } from '../admin/administration.ts'
import { countBytes, type GatewayResponse, isByteStream } from '../core/gateway-response.ts'
import { createCallTrace } from '../pipeline/call/call-trace.ts'
import { recordFailure } from '../pipeline/call/failure.ts'
import { createCors } from './cors.ts'
import { toErrorResponse } from './error-response.ts'
import type { IncomingRequest } from './incoming-request.ts'
import type { RequestContext } from './route.ts'
import { errorsAt, route } from './router.ts'

/** Weir without its sockets. */
export interface App {
  /** Answers a request. Undefined where the caller has left before there was an answer. Never rejects. */
  handle(inbound: IncomingRequest): Promise<GatewayResponse | undefined>
  /** From now on `/readyz` says 503, so that no new traffic is sent here. Calls are still served. */
  drain(): void
}

/** The platform's own part. */
interface AppExtras {
  readonly findPage?: RequestContext['findPage']
}

/**
 * S57: nothing of an answer may stay in a cache that others share. S51: a browser takes it for nothing else than its type, and opened as a page it
 * may do nothing on this server's origin, also where a provider sent HTML or SVG (case D11). The start page has a policy of its own.
 */
const alwaysSent = {
  'cache-control': 'no-store, private',
  'content-security-policy': "sandbox; default-src 'none'",
  'x-content-type-options': 'nosniff',
}

export function createApp(ports: AdminPorts, { findPage = async () => undefined }: AppExtras = {}): App {
  const { clock, log, secrets, settings } = ports
  const cors = createCors(settings, alwaysSent)
  let isDraining = false
  return {
    drain() {
      isDraining = true
    },
    async handle(inbound) {
      const requestId = readRequestId(inbound) ?? `req_${secrets.randomHex(16)}`
      const common = { ...cors.headers(inbound), 'x-request-id': requestId }
      if (inbound.method === 'OPTIONS' && inbound.malformed === undefined)
        return { status: 204, headers: toCallerHeaders(common, { headers: cors.preflightHeaders(inbound) }), body: '' }
      const trace = createCallTrace({ requestId, method: inbound.method, arrivedAt: inbound.arrivedAt, clock, log })
      try {
        const refusal = inbound.malformed ?? inbound.refused
        if (refusal !== undefined) throw refusal
        const answer = await route({ inbound, trace, ports, isDraining, findPage })
        const { status, body, isReady } = answer
        // A stream closes it later by itself.
        if (!isByteStream(body))
          trace.finish(status < 400 ? 'ok' : 'upstream_error', { status, bytesOut: countBytes(body) })
        return { status, headers: toCallerHeaders(common, answer), body, isReady }
      } catch (thrown) {
        const error = recordFailure(trace, thrown, inbound.gone)
        const answer = error && toErrorResponse(error, errorsAt(inbound.target))
        return answer && { ...answer, headers: toCallerHeaders(common, answer) }
      }
    },
  }
}

/**
 * The one place where the headers of an answer, which are neutral of its caller, meet those that are this caller's: CORS and the request id in
 * `common`, the ids and limits of the call. The answer's own win over `common`; `vary` is joined.
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

/** S79: a caller's id is kept if it is plain, so that it cannot forge a line of the log. */
function readRequestId(inbound: IncomingRequest): string | undefined {
  const id = inbound.header('x-request-id')
  return id !== undefined && /^[\w.:-]{1,128}$/.test(id) ? id : undefined
}
