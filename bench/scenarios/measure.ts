import type { Gateway } from '../gateways/gateway.ts'
import type { Load, LoadResult } from '../load/load.ts'
import { readProcessUsage } from '../machine/read-process-usage.ts'
import type { Sample } from '../report/sample.ts'
import type { Scenario } from './scenario.ts'

/** Runs one scenario once against one gateway. */
export async function measure(
  scenario: Scenario,
  gateway: Gateway,
  run: (load: Load) => Promise<LoadResult>,
): Promise<Sample> {
  const before = gateway.pid === undefined ? undefined : readProcessUsage(gateway.pid)
  const { body, concurrency, durationMs, bodyBytes, ending } = scenario
  const result = await run({ origin: gateway.origin, body, concurrency, durationMs, bodyBytes, ending })
  const after = gateway.pid === undefined ? undefined : readProcessUsage(gateway.pid)
  const isMeasured = before !== undefined && after !== undefined
  return {
    perSecond: result.clean / (result.elapsedMs / 1_000),
    cpuMicros: isMeasured ? ((after.cpuMs - before.cpuMs) * 1_000) / result.clean : undefined,
    p50Ms: result.whole.p50,
    p99Ms: result.whole.p99,
    firstByteP50Ms: result.firstByte.p50,
    firstByteP99Ms: result.firstByte.p99,
    residentMiB: after?.residentMiB,
    clean: result.clean,
    faulty: result.faulty,
  }
}
