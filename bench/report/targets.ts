import type { GatewayName } from '../gateways/gateway.ts'
import { countClean } from './count-late.ts'
import { isLoadBound } from './is-load-bound.ts'
import { median } from './median.ts'
import { added, type Measure, medianOf, ratioOf } from './ratios.ts'
import type { Report } from './report.ts'
import type { ScenarioResults } from './results.ts'

/** A target for Weir on Node, mostly as a ratio within one run. */
export interface Target {
  readonly title: string
  readonly min?: number
  readonly max?: number
  readonly unit?: string
  /** Returns NaN if the run did not measure it. */
  measure(report: Report): number
}

export interface Outcome {
  readonly title: string
  readonly bound: string
  /** Undefined if the run did not measure it. */
  readonly value: number | undefined
  readonly isMet: boolean | undefined
}

const rate: Measure = ({ perSecond }) => perSecond
const cpu: Measure = ({ cpuMicros }) => cpuMicros
const firstByte = added(({ firstByteP50Ms }) => firstByteP50Ms)

const targets: readonly Target[] = [
  { title: 'All on: throughput ÷ Portkey’s', min: 6, measure: ratio('json-64', rate, ['weir', 'portkey']) },
  {
    title: 'All on, under Bun: throughput ÷ Portkey’s',
    min: 10,
    measure: ratio('json-64', rate, ['bun', 'portkey']),
  },
  { title: 'All on: CPU per request ÷ nginx’s', max: 6, measure: ratio('json-64', cpu, ['weir', 'nginx']) },
  { title: 'Bare: CPU per request ÷ nginx’s', max: 4.5, measure: ratio('json-64', cpu, ['weir-bare', 'nginx']) },
  {
    title: 'Bare, under Bun: CPU per request ÷ nginx’s',
    max: 2.5,
    measure: ratio('json-64', cpu, ['bun-bare', 'nginx']),
  },
  {
    title: 'All on, one connection: added p50 ÷ nginx’s',
    max: 2,
    measure: ratio(
      'json-1',
      added(({ p50Ms }) => p50Ms),
      ['weir', 'nginx'],
    ),
  },
  {
    title: 'All on, streams in a burst: CPU ÷ bare undici’s',
    max: 1.3,
    measure: ratio('burst', cpu, ['weir', 'dispatch']),
  },
  {
    title: 'All on, paced streams: CPU ÷ bare undici’s',
    max: 1.3,
    measure: ratio('paced', cpu, ['weir', 'dispatch']),
  },
  {
    title: 'All on, Messages translated to chat completions: CPU per stream ÷ passed',
    max: 1.5,
    measure: (report) => acrossScenarios(report, ['messages-as-chat', 'messages'], 'weir'),
  },
  {
    title: 'All on, by a route of 3 targets, `ordered`: CPU per request ÷ by its model',
    max: 1.1,
    measure: (report) => acrossScenarios(report, ['route-ordered-3', 'json-64'], 'weir'),
  },
  {
    title: 'The same, `sticky`',
    max: 1.1,
    measure: (report) => acrossScenarios(report, ['route-sticky-3', 'json-64'], 'weir'),
  },
  {
    title: 'The same of 50 targets',
    max: 1.1,
    measure: (report) => acrossScenarios(report, ['route-sticky-50', 'json-64'], 'weir'),
  },
  {
    title: 'All on: clean streams of 512 at once',
    min: 512,
    measure: (report) => fromScenario(report, 'streams-512', (results) => countClean(results, 'weir')),
  },
  {
    title: 'All on, one stream at a time: added first byte',
    ...{ max: 1, unit: 'ms' },
    measure: (report) => fromScenario(report, 'stream-1', (results) => medianOf(firstByte, results, 'weir')),
  },
  {
    title: 'All on: peak memory at 64 connections',
    ...{ max: 150, unit: 'MB' },
    measure: ({ memory }) => toMegabytes(memory?.find(({ name }) => name === 'weir')?.peakMiB),
  },
  {
    title: 'All on: from start to the first response',
    ...{ max: 1_000, unit: 'ms' },
    measure: ({ startUps }) => startUps?.find(({ name }) => name === 'weir')?.medianMs ?? Number.NaN,
  },
  {
    title: 'Worker: bundle, compressed',
    ...{ max: 1_024, unit: 'KiB' },
    measure: ({ worker }) => worker?.gzipKiB ?? Number.NaN,
  },
  {
    title: 'Worker: CPU per call in workerd',
    ...{ max: 3, unit: 'ms' },
    measure: (report) => fromScenario(report, 'json-64', (results) => medianOf(cpu, results, 'workerd') / 1_000),
  },
]

/** Returns each target with the run's result. */
export function compareWithTargets(report: Report): readonly Outcome[] {
  return targets.map(({ title, min, max, unit = '', measure }) => {
    const value = measure(report)
    const bound = min === undefined ? `≤ ${max} ${unit}` : `≥ ${min} ${unit}`
    const isMet = value >= (min ?? Number.NEGATIVE_INFINITY) && value <= (max ?? Number.POSITIVE_INFINITY)
    return Number.isFinite(value)
      ? { title, bound: bound.trim(), value, isMet }
      : { title, bound: bound.trim(), value: undefined, isMet: undefined }
  })
}

function ratio(scenario: string, measure: Measure, pair: readonly [GatewayName, GatewayName]): Target['measure'] {
  return (report) =>
    fromScenario(report, scenario, (results) => {
      const isOfLoad = measure !== cpu && pair.some((name) => isLoadBound(results, name))
      return isOfLoad ? Number.NaN : ratioOf(measure, results, pair)
    })
}

function fromScenario({ results }: Report, id: string, read: (results: ScenarioResults) => number): number {
  const found = results.find(({ scenario }) => scenario.id === id)
  return found === undefined ? Number.NaN : read(found)
}

/** Divides a gateway's CPU time per call in one scenario by that in another: the median of the ratios of all rounds. */
function acrossScenarios({ results }: Report, ids: readonly [string, string], name: GatewayName): number {
  const [above = [], below = []] = ids.map((id) => {
    const samples = results.find(({ scenario }) => scenario.id === id)?.samples.get(name) ?? []
    return samples.map(({ cpuMicros = Number.NaN }) => cpuMicros)
  })
  return median(above.map((micros, round) => micros / (below[round] ?? Number.NaN)))
}

function toMegabytes(mebibytes: number | undefined): number {
  return mebibytes === undefined ? Number.NaN : (mebibytes * 2 ** 20) / 1e6
}
