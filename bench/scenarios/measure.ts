import type { Gateway } from '../gateways/gateway.ts'
import type { Load, LoadResult } from '../load/load.ts'
import type { Tools } from '../machine/find-tools.ts'
import { busyShare, readCoreTimes } from '../machine/read-core-times.ts'
import { readProcessUsage } from '../machine/read-process-usage.ts'
import type { Sample } from '../report/sample.ts'
import type { Scenario } from './scenario.ts'

export interface MeasureOptions {
  readonly run: (load: Load) => Promise<LoadResult>
  readonly cores: Tools['cores']
}

/** Runs one scenario once against one gateway. */
export async function measure(
  scenario: Scenario,
  { origin, headers, pid }: Gateway,
  { run, cores }: MeasureOptions,
): Promise<Sample> {
  const read = () => ({
    usage: pid === undefined ? undefined : readProcessUsage(pid),
    own: cores && readCoreTimes(cores.gateway),
    rest: cores && readCoreTimes(cores.rest),
  })
  const before = read()
  const result = await run({ ...toLoad(scenario), origin, headers })
  const after = read()
  const cpuMs = before.usage && after.usage && after.usage.cpuMs - before.usage.cpuMs
  return {
    perSecond: result.clean / (result.elapsedMs / 1_000),
    cpuMicros: cpuMs === undefined ? undefined : (cpuMs * 1_000) / result.clean,
    ownShare: cpuMs === undefined ? undefined : cpuMs / result.elapsedMs,
    coreShare: busyShare(before.own, after.own),
    restShare: busyShare(before.rest, after.rest),
    p50Ms: result.whole.p50,
    p99Ms: result.whole.p99,
    firstByteP50Ms: result.firstByte.p50,
    firstByteP99Ms: result.firstByte.p99,
    residentMiB: after.usage?.residentMiB,
    clean: result.clean,
    faulty: result.faulty,
    gaps: result.gaps,
  }
}

/** Returns the load of a scenario without its destination. */
export function toLoad(scenario: Scenario): Omit<Load, 'origin' | 'headers'> {
  const { path, body, concurrency, durationMs, bodyBytes, ending, paceMs } = scenario
  return { path, body, concurrency, durationMs, bodyBytes, ending, paceMs }
}
