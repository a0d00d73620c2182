import { GatewayError } from '../core/errors.ts'
import { type GatewayResponse, isByteStream } from '../core/gateway-response.ts'
import type { Dialect } from '../dialects/dialect.ts'
import type { Target } from '../providers/registry.ts'
import { findOperation } from '../translation/find-operation.ts'
import { Attempt, type AttemptResult, type Reservation, type UpstreamResponse } from './call/attempt.ts'
import type { Call } from './call/call.ts'
import type { Ports } from './call/ports.ts'
import { keepImages } from './images/keep-images.ts'
import { answerWithEstimate } from './metering/answer-with-estimate.ts'
import { moveToOperator } from './metering/operator-account.ts'
import { reserve } from './metering/reserve.ts'
import { type CheckedCall, type PreparedRequest, prepareRequest } from './prepare-request.ts'
import { noteKeptResponse } from './responses/kept-responses.ts'
import { classifyFailure, isOfTarget } from './routing/classify-failure.ts'
import type { CallPlan } from './routing/plan-targets.ts'
import type { RoutePlan, TakenTarget } from './routing/route-plan.ts'
import type { TargetQueue } from './routing/target-queue.ts'
import { sendShadow } from './send-shadow.ts'
import type { Exchange } from './sessions/load-history.ts'
import { createExchangeStage, storeExchange } from './sessions/store-exchange.ts'
import { readWholeReply } from './stream/collect-reply.ts'
import { tryTarget } from './upstream/try-target.ts'
import { toGatewayResponse } from './upstream/upstream-response.ts'

/** A call, and its session. */
export interface SessionCall extends CheckedCall {
  /** Undefined outside a session. */
  readonly exchange: Exchange | undefined
}

/**
 * Tries the targets of a plan until one responds. The caller of this function has loaded the session's history and
 * claimed the `Idempotency-Key`, once for all attempts. A call by a route has `x-weir-route` on its response or error.
 * Rejects with one of:
 * - the failure of the last attempt, or of all attempts by a route (`route_failed`, `route_limited`);
 * - the refusal to make the first attempt, as by a limit;
 * - `operation_not_supported` if the target speaks no dialect that the call can be translated to;
 * - a storage error if a whole reply cannot be stored; its attempt has already been settled.
 */
export function tryTargets(plan: CallPlan, checked: SessionCall, ports: Ports): Promise<GatewayResponse> {
  const response = makeAttempts(plan, checked, ports)
  return plan.route === undefined ? response : withRoute(response, plan.route)
}

async function withRoute(answering: Promise<GatewayResponse>, route: RoutePlan): Promise<GatewayResponse> {
  try {
    const response = await answering
    return { ...response, headers: { ...response.headers, 'x-weir-route': route.describe() } }
  } catch (error) {
    throw route.named(error)
  }
}

interface EndedAttempt {
  readonly attempt: Attempt
  readonly reservation: Reservation
  readonly result: AttemptResult
}

/** Makes attempts until one answers, or none may follow. Rejects as {@link tryTargets} does. */
async function makeAttempts(plan: CallPlan, checked: SessionCall, ports: Ports): Promise<GatewayResponse> {
  const { route } = plan
  const { call, caller, request, exchange } = checked
  const { first } = plan.targets
  let remaining = plan.targets
  let startedAt = call.arrivedAt
  let count = 0
  let last: EndedAttempt | undefined
  /** The first refusal of Weir to send the call to a target of the route. */
  let refusal: unknown
  let running: Attempt | undefined
  const stages =
    exchange === undefined
      ? call.stages
      : [createExchangeStage(exchange, call, ports, () => running?.maxTokens !== undefined), ...call.stages]
  for (;;) {
    if (route !== undefined && last !== undefined && remaining.first === undefined) {
      remaining = await route.again(call.signal)
      startedAt = ports.clock.monotonicMs()
    }
    const target = remaining.shift()
    if (target === undefined) break
    const operation = findOperation(call.operation, target.provider)
    if (operation === undefined) continue
    let prepared: PreparedRequest
    let reservation: Reservation
    const taken = route?.take(target)
    try {
      const preparing = prepareRequest(target, operation, route?.name, checked, ports)
      // Awaited only if it is a promise, as each await costs a call more than its own work.
      prepared = preparing instanceof Promise ? await preparing : preparing
      reservation = await reserve(prepared.estimate, count + 1, call, caller, ports)
    } catch (error) {
      if (taken !== undefined) route?.giveBack(taken)
      if (route !== undefined && isOfTarget(error)) {
        refusal ??= error
        continue
      }
      if (last === undefined) throw error
      // The caller receives the failure of the previous target, not the refusal to try the next.
      break
    }
    count += 1
    const { sent, estimate, credential } = prepared
    // The end of the attempt settles the reservation, however it ends.
    const attempt = new Attempt(target, estimate, reservation, startedAt, call, ports)
    running = attempt
    if (route !== undefined && taken !== undefined)
      beginByRoute(route, taken, attempt, count, remaining, checked, ports)
    const result = await tryTarget(attempt, sent, credential, stages, call, ports)
    last = { attempt, reservation, result }
    if (sent.translation === undefined) noteKeptResponse(attempt, call, caller, request, ports)
    if (route === undefined || taken === undefined || result.kind === 'answered' || isUncounted(last, call)) break
    remaining = route.after(taken, classifyFailure(result, attempt, ports.clock.now()), remaining)
    if (!mayTryNext(checked)) break
    startedAt = ports.clock.monotonicMs()
  }
  if (last === undefined || isUncounted(last, call)) {
    const estimatedAt = last === undefined ? call.arrivedAt : ports.clock.monotonicMs()
    const estimated = await answerWithEstimate(first, count + 1, estimatedAt, call, caller, request, ports)
    if (estimated !== undefined) return estimated
  }
  if (last === undefined) throw refusal ?? unspoken(call.operation.dialect, first)
  return toAnswer(last, route, checked, ports)
}

