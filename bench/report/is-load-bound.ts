import type { GatewayName } from '../gateways/gateway.ts'
import { isFlatOut } from '../scenarios/scenario.ts'
import { medianOf } from './ratios.ts'
import type { ScenarioResults } from './results.ts'

/** Below this share the gateway's core had time to spare: the gateway was waiting for something. */
const saturated = 0.9
/** From this share on, the core of the upstream and the load had nothing left to give. */
const exhausted = 0.95
/** From this share of the rate without a gateway on, that and not the gateway may be the limit. */
const asDirect = 0.9

/** True where the rate, and the times with it, are those of the upstream or the load, and say nothing of the gateway. Its CPU stands. */
export function isLoadBound(results: ScenarioResults, name: GatewayName): boolean {
  if (name === 'direct' || !isFlatOut(results.scenario)) return false
  const core = medianOf(({ coreShare }) => coreShare, results, name)
  const rest = medianOf(({ restShare }) => restShare, results, name)
  const rate = ({ perSecond }: { readonly perSecond: number }) => perSecond
  const isAsDirect = medianOf(rate, results, name) > asDirect * medianOf(rate, results, 'direct')
  return (core < saturated && rest > exhausted) || isAsDirect
}
