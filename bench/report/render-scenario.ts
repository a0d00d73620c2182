import { type GatewayName, gatewayTitles } from '../gateways/gateway.ts'
import { isFlatOut, type Scenario } from '../scenarios/scenario.ts'
import { countLate } from './count-late.ts'
import { isLoadBound } from './is-load-bound.ts'
import { median } from './median.ts'
import { renderRatios } from './render-ratios.ts'
import type { ScenarioResults } from './results.ts'
import type { Sample } from './sample.ts'
import { toNumberText } from './to-number-text.ts'
import { toTable } from './to-table.ts'

type Cell = (samples: readonly Sample[], name: GatewayName, results: ScenarioResults) => string
type Column = readonly [title: string, cell: Cell]

/** Renders one scenario: the medians of each gateway, then Weir's ratio to each of the others. */
export function renderScenario(results: ScenarioResults): string {
  const { scenario, samples, unable } = results
  const columns = listColumns(scenario)
  const rows = [...samples].map(([name, list]) => [
    gatewayTitles[name],
    ...columns.map(([, cell]) => cell(list, name, results)),
  ])
  const table = toTable(['', ...columns.map(([title]) => title)], rows)
  const missing = unable.map((name) => `${gatewayTitles[name]} does not handle these calls correctly.\n`).join('')
  return [`## ${scenario.title}`, table + missing, renderRatios(results)]
    .join('\n\n')
    .replaceAll('\n\n\n', '\n\n')
    .trimEnd()
}

function listColumns(scenario: Scenario): readonly Column[] {
  const { unit } = scenario
  return [
    [`${unit}s/s (min–max)`, rateCell],
    [`CPU µs/${unit} (min)`, cpuCell],
    ...listTimes(scenario),
    ['RSS MiB', medianCell(({ residentMiB }) => residentMiB)],
    ['clean', sumCell(({ clean }) => clean)],
    ['faulty', sumCell(({ faulty }) => faulty)],
  ]
}

function listTimes({ unit, paceMs }: Scenario): readonly Column[] {
  if (unit === 'request') {
    return [
      ['p50 ms', timeCell(({ p50Ms }) => p50Ms)],
      ['p99 ms', timeCell(({ p99Ms }) => p99Ms)],
    ]
  }
  const times: readonly Column[] = [
    ['first byte p50 ms', timeCell(({ firstByteP50Ms }) => firstByteP50Ms)],
    ['first byte p99 ms', timeCell(({ firstByteP99Ms }) => firstByteP99Ms)],
    ['whole p50 ms', timeCell(({ p50Ms }) => p50Ms)],
  ]
  return paceMs === 0 ? times : [...times, ['longest gap ms', maxGapCell], ['late', lateCell]]
}

const rateCell: Cell = (samples, name, results) => {
  if (isLoadBound(results, name)) return 'the load is the limit'
  const rates = samples.map(({ perSecond }) => perSecond)
  const spread = rates.length > 1 && isFlatOut(results.scenario)
  const range = `${toNumberText(Math.min(...rates))}–${toNumberText(Math.max(...rates))}`
  return spread ? `${toNumberText(median(rates))} (${range})` : toNumberText(median(rates))
}

const cpuCell: Cell = (samples) => {
  const values = present(samples, ({ cpuMicros }) => cpuMicros)
  return values.length === 0 ? '' : `${toNumberText(median(values))} (${toNumberText(Math.min(...values))})`
}

const maxGapCell: Cell = (samples) =>
  toNumberText(median(samples.map(({ gaps }) => gaps.reduce((maximum, gap) => Math.max(maximum, gap), 0))))

const lateCell: Cell = (_samples, name, results) =>
  String(countLate(results, name).reduce((sum, count) => sum + count, 0))

function timeCell(time: (sample: Sample) => number): Cell {
  return (samples, name, results) => (isLoadBound(results, name) ? '' : toNumberText(median(samples.map(time))))
}

function medianCell(measure: (sample: Sample) => number | undefined): Cell {
  return (samples) => toNumberText(median(present(samples, measure)))
}

function sumCell(measure: (sample: Sample) => number): Cell {
  return (samples) => String(samples.reduce((total, sample) => total + measure(sample), 0))
}

function present(samples: readonly Sample[], measure: (sample: Sample) => number | undefined): readonly number[] {
  return samples.map(measure).filter((value) => value !== undefined)
}
