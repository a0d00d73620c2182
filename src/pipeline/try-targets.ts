import { GatewayError } from '../core/errors.ts'
import { type GatewayResponse, isByteStream } from '../core/gateway-response.ts'
import type { Dialect } from '../dialects/dialect.ts'
import type { Target } from '../providers/registry.ts'
import { findOperation } from '../translation/find-operation.ts'
import type { Attempt, AttemptResult, Reservation, UpstreamResponse } from './call/attempt.ts'
import type { Call } from './call/call.ts'
import type { Ports } from './call/ports.ts'
import { keepImages } from './images/keep-images.ts'
import { answerWithEstimate } from './metering/answer-with-estimate.ts'
import { moveToOperator } from './metering/operator-account.ts'
import { type CheckedCall, type PreparedAttempt, prepareAttempt } from './prepare-attempt.ts'
import { noteKeptResponse } from './responses/kept-responses.ts'
import { classifyFailure, isOfTarget } from './routing/classify-failure.ts'
import type { CallPlan } from './routing/plan-targets.ts'
import type { RoutePlan } from './routing/route-plan.ts'
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
export async function tryTargets(plan: CallPlan, checked: SessionCall, ports: Ports): Promise<GatewayResponse> {
  const { route } = plan
  if (route === undefined) return answer(plan, checked, ports)
  try {
    const response = await answer(plan, checked, ports)
    return { ...response, headers: { ...response.headers, 'x-weir-route': route.describe() } }
  } catch (error) {
    throw route.named(error)
  }
}

async function answer(plan: CallPlan, checked: SessionCall, ports: Ports): Promise<GatewayResponse> {
  const { route } = plan
  const { call, caller, request, exchange } = checked
  const { first } = plan.targets
  const { last, count, refusal } = await makeAttempts(plan, checked, ports)
  if (last === undefined || isUncounted(last, call)) {
    const startedAt = last === undefined ? call.arrivedAt : ports.clock.monotonicMs()
    const estimated = await answerWithEstimate(first, count + 1, startedAt, call, caller, request, ports)
    if (estimated !== undefined) return estimated
  }
  if (last === undefined) throw refusal ?? unspoken(call.operation.dialect, first)
  const { attempt, reservation, result } = last
  if (result.kind !== 'answered') {
    const error = route?.toError()
    if (error !== undefined) throw error
  }
  if (result.kind === 'failed') throw result.error
  if (route !== undefined && result.kind === 'answered') sendShadow(route, request, call, attempt.target, ports)
  const stored = call.operation.images
    ? await keepImages(result.response, attempt.media?.images ?? 0, call, caller, request, ports)
    : result.response
  const { isTruncated } = attempt
  if (exchange !== undefined) await storeWholeReply(stored, isTruncated, exchange, call, ports)
  const neutral = toGatewayResponse(stored, reservation, attempt.target.provider, caller, ports)
  const response = isTruncated ? { ...neutral, isTruncated } : neutral
  if (exchange === undefined || response.status !== 200) return response
  return { ...response, callHeaders: { ...response.callHeaders, 'x-session-id': exchange.sessionId } }
}

interface EndedAttempt {
  readonly attempt: Attempt
  readonly reservation: Reservation
  readonly result: AttemptResult
}

interface Attempts {
  /** The attempt that answered or failed last; undefined if none was made. */
  readonly last: EndedAttempt | undefined
  readonly count: number
  /** The first refusal of Weir to send the call to a target of the route. */
  readonly refusal: unknown
}

/** Makes attempts until one answers, or none may follow. Rejects if Weir refuses the first. */
async function makeAttempts({ targets, route }: CallPlan, checked: SessionCall, ports: Ports): Promise<Attempts> {
  const { call, caller, request } = checked
  let remaining = targets
  let startedAt = call.arrivedAt
  let count = 0
  let last: EndedAttempt | undefined
  let refusal: unknown
  let running: Attempt | undefined
  const stages = stagesOf(checked, ports, () => running?.maxTokens !== undefined)
  for (;;) {
    if (route !== undefined && last !== undefined && remaining.first === undefined) {
      remaining = await route.again(call.signal)
      startedAt = ports.clock.monotonicMs()
    }
    const target = remaining.shift()
    if (target === undefined) break
    const operation = findOperation(call.operation, target.provider)
    if (operation === undefined) continue
    let prepared: PreparedAttempt
    route?.take(target)
    try {
      const place = { number: count + 1, startedAt, route: route?.name }
      prepared = await prepareAttempt(target, operation, place, checked, ports)
    } catch (error) {
      route?.giveBack()
      if (route !== undefined && isOfTarget(error)) {
        refusal ??= error
        continue
      }
      if (last === undefined) throw error
      // The caller receives the failure of the previous target, not the refusal to try the next.
      break
    }
    count += 1
    const { attempt, sent, credential, reservation } = prepared
    running = attempt
    if (route !== undefined) beginByRoute(route, attempt, count, remaining, checked, ports)
    const result = await tryTarget(attempt, sent, credential, stages, call, ports)
    last = { attempt, reservation, result }
    if (sent.translation === undefined) noteKeptResponse(attempt, call, caller, request, ports)
    if (route === undefined || result.kind === 'answered' || isUncounted(last, call)) break
    remaining = route.after(classifyFailure(result, attempt, ports.clock.now()), remaining)
    if (!mayTryNext(checked)) break
    startedAt = ports.clock.monotonicMs()
  }
  return { last, count, refusal }
}

function stagesOf({ call, exchange }: SessionCall, ports: Ports, isLowered: () => boolean): Call['stages'] {
  return exchange === undefined ? call.stages : [createExchangeStage(exchange, call, ports, isLowered), ...call.stages]
}

/**
 * Begins an attempt after which the route may go on. A reply that is empty, or that a policy refuses, is then no answer;
 * the cost of an empty one is the operator's.
 */
function beginByRoute(
  route: RoutePlan,
  attempt: Attempt,
  number: number,
  remaining: TargetQueue,
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
