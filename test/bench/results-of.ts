import type { GatewayName } from '../../bench/gateways/gateway.ts'
import type { ScenarioResults } from '../../bench/report/results.ts'
import type { Sample } from '../../bench/report/sample.ts'
import { listScenarios } from '../../bench/scenarios/list-scenarios.ts'

export const emptySample: Sample = {
  ...{ perSecond: 1_000, cpuMicros: 100, ownShare: 0.95, coreShare: 0.97, restShare: 0.3 },
  ...{ p50Ms: 1, p99Ms: 2, firstByteP50Ms: 1, firstByteP99Ms: 2, residentMiB: 100, clean: 10, faulty: 0, gaps: [] },
}

/** Creates results of one scenario, with the given figures in each round. */
export function resultsOf(
  id: string,
  figures: Partial<Record<GatewayName, readonly Partial<Sample>[]>>,
): ScenarioResults {
  const scenario = listScenarios(false).find((one) => one.id === id)
  if (scenario === undefined) throw new Error(`unknown scenario: ${id}`)
  const names = Object.keys(figures) as GatewayName[]
  const samples = names.map((name): [GatewayName, Sample[]] => [
    name,
    (figures[name] ?? []).map((sample) => ({ ...emptySample, ...sample })),
  ])
  return { scenario, samples: new Map(samples), unable: [] }
}
