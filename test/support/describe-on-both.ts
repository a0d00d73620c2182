import { afterAll, afterEach, describe, expect } from 'vitest'
import type { Gateway, GatewayOptions, Runtime, StartGateway } from './gateway.ts'
import { isCall } from './log-book.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'
import { startNodeGateway } from './start-node-gateway.ts'
import { startStoredNodeGateway } from './start-stored-node-gateway.ts'
import { startStoredWorkerGateway } from './start-stored-worker-gateway.ts'
import { startWorkerGateway } from './start-worker-gateway.ts'
import type { StartStoredGateway, StoredGateway } from './stored-gateway.ts'

export interface Surroundings<Started extends Gateway = Gateway> {
  readonly runtime: Runtime
  readonly startUpstream: () => Promise<ScriptedUpstream>
  readonly share: Share<Started>
  /** An upstream of this name for all cases of the block, beside the one of `share`, for gateways with several providers. */
  readonly shareUpstream: (name: string) => Promise<ScriptedUpstream>
}

/**
 * Starts a gateway in front of an upstream for all cases of the block that ask for the same options, which saves most of their CPU.
 * For cases that read each response to its end and depend on no earlier call. Each finds upstreams without scripts and requests,
 * and a log without lines; a database keeps its rows.
 */
export type Share<Started extends Gateway = Gateway> = (
  toOptions: (upstream: ScriptedUpstream) => GatewayOptions,
) => Promise<{ readonly upstream: ScriptedUpstream; readonly gateway: Started }>

interface Starter<Start> {
  readonly runtime: Runtime
  readonly startRuntime: Start
}

const starters: readonly Starter<StartGateway>[] = [
  { runtime: 'node', startRuntime: startNodeGateway },
  { runtime: 'workerd', startRuntime: startWorkerGateway },
]

const storedStarters: readonly Starter<StartStoredGateway>[] = [
  { runtime: 'node', startRuntime: startStoredNodeGateway },
  { runtime: 'workerd', startRuntime: startStoredWorkerGateway },
]

/**
 * Runs every case on Node and in workerd, and closes afterwards everything that it started. A case fails if it leaves
 * an `internal` error, an uncaught exception, or bytes at the upstream that are not HTTP.
 */
export function describeOnBoth(name: string, define: (start: StartGateway, surroundings: Surroundings) => void): void {
  describeOn(starters, name, define)
}

/** The same with storage: SQLite and a folder on Node, D1 and R2 in workerd. Each gateway starts empty. */
export function describeOnBothStored(
  name: string,
  define: (start: StartStoredGateway, surroundings: Surroundings<StoredGateway>) => void,
): void {
  describeOn(storedStarters, name, define)
}

function describeOn<Started extends Gateway>(
  runtimes: readonly Starter<(options?: GatewayOptions) => Promise<Started>>[],
  name: string,
  define: (start: (options?: GatewayOptions) => Promise<Started>, surroundings: Surroundings<Started>) => void,
): void {
  describe.each(runtimes)(`${name} ($runtime)`, ({ runtime, startRuntime }) => {
    const gateways: { readonly gateway: Gateway; readonly allowInternalErrors: boolean }[] = []
    const upstreams: ScriptedUpstream[] = []
    const shared = createSharedGateways(startRuntime)

    afterAll(() => shared.close())

    afterEach(async ({ task }) => {
      const isFailed = task.result?.state === 'fail'
      const started = gateways.splice(0)
      const scripted = upstreams.splice(0)
      await Promise.all(started.map(({ gateway }) => gateway.close()))
      await Promise.all(scripted.map((upstream) => upstream.close()))
      if (isFailed) printOutput(started.map(({ gateway }) => gateway))
      const sharedFaults = await shared.endCase(isFailed)
      const judged = started.filter(({ allowInternalErrors }) => !allowInternalErrors)
      expect(judged.flatMap(({ gateway }) => gateway.faults())).toEqual([])
      expect(scripted.flatMap((upstream) => upstream.faults)).toEqual([])
      expect(sharedFaults).toEqual([])
    })

    define(
      async (options = {}) => {
        const gateway = await startRuntime(options)
        gateways.push({ gateway, allowInternalErrors: options.allowInternalErrors ?? false })
        return gateway
      },
      {
        runtime,
        async startUpstream() {
          const upstream = await startScriptedUpstream()
          upstreams.push(upstream)
          return upstream
        },
        share: shared.open,
        shareUpstream: shared.openUpstream,
      },
    )
  })
}

function printOutput(gateways: readonly Gateway[]): void {
  for (const { runtime, output } of gateways) console.error(`Output of the gateway on ${runtime}:\n${output()}`)
}

interface SharedGateways<Started extends Gateway> {
  readonly open: Share<Started>
  openUpstream(name: string): Promise<ScriptedUpstream>
  /** Resolves with the faults that a case left. */
  endCase(isFailed: boolean): Promise<readonly unknown[]>
  close(): Promise<void>
}

function createSharedGateways<Started extends Gateway>(
  startRuntime: (options?: GatewayOptions) => Promise<Started>,
): SharedGateways<Started> {
  const upstreams = new Map<string, Promise<ScriptedUpstream>>()
  const gateways = new Map<string, Promise<Started>>()
  /** Those of the running case. */
  const used: Started[] = []
  const openUpstream = (name: string): Promise<ScriptedUpstream> => {
    const starting = upstreams.get(name) ?? startScriptedUpstream()
    upstreams.set(name, starting)
    return starting
  }
  return {
    openUpstream,
    async open(toOptions) {
      const upstream = await openUpstream('')
      const options = toOptions(upstream)
      const key = JSON.stringify(options)
      const starting = gateways.get(key) ?? startRuntime(options)
      gateways.set(key, starting)
      const gateway = withoutEarlierOutput(await starting)
      used.push(gateway)
      return { upstream, gateway }
    },
    async endCase(isFailed) {
      const views = used.splice(0)
      if (isFailed) printOutput(views)
      await Promise.all(views.map(untilLogged))
      const scripted = await Promise.all(upstreams.values())
      const faults = [
        ...scripted.flatMap((upstream) => upstream.faults),
        ...views.flatMap((gateway) => gateway.faults()),
      ]
      for (const upstream of scripted) upstream.reset()
      return faults
    },
    async close() {
      for (const starting of gateways.values()) await (await starting).close()
      for (const starting of upstreams.values()) await (await starting).close()
    },
  }
}

function withoutEarlierOutput<Started extends Gateway>(gateway: Started): Started {
  const lines = new Set(gateway.logs())
  const { length } = gateway.output()
  const faults = gateway.faults()
  return {
    ...gateway,
    logs: () => gateway.logs().filter((line) => !lines.has(line)),
    findLog: (test = isCall, timeoutMs) => gateway.findLog((line) => !lines.has(line) && test(line), timeoutMs),
    output: () => gateway.output().slice(length),
    faults: () => gateway.faults().slice(faults.length),
  }
}

/** Waits for the lines of the calls that have ended: the line of one more call follows them. */
async function untilLogged(gateway: Gateway): Promise<void> {
  const response = await fetch(`${gateway.url}/v1/models/none`)
  await response.arrayBuffer()
  await gateway.findLog((line) => line.request_id === response.headers.get('x-request-id'))
}
