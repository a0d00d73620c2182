import type { GatewayOptions } from '../gateways/start-gateway.ts'
import { startWeir } from '../gateways/start-weir.ts'
import type { Loader } from '../load/start-loader.ts'
import { median } from '../report/median.ts'
import type { Scenario } from '../scenarios/scenario.ts'

export interface StartUp {
  /** From the start of the process to the end of its first answer. */
  readonly medianMs: number
}

/** Starts Weir anew a few times, each time until a call has been answered. */
export async function measureStartUp(options: GatewayOptions, scenario: Scenario, loader: Loader): Promise<StartUp> {
  const times: number[] = []
  for (let turn = 0; turn < 5; turn++) {
    const startedAt = performance.now()
    const { origin, stop } = await startWeir(options)
    await loader.run({ ...scenario, origin, concurrency: 1, durationMs: 0 })
    times.push(performance.now() - startedAt)
    await stop()
  }
  return { medianMs: median(times) }
}
