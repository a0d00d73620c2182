import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { closeDeadCalls, untilSwept } from './close-dead-calls.ts'
import { type Comparison, compareRecords } from './compare-records.ts'
import { createRandom } from './create-random.ts'
import { createLedgerFile, callers as keys } from './open-ledger-file.ts'
import { type CallerEntry, runCallers } from './run-callers.ts'
import { startRecordingUpstream } from './start-recording-upstream.ts'
import { startVictims } from './start-victims.ts'

export interface CrashTestOptions {
  readonly rounds: number
  /** Servers on one database. */
  readonly processes: number
  readonly concurrency: number
  readonly seed: number
  /**
   * Lets the last server detect dead processes by missing heartbeats, which takes 15 s. Otherwise the test closes their
   * calls.
   */
  readonly waitsForServer: boolean
  readonly say: (line: string) => void
}

export interface CrashTestResult extends Comparison {
  readonly processes: number
  /** Number of killed servers, including the last ones, which have no successor. */
  readonly kills: number
}

/** A server counts as dead after 15 s without heartbeats; the check runs every 2 s. */
const sweepTimeoutMs = 40_000

/** Kills servers under load in each round, and compares the records at the end. */
export async function runCrashTest(options: CrashTestOptions): Promise<CrashTestResult> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-crash-'))
  const upstream = await startRecordingUpstream()
  const entries = new Map<string, CallerEntry>()
  try {
    await createLedgerFile(folder)
    const kills = await runRounds(options, { folder, upstream: upstream.origin, entries })
    if (!options.waitsForServer) await closeDeadCalls(folder)
    const { processes } = options
    return {
      processes,
      kills,
      ...(await compareRecords({ upstream: upstream.entries, callers: entries, keys, folder })),
    }
  } finally {
    upstream.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Surroundings {
  readonly folder: string
  /** The origin of the upstream. */
  readonly upstream: string
  readonly entries: Map<string, CallerEntry>
}

/** Runs the rounds. Resolves with the number of killed servers; none is left running. */
async function runRounds(options: CrashTestOptions, { folder, upstream, entries }: Surroundings): Promise<number> {
  const { rounds, processes, concurrency, seed, say } = options
  const random = createRandom(seed)
  const victims = await startVictims({ count: processes, folder, upstream, random })
  let kills = processes
  try {
    for (let round = 1; round <= rounds; round++) {
      const { origin } = victims
      const stop = runCallers({ concurrency, name: `p${processes}r${round}`, origin, random, entries })
      await pause(random.integer(30, 700))
      // The killed server cuts off its running calls; calls that reach its successor in time succeed.
      kills += await victims.kill()
      await stop()
      if (round % 10 === 0) say(`${processes} process(es): ${round} of ${rounds} rounds, ${entries.size} calls`)
    }
    if (options.waitsForServer) await untilSwept(folder, sweepTimeoutMs)
    return kills
  } finally {
    await victims.end()
  }
}
