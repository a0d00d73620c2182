import { type Answer, toJsonAnswer } from '../../core/answer.ts'
import type { RouteRequest } from '../route.ts'

/** `GET /livez` is about the process alone (R57). */
export function answerLive(): Answer {
  return toJsonAnswer(200, { status: 'alive' })
}

/** `GET /readyz` tells a load balancer whether to send traffic here, and no details (S77). */
export function answerReady({ ports, isDraining }: RouteRequest): Answer {
  if (isDraining) return toJsonAnswer(503, { status: 'draining' }, { 'retry-after': '1' })
  return ports.registry.providers.some(({ unavailableReason }) => unavailableReason === undefined)
    ? toJsonAnswer(200, { status: 'ready' })
    : toJsonAnswer(503, { status: 'no provider configured' }, { 'retry-after': '60' })
}
