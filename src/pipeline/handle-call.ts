import type { BufferShare } from '../core/buffers.ts'
import type { GatewayResponse } from '../core/gateway-response.ts'
import { authenticate } from './access/authenticate.ts'
import { authorizeOperation } from './access/authorize.ts'
import type { Call, Caller, CallRequest } from './call/call.ts'
import { countVisitorWrite } from './call/count-visitor-write.ts'
import type { Ports } from './call/ports.ts'
import { readRequest } from './call/read-request.ts'
import { runIdempotent } from './idempotency/run-idempotent.ts'
import { planCall } from './routing/plan-call.ts'
import { sessionOf } from './sessions/caller-sessions.ts'
import { type Exchange, loadHistory } from './sessions/load-history.ts'
import { holdHeaders } from './stream/hold-headers.ts'
import { tryTargets } from './try-targets.ts'

/**
 * Runs one call from authentication to response. Rejects with GatewayError if Weir refuses the call or every target
 * fails; a refusal by the upstream is a response.
 */
export async function handleCall(received: Call, ports: Ports): Promise<GatewayResponse> {
  const caller = received.caller ?? (await authenticate(received.credentials, ports))
  authorizeOperation(caller.key, received.operation.name)
  const sessionId = sessionOf(caller, received.sessionId)
  const call = sessionId === received.sessionId ? received : { ...received, sessionId }
  const share = ports.buffers.open()
  let mayStartEarly = false
  try {
    const request = await readRequest(call, caller, share, ports)
    if (call.idempotencyKey !== undefined) countVisitorWrite(caller, ports)
    const response =
      call.idempotencyKey === undefined
        ? respond(call, caller, request, share, ports)
        : runIdempotent(
            call.idempotencyKey,
            call,
            caller,
            request,
            (once) => respond(once, caller, request, share, ports),
            ports,
          )
    // Not for audio: a transcription may arrive as plain text although a stream was requested, so Weir cannot send a
    // stream's headers before the upstream responds.
    mayStartEarly = request.isStream && call.holdsHeaders && call.operation.dialect.respondsInJson
    // Awaited: otherwise `finally` would release the share before the response begins.
    if (!mayStartEarly) return await response
    const release = () => share.release()
    response.then(release, release)
    return await holdHeaders(response, call, ports)
  } finally {
    // The share holds the request until its response begins.
    if (!mayStartEarly) share.release()
  }
}

function respond(
  call: Call,
  caller: Caller,
  request: CallRequest,
  share: BufferShare,
  ports: Ports,
): Promise<GatewayResponse> {
  const tryAll = (exchange: Exchange | undefined) => {
    const plan = planCall(exchange?.request ?? request, call, caller, ports)
    if (plan.route !== undefined) call.trace.add({ modelRoute: plan.route.name })
    return tryTargets(plan, { call, caller, request: plan.request, exchange }, ports)
  }
  // Not async, because one more promise costs a call without a session more than its own work.
  const { sessionId } = call
  return sessionId === undefined || !call.operation.takesMessages
    ? tryAll(undefined)
    : loadHistory(request, sessionId, caller, share, ports).then(tryAll)
}
