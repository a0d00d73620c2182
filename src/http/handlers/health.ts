import { type GatewayResponse, toJsonResponse } from '../../core/gateway-response.ts'
import type { RouteRequest } from '../route.ts'

/** `GET /livez` reports on the process alone (R57). */
export function handleLive(): GatewayResponse {
  return toJsonResponse(200, { status: 'alive' })
}

/** `GET /readyz` reports to a load balancer whether to send traffic here, without details (S77). */
export function handleReady({ ports, isDraining }: RouteRequest): GatewayResponse {
  const { metering, registry, settings } = ports
  if (isDraining) return toJsonResponse(503, { status: 'draining' }, { 'retry-after': '1' })
  if (registry.providers.every(({ unavailableReason }) => unavailableReason !== undefined))
    return toJsonResponse(503, { status: 'no provider configured' }, { 'retry-after': '60' })
  const problem = metering?.problem()
  if (problem === undefined) return toJsonResponse(200, { status: 'ready' })
  // With `on_store_failure: allow`, calls without a budget still pass.
  return settings.metering.onStoreFailure === 'allow'
    ? toJsonResponse(200, { status: `ready, but ${problem}` })
    : toJsonResponse(503, { status: problem }, { 'retry-after': '5' })
}
