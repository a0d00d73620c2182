import type { Gateway, GatewayName } from '../gateways/gateway.ts'
import type { Loader } from '../load/start-loader.ts'
import { median } from '../report/median.ts'
import { toLoad } from '../scenarios/measure.ts'
import type { Scenario } from '../scenarios/scenario.ts'

export interface StartUp {
  readonly name: GatewayName
  /** From the start of the process to the end of its first answer. */
  readonly medianMs: number
}

const turns = 5

export interface StartUpOptions {
  readonly start: (name: GatewayName) => Promise<Gateway>
  readonly scenario: Scenario
  readonly loader: Loader
}

/** Starts a gateway anew a few times, each time until a call has been answered. */
export async function measureStartUp(name: GatewayName, { start, scenario, loader }: StartUpOptions): Promise<StartUp> {
  const times: number[] = []
  for (let turn = 0; turn < turns; turn++) {
    const { origin, headers, startedAt, stop } = await start(name)
    await loader.run({ ...toLoad(scenario), origin, headers, concurrency: 1, durationMs: 0 })
    times.push(performance.now() - startedAt)
    await stop()
  }
  return { name, medianMs: median(times) }
}
