import { type GatewayResponse, toJsonResponse } from '../../core/gateway-response.ts'
import type { RouteRequest } from '../route.ts'

/** `GET /livez` is about the process alone (R57). */
export function answerLive(): GatewayResponse {
  return toJsonResponse(200, { status: 'alive' })
}

/** `GET /readyz` tells a load balancer whether to send traffic here, and no details (S77). */
export function answerReady({ ports, isDraining }: RouteRequest): GatewayResponse {
  const { metering, registry, settings } = ports
  if (isDraining) return toJsonResponse(503, { status: 'draining' }, { 'retry-after': '1' })
  if (registry.providers.every(({ unavailableReason }) => unavailableReason !== undefined))
    return toJsonResponse(503, { status: 'no provider configured' }, { 'retry-after': '60' })
  const problem = metering?.problem()
  if (problem === undefined) return toJsonResponse(200, { status: 'ready' })
  // Calls without a budget pass nonetheless where the operator wants that.
  return settings.metering.onStoreFailure === 'allow'
    ? toJsonResponse(200, { status: `ready, but ${problem}` })
    : toJsonResponse(503, { status: problem }, { 'retry-after': '5' })
}
