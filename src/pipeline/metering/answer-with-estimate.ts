import { type GatewayResponse, toJsonResponse } from '../../core/gateway-response.ts'
import type { Target } from '../../providers/registry.ts'
import { Attempt } from '../call/attempt.ts'
import { type Call, type Caller, type CallRequest, fieldsOf } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import { estimateCall } from './estimate.ts'
import { reserve } from './reserve.ts'

/**
 * Answers a call that no target can serve, if its dialect can be answered with an estimate; undefined otherwise. The
 * header `x-weir-estimated` says that it is one. It costs nothing, and counts as a request. Rejects like `reserve`.
 */
export async function answerWithEstimate(
  target: Target | undefined,
  call: Call,
  caller: Caller,
  request: CallRequest,
  ports: Ports,
): Promise<GatewayResponse | undefined> {
  const { operation } = call
  if (target === undefined || operation.dialect.toEstimate === undefined) return undefined
  const answer = operation.dialect.toEstimate(fieldsOf(request))
  const estimate = {
    ...estimateCall(call, request, { operation, request }, target, caller, ports),
    isFree: true,
    reservedNano: 0,
  }
  const reservation = await reserve(estimate, 1, call, caller, ports)
  const attempt = new Attempt(target, estimate, reservation, call.arrivedAt, call, ports)
  attempt.status = 200
  attempt.end('ok')
  const response = toJsonResponse(200, answer, { 'x-weir-estimated': Object.keys(answer).join(', ') })
  return { ...response, callHeaders: reservation.headers }
}
