import { type GatewayResponse, toJsonResponse } from '../../core/gateway-response.ts'
import type { Target } from '../../providers/registry.ts'
import { Attempt } from '../call/attempt.ts'
import { type Call, type Caller, type CallRequest, fieldsOf } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import { estimateCall } from './estimate.ts'
import { reserve } from './reserve.ts'

/**
 * Answers a call that no target can serve, if its dialect can be answered with an estimate; undefined otherwise. The
 * header `x-weir-estimated` says that it is one. It costs nothing, and counts as a request if it is the first attempt.
 * Rejects like `reserve`.
 */
export async function answerWithEstimate(
  target: Target | undefined,
  attemptNumber: number,
  startedAt: number,
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
  const reservation = await reserve(estimate, attemptNumber, call, caller, ports)
  const attempt = new Attempt(target, estimate, reservation, startedAt, call, ports)
  attempt.status = 200
  attempt.end('ok')
  const counts = Object.keys(answer).filter((name) => typeof answer[name] === 'number')
  const response = toJsonResponse(200, answer, { 'x-weir-estimated': counts.join(', ') })
  return { ...response, callHeaders: reservation.headers }
}
