import { type Answer, isByteStream } from '../core/answer.ts'
import type { Target } from '../providers/registry.ts'
import { Attempt } from './attempt.ts'
import { authenticate } from './authenticate.ts'
import { authorizeOperation } from './authorize.ts'
import type { Call, Caller, CallRequest } from './call.ts'
import { estimateCall } from './estimate.ts'
import { keepImages } from './keep-images.ts'
import { type Exchange, loadHistory } from './load-history.ts'
import { planTargets } from './plan-targets.ts'
import type { Ports } from './ports.ts'
import { readRequest } from './read-request.ts'
import { type Reservation, reserve } from './reserve.ts'
import { runIdempotent } from './run-idempotent.ts'
import { createExchangeStage, storeExchange } from './store-exchange.ts'
import { readWholeReply } from './stream/collect-reply.ts'
import { holdHeaders } from './stream/hold-headers.ts'
import { tryTarget } from './try-target.ts'
import type { UpstreamAnswer } from './upstream-response.ts'

/** The life of a call. Throws GatewayError for what Weir itself refuses; whatever the upstream says is an answer. */
export async function handleCall(call: Call, ports: Ports): Promise<Answer> {
  const caller = call.caller ?? (await authenticate(call.credentials, ports))
  authorizeOperation(caller.key, call.operation.name)
  const request = await readRequest(call, caller, ports)
  const answer =
    call.idempotencyKey === undefined
      ? answerRequest(call, caller, request, ports)
      : runIdempotent(call, caller, request, (once) => answerRequest(once, caller, request, ports), ports)
  // Awaited, since a promise that an async function returns as it is costs two more turns of the queue.
  return await (request.isStream && call.holdsHeaders ? holdHeaders(answer, call, ports) : answer)
}

/** A checked request on its way to a target. */
export interface TargetedCall {
  readonly call: Call
  readonly caller: Caller
  readonly request: CallRequest
  /** Undefined outside of a session. */
  readonly exchange: Exchange | undefined
}

function answerRequest(call: Call, caller: Caller, request: CallRequest, ports: Ports): Promise<Answer> {
  if (call.sessionId === undefined || !call.operation.takesMessages)
    return planAndTry({ call, caller, request, exchange: undefined }, ports)
  return loadHistory(request, call.sessionId, caller, ports).then((exchange) =>
    planAndTry({ call, caller, request: exchange.request, exchange }, ports),
  )
}

function planAndTry(targeted: TargetedCall, ports: Ports): Promise<Answer> {
  const { call, caller, request } = targeted
  return tryTargets(planTargets(request, call.credentials.ownKey, caller, ports), targeted, ports)
}

/**
 * Tries targets in turn until one answers; the refusal or failure of the last one is the call's. Each attempt has a reservation, which its end
 * settles. A session's history is loaded, and an `Idempotency-Key` claimed, once for all attempts; a form passes once, so it has one.
 */
export async function tryTargets(targets: readonly Target[], targeted: TargetedCall, ports: Ports): Promise<Answer> {
  const { call, caller, request, exchange } = targeted
  const stages = exchange === undefined ? call.stages : [createExchangeStage(exchange, call, ports), ...call.stages]
  let startedAt = call.arrivedAt
  let number = 0
  for (const target of targets) {
    number += 1
    const estimate = estimateCall(call, request, target, caller, ports)
    const reservation = await reserve(estimate, number, call, caller, ports)
    const attempt = new Attempt(target, estimate, startedAt, call, ports)
    attempt.whenEnded((end) => reservation.settle(end))
    const result = await tryTarget(attempt, request, stages, call, ports)
    const isLast = number === targets.length || request.body.kind === 'form' || call.signal.aborted
    if (result.kind === 'answered' || (result.kind === 'rejected' && isLast)) {
      let { answer } = result
      if (call.operation.images) answer = await keepImages(answer, call, caller, request, ports)
      if (exchange !== undefined) await storeWholeReply(answer, exchange, call, ports)
      return toAnswer(answer, reservation, targeted, ports)
    }
    if (result.kind === 'failed' && isLast) throw result.error
    startedAt = ports.clock.monotonicMs()
  }
  throw new Error('A call has no target.')
}

/** A stream stores its exchange by its stage. */
async function storeWholeReply(
  { status, body }: UpstreamAnswer,
  exchange: Exchange,
  call: Call,
  ports: Ports,
): Promise<void> {
  const reply = status !== 200 || isByteStream(body) ? undefined : readWholeReply(body)
  if (reply !== undefined) await storeExchange(exchange, reply, call, ports)
}

/** Adds the headers that are this caller's alone. */
function toAnswer(
  { status, headers, rateHeaders, body }: UpstreamAnswer,
  reservation: Reservation,
  { caller, exchange }: TargetedCall,
  { metering }: Ports,
): Answer {
  let callHeaders = reservation.headers
  // S24: a virtual key is told its own limits, and not the operator's with the provider.
  const hidesRates = caller.key !== undefined && metering !== undefined
  if (rateHeaders !== undefined && !hidesRates) callHeaders = { ...rateHeaders, ...callHeaders }
  if (exchange !== undefined && status === 200) callHeaders = { ...callHeaders, 'x-session-id': exchange.sessionId }
  return { status, headers, callHeaders, body }
}
