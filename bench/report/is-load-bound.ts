import type { GatewayName } from '../gateways/gateway.ts'
import { isFlatOut } from '../scenarios/scenario.ts'
import { medianOf } from './ratios.ts'
import type { ScenarioResults } from './results.ts'

/** Below this share, the gateway's core was partly idle: the gateway was waiting. */
const saturated = 0.9
/** From this share on, the core of the upstream and the load was fully used. */
const exhausted = 0.95
/** From this share of the rate without a gateway on, the upstream or the load may be the limit. */
const asDirect = 0.9

/** Returns true if the upstream or the load limits the rate and the times. The gateway's CPU figure stays valid. */
export function isLoadBound(results: ScenarioResults, name: GatewayName): boolean {
  if (name === 'direct' || !isFlatOut(results.scenario)) return false
  const core = medianOf(({ coreShare }) => coreShare, results, name)
  const rest = medianOf(({ restShare }) => restShare, results, name)
  const rate = ({ perSecond }: { readonly perSecond: number }) => perSecond
  const isAsDirect = medianOf(rate, results, name) > asDirect * medianOf(rate, results, 'direct')
  return (core < saturated && rest > exhausted) || isAsDirect
}
