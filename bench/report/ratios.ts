import type { GatewayName } from '../gateways/gateway.ts'
import { median } from './median.ts'
import type { ScenarioResults } from './results.ts'
import type { Sample } from './sample.ts'

/** A figure of one sample; `direct` is that without a gateway in the same round. */
export type Measure = (sample: Sample, direct: Sample | undefined) => number | undefined

/** What a gateway takes longer than no gateway in the same round. */
export function added(time: (sample: Sample) => number): Measure {
  return (sample, direct) =>
    direct === undefined || direct === sample ? undefined : Math.max(0, time(sample) - time(direct))
}

/** A gateway's figures divided by another's: the median of the ratios within each round, so that what else the machine did falls out. */
export function ratioOf(measure: Measure, results: ScenarioResults, pair: readonly [GatewayName, GatewayName]): number {
  return median(ratiosOf(measure, results, pair))
}

/** The ratio within each round. */
export function ratiosOf(
  measure: Measure,
  { samples }: ScenarioResults,
  [name, other]: readonly [GatewayName, GatewayName],
): readonly number[] {
  const direct = samples.get('direct')
  return (samples.get(name) ?? []).flatMap((sample, round) => {
    const peer = samples.get(other)?.[round]
    const above = measure(sample, direct?.[round])
    const below = peer && measure(peer, direct?.[round])
    return above === undefined || below === undefined ? [] : [above / below]
  })
}

/** The median of one figure of one gateway; NaN where it was not measured. */
export function medianOf(measure: Measure, { samples }: ScenarioResults, name: GatewayName): number {
  const direct = samples.get('direct')
  const values = (samples.get(name) ?? []).map((sample, round) => measure(sample, direct?.[round]))
  return median(values.filter((value) => value !== undefined))
}
