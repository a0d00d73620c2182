import { type GatewayName, gatewayTitles } from '../gateways/gateway.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { median } from './median.ts'
import type { ScenarioResults } from './results.ts'
import type { Sample } from './sample.ts'
import { toNumberText } from './to-number-text.ts'
import { toTable } from './to-table.ts'

type Measure = (sample: Sample, direct: Sample | undefined) => number | undefined

/** What each row of the table compares. "Added" is what a gateway takes longer than no gateway in the same round. */
const measures: readonly (readonly [title: string, measure: Measure, unit?: Scenario['unit']])[] = [
  ['throughput', ({ perSecond }) => perSecond],
  ['CPU', ({ cpuMicros }) => cpuMicros],
  ['added p50', added(({ p50Ms }) => p50Ms), 'request'],
  ['added p99', added(({ p99Ms }) => p99Ms), 'request'],
  ['added first byte p50', added(({ firstByteP50Ms }) => firstByteP50Ms), 'stream'],
  ['RSS', ({ residentMiB }) => residentMiB],
]

/** Weir's figures divided by those of each other gateway: medians of the ratios within each round, so that what else the machine did falls out. */
export function renderRatios({ scenario, samples }: ScenarioResults): string {
  const others = [...samples.keys()].filter((name) => name !== 'weir')
  if (!samples.has('weir') || others.length === 0) return ''
  const fitting = measures.filter(([, , unit = scenario.unit]) => unit === scenario.unit)
  const rows = fitting.map(([title, measure]) => [
    title,
    ...others.map((name) => toNumberText(median(ratiosTo(name, measure, samples)))),
  ])
  return toTable(['Weir ÷', ...others.map((name) => gatewayTitles[name])], rows)
}

function ratiosTo(name: GatewayName, measure: Measure, samples: ScenarioResults['samples']): readonly number[] {
  const own = samples.get('weir') ?? []
  const direct = samples.get('direct')
  return own.flatMap((sample, round) => {
    const other = samples.get(name)?.[round]
    const above = measure(sample, direct?.[round])
    const below = other && measure(other, direct?.[round])
    return above === undefined || below === undefined ? [] : [above / below]
  })
}

function added(time: (sample: Sample) => number): Measure {
  return (sample, direct) =>
    direct === undefined || direct === sample ? undefined : Math.max(0, time(sample) - time(direct))
}
