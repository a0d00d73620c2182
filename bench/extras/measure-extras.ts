import type { Gateway, GatewayName } from '../gateways/gateway.ts'
import type { Loader } from '../load/start-loader.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { type MemoryUse, measureMemory } from './measure-memory.ts'
import { measureStartUp, type StartUp } from './measure-start-up.ts'
import { measureWorker, type WorkerSize } from './measure-worker.ts'

export interface ExtrasOptions {
  readonly names: readonly GatewayName[]
  readonly start: (name: GatewayName) => Promise<Gateway>
  /** The calls that are used to measure memory and start-up. */
  readonly scenario: Scenario
  readonly loader: Loader
  readonly folder: string
  readonly say: (line: string) => void
}

/** Figures of fresh processes; undefined if not measured. */
export interface Extras {
  readonly memory: readonly MemoryUse[] | undefined
  readonly startUps: readonly StartUp[] | undefined
  readonly worker: WorkerSize | undefined
}

export const noExtras: Extras = { memory: undefined, startUps: undefined, worker: undefined }

/** Measures the figures that need fresh processes. */
export async function measureExtras({ names, start, scenario, loader, folder, say }: ExtrasOptions): Promise<Extras> {
  const memory: MemoryUse[] = []
  const startUps: StartUp[] = []
  for (const name of names.filter((one) => one !== 'direct')) {
    say(`memory and start of ${name}`)
    const use = await withGateway(await start(name), (gateway) => measureMemory(gateway, scenario, loader))
    if (use !== undefined) memory.push(use)
    startUps.push(await measureStartUp(name, { start, scenario, loader }))
  }
  return { memory, startUps, worker: await measureWorker(folder) }
}

async function withGateway<Value>(gateway: Gateway, work: (gateway: Gateway) => Promise<Value>): Promise<Value> {
  try {
    return await work(gateway)
  } finally {
    await gateway.stop()
  }
}
