import type { GatewayName } from '../gateways/gateway.ts'
import { median } from './median.ts'
import type { ScenarioResults } from './results.ts'
import type { Sample } from './sample.ts'

/** Reads a figure of one sample. `direct` is the sample without a gateway in the same round. */
export type Measure = (sample: Sample, direct: Sample | undefined) => number | undefined

/** Returns the time that a gateway adds to the time without a gateway in the same round. */
export function added(time: (sample: Sample) => number): Measure {
  return (sample, direct) =>
    direct === undefined || direct === sample ? undefined : Math.max(0, time(sample) - time(direct))
}

/** Divides a gateway's figures by another's. The median of the ratios per round excludes the machine's other load. */
export function ratioOf(measure: Measure, results: ScenarioResults, pair: readonly [GatewayName, GatewayName]): number {
  return median(ratiosOf(measure, results, pair))
}

/** Returns the ratio of each round. */
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

/** Returns the median of a figure of one gateway; NaN if it was not measured. */
export function medianOf(measure: Measure, { samples }: ScenarioResults, name: GatewayName): number {
  const direct = samples.get('direct')
  const values = (samples.get(name) ?? []).map((sample, round) => measure(sample, direct?.[round]))
  return median(values.filter((value) => value !== undefined))
}
