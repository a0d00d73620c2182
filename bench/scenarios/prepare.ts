import type { Gateway } from '../gateways/gateway.ts'
import type { Loader } from '../load/start-loader.ts'
import { toLoad } from './measure.ts'
import type { Scenario } from './scenario.ts'

export interface PrepareOptions {
  readonly loader: Loader
  readonly isQuick: boolean
  readonly say: (line: string) => void
}

export type IsAble = (scenario: Scenario, gateway: Gateway) => boolean

const connections = 4

/**
 * Sends each gateway a few calls of every kind, checks every byte of the responses, and warms the gateway up: V8
 * finishes compiling only after tens of thousands of calls. Returns which gateway can run which scenario.
 */
export async function prepare(
  gateways: readonly Gateway[],
  scenarios: readonly Scenario[],
  options: PrepareOptions,
): Promise<IsAble> {
  const able = new Map<string, boolean>()
  for (const gateway of gateways) {
    options.say(`checking and warming up ${gateway.name}`)
    for (const scenario of scenarios.filter((one) => one.gateways.includes(gateway.name))) {
      const known = able.get(nameOf(scenario, gateway))
      const isAble = known ?? (await tryOut(scenario, gateway, options))
      able.set(nameOf(scenario, gateway), isAble)
      if (isAble) await warmUp(scenario, gateway, options)
    }
  }
  return (scenario, gateway) => able.get(nameOf(scenario, gateway)) === true
}

/** Names a call. The same call at another concurrency needs no second check. */
function nameOf({ path, body }: Scenario, { name }: Gateway): string {
  return `${name} ${path} ${body}`
}

async function tryOut(scenario: Scenario, gateway: Gateway, { loader, say }: PrepareOptions): Promise<boolean> {
  const { origin, headers } = gateway
  const { faulty } = await loader.run({ ...toLoad(scenario), origin, headers, concurrency: connections, durationMs: 0 })
  if (faulty > 0) say(`${gateway.name} fails ${scenario.id}: ${faulty} of ${connections} responses are wrong`)
  return faulty === 0
}

async function warmUp(scenario: Scenario, gateway: Gateway, { loader, isQuick }: PrepareOptions): Promise<void> {
  const { origin, headers, pid } = gateway
  if (scenario.warmUpMs === 0 || pid === undefined) return
  const durationMs = scenario.warmUpMs / (isQuick ? 4 : 1)
  await loader.run({ ...toLoad(scenario), origin, headers, durationMs })
}
