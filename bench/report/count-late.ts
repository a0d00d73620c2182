import type { GatewayName } from '../gateways/gateway.ts'
import { median } from './median.ts'
import type { ScenarioResults } from './results.ts'

/** Maximum gap, as a multiple of the events' pace. */
const tolerance = 2

/** Counts the clean streams of each round with a too long gap of the gateway's own. */
export function countLate({ scenario, samples }: ScenarioResults, name: GatewayName): readonly number[] {
  return (samples.get(name) ?? []).map(({ gaps }, round) => {
    // A gap that also occurs without a gateway is the machine's.
    const direct = name === 'direct' ? [] : (samples.get('direct')?.[round]?.gaps ?? [])
    const limit = direct.reduce((maximum, gap) => Math.max(maximum, gap), scenario.paceMs * tolerance)
    return gaps.filter((gap) => gap > limit).length
  })
}

/** Returns the median, over the rounds, of the streams that were complete and in time. */
export function countClean(results: ScenarioResults, name: GatewayName): number {
  const late = countLate(results, name)
  const clean = (results.samples.get(name) ?? []).map((sample, round) => sample.clean - (late[round] ?? 0))
  return median(clean)
}
