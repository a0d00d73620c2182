import type { Gateway, GatewayName } from '../gateways/gateway.ts'
import type { ScenarioResults } from '../report/results.ts'
import type { Sample } from '../report/sample.ts'
import type { Scenario } from './scenario.ts'

export interface RoundsOptions {
  readonly rounds: number
  readonly scenarios: readonly Scenario[]
  readonly gateways: readonly Gateway[]
  /** Returns false for a scenario that the gateway fails, which is then not measured. */
  readonly isAble: (scenario: Scenario, gateway: Gateway) => boolean
  /** Runs the same load briefly without measuring it, because the other gateways have displaced the CPU caches. */
  readonly settleIn: (scenario: Scenario, gateway: Gateway) => Promise<void>
  readonly measure: (scenario: Scenario, gateway: Gateway) => Promise<Sample>
  readonly say: (line: string) => void
}

/** Runs every scenario against every gateway in each round. Each round starts with another gateway. */
export async function runRounds(options: RoundsOptions): Promise<ScenarioResults[]> {
  const { rounds, scenarios, gateways, settleIn, measure, say } = options
  const results = scenarios.map((scenario) => toEmptyResults(scenario, options))
  for (let round = 0; round < rounds; round++) {
    const order = rotate(gateways, round)
    for (const { scenario, samples } of results.filter(({ scenario }) => round % scenario.every === 0)) {
      for (const gateway of order.filter(({ name }) => samples.has(name))) {
        await settleIn(scenario, gateway)
        const sample = await measure(scenario, gateway)
        samples.get(gateway.name)?.push(sample)
        say(describe(round, scenario, gateway.name, sample))
      }
    }
  }
  return results
}

function toEmptyResults(scenario: Scenario, { gateways, isAble }: RoundsOptions) {
  const fitting = gateways.filter(({ name }) => scenario.gateways.includes(name))
  const able = fitting.filter((gateway) => isAble(scenario, gateway))
  return {
    scenario,
    samples: new Map<GatewayName, Sample[]>(able.map(({ name }) => [name, []])),
    unable: fitting.filter((gateway) => !able.includes(gateway)).map(({ name }) => name),
  }
}

function rotate<Item>(items: readonly Item[], by: number): readonly Item[] {
  const first = by % items.length
  return [...items.slice(first), ...items.slice(0, first)]
}

function describe(round: number, scenario: Scenario, name: string, { perSecond, cpuMicros, faulty }: Sample): string {
  const cpu = cpuMicros === undefined ? '' : ` · ${Math.round(cpuMicros)} µs`
  const faults = faulty === 0 ? '' : ` · ${faulty} faulty`
  return `round ${round + 1} · ${scenario.id} · ${name} · ${Math.round(perSecond)}/s${cpu}${faults}`
}
