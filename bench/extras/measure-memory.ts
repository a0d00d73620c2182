import { setTimeout as delay } from 'node:timers/promises'
import type { Gateway, GatewayName } from '../gateways/gateway.ts'
import type { Loader } from '../load/start-loader.ts'
import { readProcessUsage } from '../machine/read-process-usage.ts'
import { toLoad } from '../scenarios/measure.ts'
import type { Scenario } from '../scenarios/scenario.ts'

/** Resident memory of one process. */
export interface MemoryUse {
  readonly name: GatewayName
  readonly idleMiB: number
  readonly peakMiB: number
  /** Memory a few seconds after the last call. */
  readonly afterMiB: number
}

const loadMs = 8_000
const restMs = 3_000
const sampleMs = 50

/** Loads a fresh process and samples its memory. Resolves with undefined without `/proc`. */
export async function measureMemory(
  gateway: Gateway,
  scenario: Scenario,
  loader: Loader,
): Promise<MemoryUse | undefined> {
  const { name, origin, headers, pid } = gateway
  const read = () => (pid === undefined ? undefined : readProcessUsage(pid)?.residentMiB)
  const idleMiB = read()
  if (idleMiB === undefined) return undefined
  let peakMiB = idleMiB
  const timer = setInterval(() => {
    peakMiB = Math.max(peakMiB, read() ?? 0)
  }, sampleMs)
  await loader.run({ ...toLoad(scenario), origin, headers, durationMs: loadMs })
  clearInterval(timer)
  await delay(restMs)
  return { name, idleMiB, peakMiB, afterMiB: read() ?? Number.NaN }
}
