import { gatewayTitles } from '../gateways/gateway.ts'
import { median } from './median.ts'
import { renderRatios } from './render-ratios.ts'
import type { ScenarioResults } from './results.ts'
import type { Sample } from './sample.ts'
import { toNumberText } from './to-number-text.ts'
import { toTable } from './to-table.ts'

type Column = readonly [title: string, cell: (samples: readonly Sample[]) => string]

/** One scenario: the medians of each gateway, then Weir's ratio to each of the others. */
export function renderScenario(results: ScenarioResults): string {
  const { scenario, samples } = results
  const columns = listColumns(scenario.unit)
  const rows = [...samples].map(([name, list]) => [gatewayTitles[name], ...columns.map(([, cell]) => cell(list))])
  const table = toTable(['', ...columns.map(([title]) => title)], rows)
  return `## ${scenario.title}\n\n${table}\n${renderRatios(results)}`.trimEnd()
}

function listColumns(unit: 'request' | 'stream'): readonly Column[] {
  const latencies: readonly Column[] =
    unit === 'request'
      ? [
          ['p50 ms', medianOf(({ p50Ms }) => p50Ms)],
          ['p99 ms', medianOf(({ p99Ms }) => p99Ms)],
        ]
      : [
          ['first byte p50 ms', medianOf(({ firstByteP50Ms }) => firstByteP50Ms)],
          ['first byte p99 ms', medianOf(({ firstByteP99Ms }) => firstByteP99Ms)],
          ['whole p50 ms', medianOf(({ p50Ms }) => p50Ms)],
        ]
  return [
    [`${unit}s/s`, medianOf(({ perSecond }) => perSecond)],
    [`CPU µs/${unit} (least)`, cpuCell],
    ...latencies,
    ['RSS MiB', medianOf(({ residentMiB }) => residentMiB)],
    ['clean', sumOf(({ clean }) => clean)],
    ['faulty', sumOf(({ faulty }) => faulty)],
  ]
}

function medianOf(measure: (sample: Sample) => number | undefined) {
  return (samples: readonly Sample[]) => toNumberText(median(present(samples, measure)))
}

function sumOf(measure: (sample: Sample) => number) {
  return (samples: readonly Sample[]) => String(samples.reduce((total, sample) => total + measure(sample), 0))
}

function cpuCell(samples: readonly Sample[]): string {
  const values = present(samples, ({ cpuMicros }) => cpuMicros)
  return values.length === 0 ? '' : `${toNumberText(median(values))} (${toNumberText(Math.min(...values))})`
}

function present(samples: readonly Sample[], measure: (sample: Sample) => number | undefined): readonly number[] {
  return samples.map(measure).filter((value) => value !== undefined)
}
