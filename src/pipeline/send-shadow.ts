import { AbortSwitch } from '../core/abort-switch.ts'
import type { ByteStream } from '../core/byte-stream.ts'
import { yieldToEventLoop } from '../core/clock.ts'
import { isByteStream } from '../core/gateway-response.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { editJson } from '../openai/edit-json.ts'
import type { Target } from '../providers/registry.ts'
import type { RunningShadows } from '../routing/routes.ts'
import { findOperation } from '../translation/find-operation.ts'
import { Attempt } from './call/attempt.ts'
import type { Call, CallRequest } from './call/call.ts'
import { createSilentTrace } from './call/call-trace.ts'
import type { Ports } from './call/ports.ts'
import { estimateCall } from './metering/estimate.ts'
import { operator } from './metering/operator-account.ts'
import { reserve } from './metering/reserve.ts'
import type { RoutePlan } from './routing/route-plan.ts'
import { toSentCall } from './upstream/translate-call.ts'
import { tryTarget } from './upstream/try-target.ts'

/** Copies of one route that a process sends at the same time. Further ones are left out. */
const maxRunning = 16

/**
 * Sends a copy of an answered call to the shadow of its route, if it has one and the draw says so. The reply is read to
 * its end and dropped, and the operator's account pays. Returns at once; nothing that happens to the copy reaches the
 * caller. Not copied are forms, calls that store images or run in the background, those that continue a response, which
 * one provider keeps, and those that the caller's own account pays.
 */
export function sendShadow(plan: RoutePlan, request: CallRequest, call: Call, answeredBy: Target, ports: Ports): void {
  const { body } = request
  const { operation, defer } = call
  const { shadows, settings } = plan.route
  if (settings.shadow === undefined || body.kind !== 'json' || operation.images) return
  const { outputLimit, state } = operation.dialect
  if (outputLimit?.isDeferred(body.object) === true || state?.previousId(body.object) !== undefined) return
  if (answeredBy.provider.passesCallerCredentials || shadows.count >= maxRunning) return
  const target = plan.drawShadow()
  if (target === undefined || target.provider.passesCallerCredentials) return
  const share = ports.buffers.open()
  // The body outlives the share of its call: as text, and about as much again in objects.
  const length = (body.longs ?? []).reduce((sum, long) => sum + long.length, body.text.length)
  if (!share.take(2 * length)) return
  defer(run(request, call, target, shadows, ports).finally(() => share.release()))
}

/** Does not reject: a copy that fails is seen in its record only. */
async function run(
  request: CallRequest,
  received: Call,
  target: Target,
  shadows: RunningShadows,
  ports: Ports,
): Promise<void> {
  const { clock } = ports
  shadows.count += 1
  try {
    // The caller's response goes first.
    await yieldToEventLoop(clock)
    const operation = findOperation(received.operation, target.provider)
    if (operation === undefined) return
    const startedAt = clock.monotonicMs()
    const call: Call = {
      ...received,
      caller: operator,
      signal: new AbortSwitch(),
      arrivedAt: startedAt,
      trace: createSilentTrace(received.trace.requestId),
      sessionId: undefined,
      idempotencyKey: undefined,
      stages: [],
      releaseWhenSent: (held) => held.release(),
    }
    const copy = withoutStore(request, received.operation.dialect)
    const sent = await toSentCall(call, copy, operation, target, ports)
    const estimate = {
      ...estimateCall(call, copy, sent, target, operator, ports),
      endUser: '',
      tags: ['operator:shadow'],
    }
    const reservation = await reserve(estimate, 1, call, operator, ports)
    const attempt = new Attempt(target, estimate, reservation, startedAt, call, ports)
    const result = await tryTarget(attempt, sent, undefined, [], call, ports)
    if (result.kind === 'answered' && isByteStream(result.response.body)) await drop(result.response.body)
  } catch {
    // Weir refused the copy; there is no attempt to record.
  } finally {
    shadows.count -= 1
  }
}

/** No one retrieves the reply to a copy, so its provider need not keep it. */
function withoutStore(request: CallRequest, { state }: Dialect): CallRequest {
  const { body } = request
  if (body.kind !== 'json' || state?.isKept(body.object) !== true) return request
  const kept = { store: false }
  return { ...request, body: { ...body, text: editJson(body.text, kept), object: { ...body.object, ...kept } } }
}

/** Reads a stream to its end without keeping it. */
function drop(body: ByteStream): Promise<void> {
  return new Promise((resolve) => {
    body.start({ write: () => true, end: resolve, fail: () => resolve() })
  })
}
