import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Strategy, strategies } from '../../src/config/route-settings.ts'
import { createRandom } from '../crash/create-random.ts'
import { callers, createLedgerFile } from '../crash/open-ledger-file.ts'
import { type ChaosComparison, compareBooks } from './compare-books.ts'
import { type Phase, type PlannedCall, planPhases, retrying, targetNames } from './plan-phases.ts'
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

const servers = 2
/** Processes of each server. */
const workers = 2
/** The further rounds of the routes that make some. */
const retries = 2
/** The time for which the targets of a brief phase are ill. */
const illMs = 300

/** Sends calls by routes over three targets that fail by a script, with two servers of two workers on one database. */
export async function runChaos({ calls, callsPerPhase, concurrency, seed, say }: ChaosOptions): Promise<ChaosResult> {
  const phases = planPhases(calls, callsPerPhase, createRandom(seed))
  const folder = mkdtempSync(join(tmpdir(), 'weir-chaos-'))
  const [a, b, c] = await Promise.all([0, 1, 2].map((number) => startTarget(number, readUsage)))
  const targets = { a, b, c } as Record<(typeof targetNames)[number], ChaosTarget>
  let group: ServerGroup | undefined
  try {
    await createLedgerFile(folder)
    group = await startServers(folder, servers, toConfig(targets), workers)
    const results = new Map<string, ChatResult>()
    for (const [number, phase] of phases.entries()) {
      await Promise.all(targetNames.map((name) => targets[name].behave(phase.behaviours[name])))
      const sent = sendAll(phase, concurrency, group.origins, results)
      if (phase.kind === 'brief') {
        await pause(illMs)
        await Promise.all(targetNames.map((name) => targets[name].behave('well')))
      }
      await sent
      if (number % 10 === 9) say(`${number + 1} of ${phases.length} phases`)
    }
    await group.stop()
    group = undefined
    const books = { phases, targets, results, processes: servers * workers, rounds: retries, folder }
    return { phases, ...(await compareBooks(books)) }
  } finally {
    await group?.stop()
    for (const name of targetNames) targets[name].close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function toConfig(targets: Readonly<Record<string, ChaosTarget>>): object {
  const urls = Object.fromEntries(Object.entries(targets).map(([name, { url }]) => [name, url]))
  const route = (strategy: Strategy) => ({
    ...{ strategy, targets: targetNames.map((name) => ({ model: `${name}/m` })) },
    ...(retrying.has(strategy) ? { retries, max_wait_ms: 1_500, max_attempts: 9 } : {}),
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
  // Spaces, because a target reads the plan from it.
  const content = JSON.stringify(call).padEnd(call.inputTokens * 4)
  return { model: route, user: id, stream: isStream, messages: [{ role: 'user', content }] }
}

/** A target bills as its call's plan says. */
function readUsage({ messages }: ChatBody): BilledUsage {
  const { inputTokens, outputTokens } = JSON.parse(messages[0]?.content ?? '') as PlannedCall
  return { inputTokens, cachedTokens: 0, outputTokens }
}
