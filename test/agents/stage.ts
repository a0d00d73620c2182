import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'
import { aside, isTurn, prices, type Turn } from './fake-model.ts'
import type { Pair } from './pairs.ts'
import { recordTraffic, type Traffic } from './record-traffic.ts'
import { type Desk, prepareDesk, type Running, startAgent } from './run-agent.ts'
import { startWeir, type Weir } from './start-weir.ts'

/** An agent, Weir and a provider, connected and ready. */
export interface Stage {
  readonly desk: Desk
  readonly traffic: Traffic
  readonly weir: Weir
  readonly upstream: ScriptedUpstream
  start(args: readonly string[]): Running
  close(): Promise<void>
}

/** The provider plays the turns in their order, and after them a last word. */
export async function openStage({ agent, model }: Pair, toTurns: (desk: Desk) => readonly Turn[]): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-desk-'))
  const desk = { home: join(folder, 'home'), project: join(folder, 'project') }
  const upstream = await startScriptedUpstream()
  const left = [...toTurns(desk)]
  upstream.respond({
    async play(wire, exchange) {
      const turn = isTurn(exchange) ? (left.shift() ?? lastWord) : aside
      await model.play(turn, exchange).play(wire, exchange)
    },
  })
  const provider = { ...model.provider, base_url: `${upstream.url}${model.basePath}` }
  const aliases = agent.model === model.model ? {} : { [agent.model]: `upstream/${model.model}` }
  const weir = await startWeir({
    providers: { upstream: provider },
    default_provider: 'upstream',
    models: { aliases },
    prices: { [`upstream/${model.model}`]: prices },
  })
  const traffic = await recordTraffic(weir.port)
  prepareDesk(agent, desk, traffic.url)
  return {
    desk,
    traffic,
    weir,
    upstream,
    start: (args) => startAgent(agent, desk, traffic.url, args),
    async close() {
      traffic.close()
      await weir.stop()
      await upstream.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export const lastWord: Turn = { kind: 'text', text: 'That is done.' }
