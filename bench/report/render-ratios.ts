import { type GatewayName, gatewayTitles } from '../gateways/gateway.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { isLoadBound } from './is-load-bound.ts'
import { added, type Measure, ratioOf } from './ratios.ts'
import type { ScenarioResults } from './results.ts'
import { toNumberText } from './to-number-text.ts'
import { toTable } from './to-table.ts'

interface Row {
  readonly title: string
  readonly measure: Measure
  readonly unit?: Scenario['unit']
  /** True for figures of the load if the load is the limit. */
  readonly isTime?: boolean
  /** True for figures that a pace determines. */
  readonly isRate?: boolean
}

/** "Added" is the time above that without a gateway in the same round. */
const rows: readonly Row[] = [
  { title: 'throughput', measure: ({ perSecond }) => perSecond, isTime: true, isRate: true },
  { title: 'CPU', measure: ({ cpuMicros }) => cpuMicros },
  { title: 'added p50', measure: added(({ p50Ms }) => p50Ms), unit: 'request', isTime: true },
  { title: 'added p99', measure: added(({ p99Ms }) => p99Ms), unit: 'request', isTime: true },
  {
    title: 'added first byte p50',
    measure: added(({ firstByteP50Ms }) => firstByteP50Ms),
    unit: 'stream',
    isTime: true,
  },
  { title: 'RSS', measure: ({ residentMiB }) => residentMiB },
]

const bases: readonly GatewayName[] = ['weir', 'weir-bare', 'bun', 'bun-bare', 'workerd']

/** Renders the figures of Weir's first measured variant, divided by those of each other gateway. */
export function renderRatios(results: ScenarioResults): string {
  const { scenario, samples } = results
  const base = bases.find((name) => samples.has(name))
  const others = [...samples.keys()].filter((name) => name !== base)
  if (base === undefined || others.length === 0) return ''
  const isOfLoad = (name: GatewayName) => isLoadBound(results, name) || isLoadBound(results, base)
  const fitting = rows.filter(
    ({ unit = scenario.unit, isRate = false }) => unit === scenario.unit && !(isRate && scenario.paceMs > 0),
  )
  const lines = fitting.map(({ title, measure, isTime = false }) => [
    title,
    ...others.map((name) => (isTime && isOfLoad(name) ? '' : toNumberText(ratioOf(measure, results, [base, name])))),
  ])
  return toTable([`${gatewayTitles[base]} ÷`, ...others.map((name) => gatewayTitles[name])], lines)
}