/** Returns the response to the last attempt; a promise if something of it is stored first. Throws if it failed. */
function toAnswer(
  { attempt, reservation, result }: EndedAttempt,
  route: RoutePlan | undefined,
  { call, caller, request, exchange }: SessionCall,
  ports: Ports,
): GatewayResponse | Promise<GatewayResponse> {
  if (result.kind !== 'answered') {
    const error = route?.toError()
    if (error !== undefined) throw error
  }
  if (result.kind === 'failed') throw result.error
  const { provider } = attempt.target
  if (route !== undefined && result.kind === 'answered') sendShadow(route, request, call, attempt.target, ports)
  const { isTruncated } = attempt
  const toResponse = (stored: UpstreamResponse): GatewayResponse => {
    const response = toGatewayResponse(stored, reservation, provider, caller, ports)
    return isTruncated ? { ...response, isTruncated } : response
  }
  if (exchange !== undefined) return inSession(toResponse(result.response), exchange, call, ports)
  if (!call.operation.images) return toResponse(result.response)
  return keepImages(result.response, attempt.media?.images ?? 0, call, caller, request, ports).then(toResponse)
}

/**
 * Begins an attempt after which the route may go on. A reply that is empty, or that a policy refuses, is then no answer;
 * the cost of an empty one is the operator's.
 */
function beginByRoute(
  route: RoutePlan,
  taken: TakenTarget,
  attempt: Attempt,
  number: number,
  remaining: TargetQueue,
  checked: CheckedCall,
  ports: Ports,
): void {
  route.begin(taken, attempt)
  if (!mayTryNext(checked)) return
  const goesOnIfEmpty = route.goesOnAfter('empty', remaining)
  attempt.goesOnIfRefused = route.goesOnAfter('content_policy', remaining)
  attempt.awaitsOutput = goesOnIfEmpty || attempt.goesOnIfRefused || route.goesOnAfter('overload', remaining)
  if (goesOnIfEmpty) attempt.moveToOperator = () => moveToOperator(attempt, number, checked.call, ports)
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
  { result, attempt: { target } }: EndedAttempt,
  { operation: { dialect }, signal }: Pick<Call, 'operation' | 'signal'>,
): boolean {
  if (dialect.toEstimate === undefined || target.provider.passesCallerCredentials || signal.aborted) return false
  if (result.kind === 'failed')
    return result.error instanceof GatewayError && result.error.code === 'upstream_invalid_answer'
  return result.kind === 'rejected' && withoutCounter.has(result.response.status)
}

/** A 200 with an error is a 502; LM Studio sends it for a path that it does not know. */
const withoutCounter: ReadonlySet<number> = new Set([404, 405, 501, 502])

function unspoken(requested: Dialect, target: Target | undefined): GatewayError {
  const { id = '', dialects = [] } = target?.provider ?? {}
  const spoken = dialects.map((dialect) => `\`${dialect.id}\``).join(', ')
  return new GatewayError(
    'operation_not_supported',
    `No provider of this model speaks \`${requested.id}\`. The provider \`${id}\` speaks ${spoken}. Choose a model of another provider.`,
  )
}

/** Stores the exchange of a whole reply, and names the session. A streamed reply is stored by its stage. */
async function inSession(
  response: GatewayResponse,
  exchange: Exchange,
  call: Call,
  ports: Ports,
): Promise<GatewayResponse> {
  const { status, body, callHeaders, isTruncated } = response
  if (status !== 200) return response
  const reply = isByteStream(body) ? undefined : readWholeReply(body)
  if (reply !== undefined)
    await storeExchange(exchange, isTruncated === true ? { ...reply, isComplete: false } : reply, call, ports)
  return { ...response, callHeaders: { ...callHeaders, 'x-session-id': exchange.sessionId } }
}
