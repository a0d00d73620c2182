import type { BufferShare } from '../core/buffers.ts'
import { GatewayError } from '../core/errors.ts'
import { type GatewayResponse, isByteStream } from '../core/gateway-response.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { fitRequest } from '../openai/successor-requests.ts'
import type { Target } from '../providers/registry.ts'
import type { Replacement } from '../providers/retirement.ts'
import { authenticate } from './access/authenticate.ts'
import { authorizeOperation } from './access/authorize.ts'
import { Attempt, type AttemptResult, type Reservation, type UpstreamResponse } from './call/attempt.ts'
import type { Call, Caller, CallRequest } from './call/call.ts'
import { isTransient, isUpstreamFailure } from './call/failure.ts'
import type { Ports } from './call/ports.ts'
import { readRequest } from './call/read-request.ts'
import { runIdempotent } from './idempotency/run-idempotent.ts'
import { keepImages } from './images/keep-images.ts'
import { estimateCall } from './metering/estimate.ts'
import { reserve } from './metering/reserve.ts'
import { planTargets } from './routing/plan-targets.ts'
import { type Exchange, loadHistory } from './sessions/load-history.ts'
import { createExchangeStage, storeExchange } from './sessions/store-exchange.ts'
import { readWholeReply } from './stream/collect-reply.ts'
import { holdHeaders } from './stream/hold-headers.ts'
import { tryTarget } from './upstream/try-target.ts'
import { toAnswer } from './upstream/upstream-response.ts'

/** The life of a call. Rejects with GatewayError where Weir itself refuses or no target answers; an upstream's refusal is an answer. */
export async function handleCall(call: Call, ports: Ports): Promise<GatewayResponse> {
  const caller = call.caller ?? (await authenticate(call.credentials, ports))
  authorizeOperation(caller.key, call.operation.name)
  const share = ports.buffers.open()
  let isHeld = false
  try {
    const request = await readRequest(call, caller, share, ports)
    const answer =
      call.idempotencyKey === undefined
        ? answerRequest(call, caller, request, share, ports)
        : runIdempotent(
            call.idempotencyKey,
            call,
            caller,
            request,
            (once) => answerRequest(once, caller, request, share, ports),
            ports,
          )
    // A transcript may come as plain text though a stream was asked for: its headers cannot be sent before it.
    isHeld = request.isStream && call.holdsHeaders && call.operation.dialect.answersInJson
    // Awaited, since a promise that an async function returns as it is costs two more turns of the queue.
    if (!isHeld) return await answer
    const giveBack = () => share.giveBack()
    answer.then(giveBack, giveBack)
    return await holdHeaders(answer, call, ports)
  } finally {
    // The request is needed until its answer begins.
    if (!isHeld) share.giveBack()
  }
}

/** A call whose caller is known and whose body is checked. */
export interface CheckedCall {
  readonly call: Call
  readonly caller: Caller
  readonly request: CallRequest
  /** Undefined outside of a session. */
  readonly exchange: Exchange | undefined
}

function answerRequest(
  call: Call,
  caller: Caller,
  request: CallRequest,
  share: BufferShare,
  ports: Ports,
): Promise<GatewayResponse> {
  const answer = (exchange: Exchange | undefined) => {
    const asked = exchange?.request ?? request
    const targets = planTargets(asked, call, caller, ports)
    return tryTargets(targets, { call, caller, request: asked, exchange }, ports)
  }
  // Not async, since a layer of promises costs a call without a session more than its own work.
  return call.sessionId === undefined || !call.operation.takesMessages
    ? answer(undefined)
    : loadHistory(request, call.sessionId, caller, share, ports).then(answer)
}

/**
 * Tries targets in turn until one answers. Each attempt has a reservation, which its end settles. A session's history is loaded, and an
 * `Idempotency-Key` claimed, once for all attempts. Rejects with the failure of the last attempt, with that of the first reservation, with
 * `operation_not_supported`, or, once the attempt is paid for, where a whole reply cannot be stored.
 */
