import type { Gateway, GatewayName } from '../gateways/gateway.ts'
import type { Loader } from '../load/start-loader.ts'
import { median } from '../report/median.ts'
import { toLoad } from '../scenarios/measure.ts'
import type { Scenario } from '../scenarios/scenario.ts'

export interface StartUp {
  readonly name: GatewayName
  /** Time from the start of the process to the end of its first response. */
  readonly medianMs: number
}

const repetitions = 5

export interface StartUpOptions {
  readonly start: (name: GatewayName) => Promise<Gateway>
  readonly scenario: Scenario
  readonly loader: Loader
}

/** Starts a gateway several times, each time until a call has its response. */
export async function measureStartUp(name: GatewayName, { start, scenario, loader }: StartUpOptions): Promise<StartUp> {
  const times: number[] = []
  for (let count = 0; count < repetitions; count++) {
    const { origin, headers, startedAt, stop } = await start(name)
    await loader.run({ ...toLoad(scenario), origin, headers, concurrency: 1, durationMs: 0 })
    times.push(performance.now() - startedAt)
    await stop()
  }
  return { name, medianMs: median(times) }
}
