import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { closeDeadCalls, untilSwept } from './close-dead-calls.ts'
import { type Comparison, compareBooks } from './compare-books.ts'
import { createRandom } from './create-random.ts'
import { createLedgerFile, callers as keys } from './open-ledger-file.ts'
import { type CallerEntry, runCallers } from './run-callers.ts'
import { startBookUpstream } from './start-book-upstream.ts'
import { startVictims } from './start-victims.ts'

export interface CrashTestOptions {
  readonly rounds: number
  /** Servers on one database. */
  readonly processes: number
  readonly concurrency: number
  readonly seed: number
  /** Lets a last server find the dead by their missing heartbeats, which takes 15 s; otherwise they are swept at once. */
  readonly waitsForServer: boolean
  readonly say: (line: string) => void
}

export interface CrashTestResult extends Comparison {
  readonly processes: number
  /** Servers that were killed, the last ones without another after them among them. */
  readonly kills: number
}

/** A server's heartbeats are missed after 15 s, and looked for every 2 s. */
const sweepTimeoutMs = 40_000

/** Kills servers under load, round for round, and compares the books at the end. */
export async function runCrashTest(options: CrashTestOptions): Promise<CrashTestResult> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-crash-'))
  const upstream = await startBookUpstream()
  const book = new Map<string, CallerEntry>()
  try {
    await createLedgerFile(folder)
    const kills = await runRounds(options, { folder, upstream: upstream.origin, book })
    if (!options.waitsForServer) await closeDeadCalls(folder)
    const { processes } = options
    return { processes, kills, ...(await compareBooks({ upstream: upstream.book, callers: book, keys, folder })) }
  } finally {
    upstream.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Place {
  readonly folder: string
  /** Where the upstream is. */
  readonly upstream: string
  readonly book: Map<string, CallerEntry>
}

/** How many servers were killed. None is left. */
async function runRounds(options: CrashTestOptions, { folder, upstream, book }: Place): Promise<number> {
  const { rounds, processes, concurrency, seed, say } = options
  const random = createRandom(seed)
  const victims = await startVictims({ count: processes, folder, upstream, random })
  let kills = processes
  try {
    for (let round = 1; round <= rounds; round++) {
      const { origin } = victims
      const stop = runCallers({ concurrency, name: `p${processes}r${round}`, origin, random, book })
      await pause(random.integer(30, 700))
      // What is under way at the server that dies is cut off; what comes to the next one in time ends well.
      kills += await victims.kill()
      await stop()
      if (round % 10 === 0) say(`${processes} process(es): ${round} of ${rounds} rounds, ${book.size} calls`)
    }
    if (options.waitsForServer) await untilSwept(folder, sweepTimeoutMs)
    return kills
  } finally {
    await victims.end()
  }
}
