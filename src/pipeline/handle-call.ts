import type { BufferShare } from '../core/buffers.ts'
import { GatewayError } from '../core/errors.ts'
import { type GatewayResponse, isByteStream } from '../core/gateway-response.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { fitRequest } from '../openai/successor-requests.ts'
import type { PassedCredential } from '../providers/provider.ts'
import type { Target } from '../providers/registry.ts'
import type { Replacement } from '../providers/retirement.ts'
import { findOperation } from '../translation/find-operation.ts'
import { authenticate } from './access/authenticate.ts'
import { authorizeOperation } from './access/authorize.ts'
import { passedCredential } from './access/passed-credential.ts'
import { Attempt, type AttemptResult, type Estimate, type Reservation, type UpstreamResponse } from './call/attempt.ts'
import type { Call, Caller, CallRequest } from './call/call.ts'
import { countVisitorWrite } from './call/count-visitor-write.ts'
import type { Ports } from './call/ports.ts'
import { readRequest } from './call/read-request.ts'
import { runIdempotent } from './idempotency/run-idempotent.ts'
import { keepImages } from './images/keep-images.ts'
import { answerWithEstimate } from './metering/answer-with-estimate.ts'
import { estimateCall } from './metering/estimate.ts'
import { moveToOperator } from './metering/operator-account.ts'
import { reserve } from './metering/reserve.ts'
import { checkPreviousResponse, noteKeptResponse } from './responses/kept-responses.ts'
import { classifyFailure, isOfTarget } from './routing/classify-failure.ts'
import { planCall } from './routing/plan-call.ts'
import type { CallPlan } from './routing/plan-targets.ts'
import type { RoutePlan } from './routing/route-plan.ts'
import { sendShadow } from './send-shadow.ts'
import { sessionOf } from './sessions/caller-sessions.ts'
import { type Exchange, loadHistory } from './sessions/load-history.ts'
import { createExchangeStage, storeExchange } from './sessions/store-exchange.ts'
import { readWholeReply } from './stream/collect-reply.ts'
import { holdHeaders } from './stream/hold-headers.ts'
import { type SentCall, toSentCall } from './upstream/translate-call.ts'
import { tryTarget } from './upstream/try-target.ts'
import { toGatewayResponse } from './upstream/upstream-response.ts'

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

