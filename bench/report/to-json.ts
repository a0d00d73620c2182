import { isLoadBound } from './is-load-bound.ts'
import { medianOf } from './ratios.ts'
import type { Report } from './report.ts'
import type { ScenarioResults } from './results.ts'
import type { Sample } from './sample.ts'
import { compareWithTargets } from './targets.ts'

/** Renders the whole report for programs: every sample, and the medians. */
export function toJson(report: Report): string {
  const { results, tools, ...rest } = report
  const whole = {
    ...rest,
    cores: tools.cores,
    scenarios: results.map(toScenario),
    targets: compareWithTargets(report),
  }
  return `${JSON.stringify(whole, undefined, 2)}\n`
}

function toScenario(results: ScenarioResults): object {
  const { id, title, unit, concurrency, paceMs } = results.scenario
  const gateways = [...results.samples].map(([name, samples]) => {
    const medians = figures.map((figure) => [figure, orNothing(medianOf((sample) => sample[figure], results, name))])
    return [
      name,
      {
        isLoadBound: isLoadBound(results, name),
        medians: Object.fromEntries(medians),
        samples: samples.map(({ gaps, ...sample }) => ({ ...sample, longestGapMs: Math.max(0, ...gaps) })),
      },
    ]
  })
  return { id, title, unit, concurrency, paceMs, unable: results.unable, gateways: Object.fromEntries(gateways) }
}

const figures = [
  ...(['perSecond', 'cpuMicros', 'p50Ms', 'p99Ms', 'firstByteP50Ms', 'firstByteP99Ms'] as const),
  ...(['residentMiB', 'ownShare', 'coreShare', 'restShare'] as const),
] satisfies readonly (keyof Sample)[]

function orNothing(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined
}