export async function tryTargets(
  targets: readonly Target[],
  checked: CheckedCall,
  ports: Ports,
): Promise<GatewayResponse> {
  const { call, caller, request, exchange } = checked
  let startedAt = call.arrivedAt
  let number = 0
  let last: { readonly result: AttemptResult; readonly reservation: Reservation; readonly attempt: Attempt } | undefined
  let running: Attempt | undefined
  const stages =
    exchange === undefined
      ? call.stages
      : [createExchangeStage(exchange, call, ports, () => running?.maxTokens !== undefined), ...call.stages]
  for (const target of targets) {
    if (!target.provider.dialects.includes(call.operation.dialect)) continue
    number += 1
    const fitted = target.replacement === undefined ? request : fitSuccessor(request, target.replacement, call)
    const estimate = estimateCall(call, fitted, target, caller, ports)
    let reservation: Reservation
    try {
      reservation = await reserve(estimate, number, call, caller, ports)
    } catch (refusal) {
      if (last === undefined) throw refusal
      // The caller learns how the target before has failed, not that a further try was over its limits.
      break
    }
    // Settles the reservation when it ends, on whatever way.
    const attempt = new Attempt(target, estimate, reservation, startedAt, call, ports)
    running = attempt
    const result = await tryTarget(attempt, fitted, stages, call, ports)
    last = { result, reservation, attempt }
    if (!mayTryNext(result, checked)) break
    startedAt = ports.clock.monotonicMs()
  }
  if (last === undefined) throw noTargetSpeaks(call.operation.dialect, targets)
  if (last.result.kind === 'failed') throw last.result.error
  const kept = call.operation.images
    ? await keepImages(last.result.answer, last.attempt.media?.images ?? 0, call, caller, request, ports)
    : last.result.answer
  const { isCut } = last.attempt
  if (exchange !== undefined) await storeWholeReply(kept, isCut, exchange, call, ports)
  const neutral = toAnswer(kept, last.reservation, caller, ports)
  const answer = isCut ? { ...neutral, isCut } : neutral
  if (exchange === undefined || answer.status !== 200) return answer
  return { ...answer, callHeaders: { ...answer.callHeaders, 'x-session-id': exchange.sessionId } }
}

/** The request as the successor of a retired model takes it. A form is only renamed. */
function fitSuccessor(request: CallRequest, { steps }: Replacement, { operation }: Call): CallRequest {
  const { body } = request
  if (body.kind !== 'json') return request
  const fits = steps.flatMap((step) => step.fits?.[operation.name] ?? [])
  return fits.length === 0 ? request : { ...request, body: { ...fits.reduce(fitRequest, body), kind: 'json' } }
}

/** Only where another target may do better. A form's body passes once; a caller who has left waits for none. */
function mayTryNext(result: AttemptResult, { call, request }: CheckedCall): boolean {
  if (result.kind === 'answered' || request.body.kind === 'form' || call.signal.aborted) return false
  if (result.kind === 'rejected') return result.isRegional === true || isTransient(result.answer.status)
  return isUpstreamFailure(result.error)
}

function noTargetSpeaks(asked: Dialect, targets: readonly Target[]): GatewayError {
  const spoken = targets.map(({ provider: { id, dialects } }) => {
    return `The provider \`${id}\` speaks ${dialects.map((dialect) => `\`${dialect.id}\``).join(', ')}.`
  })
  const message = `No provider of this model speaks \`${asked.id}\`. ${spoken.join(' ')} Choose a model of another provider.`
  return new GatewayError('operation_not_supported', message)
}

/** A stream stores its exchange by its stage. */
async function storeWholeReply(
  { status, body }: UpstreamResponse,
  isCut: boolean,
  exchange: Exchange,
  call: Call,
  ports: Ports,
): Promise<void> {
  const reply = status !== 200 || isByteStream(body) ? undefined : readWholeReply(body)
  if (reply !== undefined) await storeExchange(exchange, isCut ? { ...reply, isComplete: false } : reply, call, ports)
}
