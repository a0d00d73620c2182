import { type Answer, toJsonAnswer } from '../../core/answer.ts'
import type { RouteRequest } from '../route.ts'

/** `GET /livez` is about the process alone (R57). */
export function answerLive(): Answer {
  return toJsonAnswer(200, { status: 'alive' })
}

/** `GET /readyz` tells a load balancer whether to send traffic here, and no details (S77). */
export function answerReady({ ports, isDraining }: RouteRequest): Answer {
  const { metering, registry, settings } = ports
  if (isDraining) return toJsonAnswer(503, { status: 'draining' }, { 'retry-after': '1' })
  if (registry.providers.every(({ unavailableReason }) => unavailableReason !== undefined))
    return toJsonAnswer(503, { status: 'no provider configured' }, { 'retry-after': '60' })
  const problem = metering?.problem()
  if (problem === undefined) return toJsonAnswer(200, { status: 'ready' })
  // Calls without a budget pass nonetheless where the operator wants that.
  return settings.metering.onStoreFailure === 'allow'
    ? toJsonAnswer(200, { status: `ready, but ${problem}` })
    : toJsonAnswer(503, { status: problem }, { 'retry-after': '5' })
}
