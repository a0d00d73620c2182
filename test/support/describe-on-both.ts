import { afterEach, describe, expect } from 'vitest'
import type { Gateway, GatewayOptions, Runtime, StartGateway } from './gateway.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'
import { startNodeGateway } from './start-node-gateway.ts'
import { startStoredNodeGateway } from './start-stored-node-gateway.ts'
import { startStoredWorkerGateway } from './start-stored-worker-gateway.ts'
import { startWorkerGateway } from './start-worker-gateway.ts'
import type { StartStoredGateway } from './stored-gateway.ts'

export interface Surroundings {
  readonly runtime: Runtime
  readonly startUpstream: () => Promise<ScriptedUpstream>
}

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
  define: (start: StartStoredGateway, surroundings: Surroundings) => void,
): void {
  describeOn(storedStarters, name, define)
}

function describeOn<Started extends Gateway>(
  runtimes: readonly Starter<(options?: GatewayOptions) => Promise<Started>>[],
  name: string,
  define: (start: (options?: GatewayOptions) => Promise<Started>, surroundings: Surroundings) => void,
): void {
  describe.each(runtimes)(`${name} ($runtime)`, ({ runtime, startRuntime }) => {
    const gateways: { readonly gateway: Gateway; readonly allowInternalErrors: boolean }[] = []
    const upstreams: ScriptedUpstream[] = []

    afterEach(async ({ task }) => {
      const started = gateways.splice(0)
      const scripted = upstreams.splice(0)
      await Promise.all(started.map(({ gateway }) => gateway.close()))
      await Promise.all(scripted.map((upstream) => upstream.close()))
      if (task.result?.state === 'fail') printOutput(started.map(({ gateway }) => gateway))
      const judged = started.filter(({ allowInternalErrors }) => !allowInternalErrors)
      expect(judged.flatMap(({ gateway }) => gateway.faults())).toEqual([])
      expect(scripted.flatMap((upstream) => upstream.faults)).toEqual([])
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
      },
    )
  })
}

function printOutput(gateways: readonly Gateway[]): void {
  for (const { runtime, output } of gateways) console.error(`Output of the gateway on ${runtime}:\n${output()}`)
}
