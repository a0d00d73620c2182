import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRandom } from '../crash/create-random.ts'
import { callers, createLedgerFile } from '../crash/open-ledger-file.ts'
import { type ChaosComparison, compareBooks } from './compare-books.ts'
import { type Phase, type PlannedCall, planPhases, strategies, targetNames } from './plan-phases.ts'
import { type ChatResult, sendChat } from './send-chat.ts'
import { type ServerGroup, startServers, toProviders } from './start-servers.ts'
import { type BilledUsage, type ChaosTarget, type ChatBody, startTarget } from './start-target.ts'

export interface ChaosOptions {
  readonly calls: number
  readonly callsPerPhase: number
  readonly concurrency: number
  readonly seed: number
  readonly say: (line: string) => void
}

export interface ChaosResult extends ChaosComparison {
  readonly phases: readonly Phase[]
}

/** Shorter than the time of an answer on a busy machine would fail healthy targets. */
const firstByteMs = 2_000

/** Sends calls by routes over three targets that fail by a script, with two servers on one database. */
export async function runChaos({ calls, callsPerPhase, concurrency, seed, say }: ChaosOptions): Promise<ChaosResult> {
  const phases = planPhases(calls, callsPerPhase, createRandom(seed))
  const folder = mkdtempSync(join(tmpdir(), 'weir-chaos-'))
  const [a, b, c] = await Promise.all([0, 1, 2].map((number) => startTarget(number, readUsage)))
  const targets = { a, b, c } as Record<(typeof targetNames)[number], ChaosTarget>
  let servers: ServerGroup | undefined
  try {
    await createLedgerFile(folder)
    servers = await startServers(folder, 2, toConfig(targets))
    const results = new Map<string, ChatResult>()
    for (const [number, phase] of phases.entries()) {
      await Promise.all(targetNames.map((name) => targets[name].behave(phase.behaviours[name])))
      await sendAll(phase, concurrency, servers.origins, results)
      if (number % 10 === 9) say(`${number + 1} of ${phases.length} phases`)
    }
    await servers.stop()
    servers = undefined
    return { phases, ...(await compareBooks({ phases, targets, results, folder })) }
  } finally {
    await servers?.stop()
    for (const name of targetNames) targets[name].close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function toConfig(targets: Readonly<Record<string, ChaosTarget>>): object {
  const urls = Object.fromEntries(Object.entries(targets).map(([name, { url }]) => [name, url]))
  const route = (strategy: string) => ({
    ...{ strategy, targets: targetNames.map((name) => ({ model: `${name}/m` })) },
    on_failure: { timeout: ['next'], unknown_outcome: ['next'] },
  })
  return {
    ...toProviders(urls, { first_byte_ms: firstByteMs }),
    routes: Object.fromEntries(strategies.map((strategy) => [strategy, route(strategy)])),
  }
}

/** Sends the calls of a phase, `concurrency` at a time, to the servers in turn. */
async function sendAll(
  { calls }: Phase,
  concurrency: number,
  origins: readonly string[],
  results: Map<string, ChatResult>,
): Promise<void> {
  const [{ secret } = { secret: '' }] = callers
  const queue = calls.entries()
  const work = async () => {
    for (const [index, call] of queue)
      results.set(call.id, await sendChat(origins[index % origins.length] ?? '', secret, toBody(call)))
  }
  await Promise.all(Array.from({ length: concurrency }, work))
}

function toBody(call: PlannedCall) {
  const { id, route, isStream } = call
  const content = JSON.stringify(call)
  return { model: route, user: id, stream: isStream, messages: [{ role: 'user', content }] }
}

/** A target bills as its call's plan says. */
function readUsage({ messages }: ChatBody): BilledUsage {
  const { inputTokens, outputTokens } = JSON.parse(messages[0]?.content ?? '') as PlannedCall
  return { inputTokens, cachedTokens: 0, outputTokens }
}
