import { baselinePairs } from '../gateways/gateway.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { isLoadBound } from './is-load-bound.ts'
import { median } from './median.ts'
import { type Measure, medianOf, ratiosOf } from './ratios.ts'
import type { Comparison } from './report.ts'
import type { ScenarioResults } from './results.ts'
import { toNumberText } from './to-number-text.ts'
import { toTable } from './to-table.ts'

const pairTitles = { weir: 'all on', 'weir-bare': 'bare' }

/** Renders this tree beside another commit: both figures and their ratio for each scenario, all on and bare. */
export function renderComparison({ ref, allocations }: Comparison, results: readonly ScenarioResults[]): string {
  const tables = results.map((result) => {
    const { scenario, samples } = result
    const pairs = baselinePairs.filter((pair) => pair.every((name) => samples.has(name)))
    const rows = listRows(scenario).map(({ title, measure, isOfLoad = false }) => [
      title,
      ...pairs.flatMap((pair) => {
        if (isOfLoad && pair.some((name) => isLoadBound(result, name))) return ['the load is the limit', '', '']
        const ratios = ratiosOf(measure, result, pair)
        const spread = `${toNumberText(Math.min(...ratios))}–${toNumberText(Math.max(...ratios))}`
        return [
          ...pair.map((name) => toNumberText(medianOf(measure, result, name))),
          toNumberText(median(ratios)) + (ratios.length > 1 ? ` (${spread})` : ''),
        ]
      }),
    ])
    const allocated = pairs.flatMap((pair) => {
      const [own = Number.NaN, other = Number.NaN] = pair.map(
        (name) => allocations.find((one) => one.name === name && one.scenario === scenario.id)?.bytes,
      )
      return [own / 1_000, other / 1_000, own / other].map(toNumberText)
    })
    const head = pairs.flatMap(([name]) => [pairTitles[name], ref, '÷'])
    return toTable([scenario.title, ...head], [...rows, [`KB allocated/${scenario.unit}`, ...allocated]])
  })
  return [
    `## Against ${ref}`,
    'This tree, the other commit, and this ÷ the other: the median of the ratios of all rounds, with minimum and maximum. Bytes are allocations on V8’s heap by a fixed number of calls to a separate server; two runs differ by 1 to 3 %.',
    ...tables,
  ]
    .join('\n\n')
    .replaceAll('\n\n\n', '\n\n')
    .trimEnd()
}

interface Row {
  readonly title: string
  readonly measure: Measure
  /** True for figures that do not describe the gateway if the load is the limit. */
  readonly isOfLoad?: boolean
}

function listRows({ unit }: Scenario): readonly Row[] {
  const firstByte: readonly Row[] = [
    { title: 'first byte p50 ms', measure: ({ firstByteP50Ms }) => firstByteP50Ms, isOfLoad: true },
    { title: 'first byte p99 ms', measure: ({ firstByteP99Ms }) => firstByteP99Ms, isOfLoad: true },
  ]
  return [
    { title: `CPU µs/${unit}`, measure: ({ cpuMicros }) => cpuMicros },
    ...(unit === 'stream' ? firstByte : []),
    { title: 'p50 ms', measure: ({ p50Ms }) => p50Ms, isOfLoad: true },
    { title: 'p99 ms', measure: ({ p99Ms }) => p99Ms, isOfLoad: true },
    { title: `${unit}s/s`, measure: ({ perSecond }) => perSecond, isOfLoad: true },
    { title: 'RSS MiB', measure: ({ residentMiB }) => residentMiB },
  ]
}