/** A call whose caller is authenticated and whose body is checked. */
export interface CheckedCall {
  readonly call: Call
  readonly caller: Caller
  readonly request: CallRequest
  /** Undefined outside a session. */
  readonly exchange: Exchange | undefined
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

/**
 * Tries the targets of a plan until one responds. Each attempt has a reservation, which the attempt's end settles.
 * The caller of this function has loaded the session's history and claimed the `Idempotency-Key`, once for all
 * attempts. Rejects with one of:
 * - the failure of the last attempt, or of all attempts by a route (`route_failed`, `route_limited`);
 * - the refusal of the first reservation;
 * - `operation_not_supported` if no target speaks a dialect that the call can be translated to;
 * - `credential_required` if a target needs the caller's own credential, and the caller sent none;
 * - a storage error if a whole reply cannot be stored; its attempt has already been settled.
 */
export async function tryTargets(
  { targets, route }: CallPlan,
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
  /** Why a target of a route cannot take the call, if none was tried. */
  let refused: unknown
  let queue = targets
  for (let target = queue[0]; target !== undefined; target = queue[0]) {
    queue = queue.slice(1)
    const operation = findOperation(call.operation, target.provider)
    if (operation === undefined) continue
    let sent: SentCall
    let estimate: Estimate
    let credential: PassedCredential | undefined
    let reservation: Reservation
    try {
      const written = toSentCall(call, request, operation, target, ports)
      // Awaited only if it is a promise, as of a long body.
      sent = fitSuccessor(written instanceof Promise ? await written : written, target.replacement)
      estimate = estimateCall(call, request, sent, target, caller, ports)
      if (route !== undefined) estimate = { ...estimate, route: route.name }
      const checking =
        sent.translation === undefined
          ? checkPreviousResponse(call, caller, request, target.provider, ports)
          : undefined
      // Awaited only if the request continues a response.
      if (checking !== undefined) await checking
      credential = passedCredential(target.provider, call.credentials, ports)
      reservation = await reserve(estimate, number + 1, call, caller, ports)
    } catch (refusal) {
      if (route !== undefined && isOfTarget(refusal)) {
        refused ??= refusal
        continue
      }
      if (last === undefined) throw refusal
      // The caller receives the failure of the previous target, not the refusal to try the next.
      break
    }
    number += 1
    // The end of the attempt settles the reservation, however it ends.
    const attempt = new Attempt(target, estimate, reservation, startedAt, call, ports)
    running = attempt
    if (route !== undefined) beginByRoute(route, attempt, number, queue, checked, ports)
    const result = await tryTarget(attempt, sent, credential, stages, call, ports)
    last = { result, reservation, attempt }
    if (sent.translation === undefined) noteKeptResponse(attempt, call, caller, request, ports)
    if (route === undefined || result.kind === 'answered' || isUncounted(result, attempt, call)) break
    const failure = classifyFailure(result, attempt, ports.clock.now())
    queue = route.after(target, failure, queue)
    if (!mayTryNext(checked)) break
    if (queue.length === 0) queue = await route.again(call.signal)
    startedAt = ports.clock.monotonicMs()
  }
  if (last === undefined || isUncounted(last.result, last.attempt, call)) {
    const startedLast = last === undefined ? startedAt : ports.clock.monotonicMs()
    const estimated = await answerWithEstimate(targets[0], number + 1, startedLast, call, caller, request, ports)
    if (estimated !== undefined) return estimated
  }
  if (last === undefined) throw refused ?? noTargetSpeaks(call.operation.dialect, targets)
  const routeError = last.result.kind === 'answered' ? undefined : route?.toError()
  if (routeError !== undefined) throw routeError
  if (last.result.kind === 'failed') throw route?.named(last.result.error) ?? last.result.error
  if (route !== undefined && last.result.kind === 'answered')
    sendShadow(route, request, call, last.attempt.target, ports)
  const stored = call.operation.images
    ? await keepImages(last.result.response, last.attempt.media?.images ?? 0, call, caller, request, ports)
    : last.result.response
  const { isTruncated } = last.attempt
  if (exchange !== undefined) await storeWholeReply(stored, isTruncated, exchange, call, ports)
  if (route !== undefined) stored.headers['x-weir-route'] = route.describe()
  const neutral = toGatewayResponse(stored, last.reservation, last.attempt.target.provider, caller, ports)
  const response = isTruncated ? { ...neutral, isTruncated } : neutral
  if (exchange === undefined || response.status !== 200) return response
  return { ...response, callHeaders: { ...response.callHeaders, 'x-session-id': exchange.sessionId } }
}

/**
 * Begins an attempt after which the route may go on. A reply that is empty, or that a policy refuses, is then no answer;
 * the cost of an empty one is the operator's.
 */
function beginByRoute(
  route: RoutePlan,
  attempt: Attempt,
  number: number,
  remaining: readonly Target[],
  checked: CheckedCall,
  ports: Ports,
): void {
  route.begin(attempt)
  if (!mayTryNext(checked)) return
  const goesOnIfEmpty = route.goesOnAfter('empty', remaining)
  attempt.goesOnIfRefused = route.goesOnAfter('content_policy', remaining)
  attempt.awaitsOutput = goesOnIfEmpty || attempt.goesOnIfRefused || route.goesOnAfter('overload', remaining)
  if (goesOnIfEmpty) attempt.moveToOperator = () => moveToOperator(attempt, number, checked.call, ports)
}

/** Adapts a JSON request to the successor of a retired model. A form is unchanged here; only its model is renamed. */
function fitSuccessor(sent: SentCall, replacement: Replacement | undefined): SentCall {
  const { operation, request } = sent
  const { body } = request
  if (replacement === undefined || body.kind !== 'json') return sent
  const fits = replacement.steps.flatMap((step) => step.fits?.[operation.name] ?? [])
  if (fits.length === 0) return sent
  return { ...sent, request: { ...request, body: { ...fits.reduce(fitRequest, body), kind: 'json' } } }
}

/** A form's body can be sent only once, and a caller who left needs no reply. */
function mayTryNext({ call, request }: CheckedCall): boolean {
  return request.body.kind === 'json' && !call.signal.aborted
}

/**
 * True if a provider has no counter, which servers with a part of an API show in many ways. Other failures pass, and so
 * does any response to the caller's own credential.
 */
function isUncounted(
  result: AttemptResult,
  { target }: Attempt,
  { operation: { dialect }, signal }: Pick<Call, 'operation' | 'signal'>,
): boolean {
  if (dialect.toEstimate === undefined || target.provider.passesCallerCredentials || signal.aborted) return false
  if (result.kind === 'failed')
    return result.error instanceof GatewayError && result.error.code === 'upstream_invalid_answer'
  return result.kind === 'rejected' && withoutCounter.has(result.response.status)
}

/** A 200 with an error is a 502; LM Studio sends it for a path that it does not know. */
const withoutCounter: ReadonlySet<number> = new Set([404, 405, 501, 502])

function noTargetSpeaks(requested: Dialect, targets: readonly Target[]): GatewayError {
  const spoken = targets.map(({ provider: { id, dialects } }) => {
    return `The provider \`${id}\` speaks ${dialects.map((dialect) => `\`${dialect.id}\``).join(', ')}.`
  })
  const message = `No provider of this model speaks \`${requested.id}\`. ${spoken.join(' ')} Choose a model of another provider.`
  return new GatewayError('operation_not_supported', message)
}

/** Stores the exchange of a whole reply. A streamed reply is stored by its stage. */
async function storeWholeReply(
  { status, body }: UpstreamResponse,
  isTruncated: boolean,
  exchange: Exchange,
  call: Call,
  ports: Ports,
): Promise<void> {
  const reply = status !== 200 || isByteStream(body) ? undefined : readWholeReply(body)
  if (reply !== undefined)
    await storeExchange(exchange, isTruncated ? { ...reply, isComplete: false } : reply, call, ports)
}
