import type { GatewayName } from '../gateways/gateway.ts'
import { median } from './median.ts'
import type { ScenarioResults } from './results.ts'

/** How many times the pace of the events a silence may last. */
const tolerance = 2

/** How many clean streams had a gap that counts against the gateway, in each round. */
export function countLate({ scenario, samples }: ScenarioResults, name: GatewayName): readonly number[] {
  return (samples.get(name) ?? []).map(({ gaps }, round) => {
    // A gap that is there without a gateway too is the machine's.
    const own = name === 'direct' ? [] : (samples.get('direct')?.[round]?.gaps ?? [])
    const limit = own.reduce((longest, gap) => Math.max(longest, gap), scenario.paceMs * tolerance)
    return gaps.filter((gap) => gap > limit).length
  })
}

/** The median over the rounds of streams that were complete and in time. */
export function countClean(results: ScenarioResults, name: GatewayName): number {
  const late = countLate(results, name)
  const clean = (results.samples.get(name) ?? []).map((sample, round) => sample.clean - (late[round] ?? 0))
  return median(clean)
}
