import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { untilSwept } from '../crash/close-dead-calls.ts'
import { type Comparison, compareBooks } from '../crash/compare-books.ts'
import { createRandom } from '../crash/create-random.ts'
import { createLedgerFile } from '../crash/open-ledger-file.ts'
import { readProcessUsage } from '../machine/read-process-usage.ts'
import { createDisturbances } from './disturbances.ts'
import { createFakeClock } from './fake-clock.ts'
import { type Judgement, judgeFigures } from './judge-figures.ts'
import { keepSessions } from './keep-sessions.ts'
import { listTroubles, playTroubles } from './play-troubles.ts'
import { pollAdmin } from './poll-admin.ts'
import { readFiles } from './read-files.ts'
import { readVitals } from './read-vitals.ts'
import { runCallers, type Tally } from './run-callers.ts'
import { createSoakKeys } from './soak-keys.ts'
import type { SoakSample } from './soak-sample.ts'
import { type SoakServers, startSoakServers } from './start-soak-servers.ts'
import { startSoakUpstream } from './start-soak-upstream.ts'

export interface SoakOptions {
  readonly minutes: number
  readonly callers: number
  readonly seed: number
  /** Removed afterwards. */
  readonly folder: string
  readonly say: (line: string) => void
}

export interface SoakResult {
  /** Before the first call. */
  readonly idle: SoakSample
  readonly samples: readonly SoakSample[]
  /** When the callers had been gone for a while. */
  readonly after: SoakSample
  readonly tally: Tally
  readonly books: Comparison
  readonly polls: number
  /** How often each was made. */
  readonly troubles: Readonly<Record<string, number>>
  /** The troubles that cannot be made on this machine. */
  readonly missing: readonly string[]
  /** Empty where the soak was too short to tell. */
  readonly figures: readonly Judgement[]
  /** Why the soak has failed; empty where it has not. */
  readonly failures: readonly string[]
}

/** In a shorter soak the compiler and the caches have not come to rest. */
const leastJudgedMinutes = 5
const sampleMs = 1_000
/** Connections to the upstream, and of callers, are closed by then. */
const restMs = 12_000
/** A dead server is found by its missing heartbeats after 15 s. */
const sweepMs = 60_000
/** Files that an idle server may have open beside those of its start: connections of its checkpoints, and the like. */
const leftFiles = 8

/** Loads servers with everything that callers do to them, makes trouble meanwhile, and compares the books at the end. */
export async function runSoak({ minutes, callers: count, seed, folder, say }: SoakOptions): Promise<SoakResult> {
  const random = createRandom(seed)
  const keys = createSoakKeys(minutes)
  const keyBook = Object.values(keys)
  const adminToken = randomBytes(32).toString('hex')
  const clock = createFakeClock(folder)
  await createLedgerFile(folder, keyBook)
  const upstream = await startSoakUpstream()
  const servers = await startSoakServers({
    folder,
    upstream: upstream.origin,
    adminToken,
    random,
    env: clock?.env ?? {},
  })
  try {
    const { troubles, missing } = listTroubles({ servers, upstream, clock, folder })
    for (const what of missing) say(`\n*** ${what}\n`)
    const disturbances = createDisturbances()
    const { places } = servers
    const database = new DatabaseSync(join(folder, 'weir.db'), { readOnly: true, timeout: 5_000 })
    await pause(sampleMs * 3)
    let tally: Tally | undefined
    const startedAt = performance.now()
    const look = () => takeSample(servers, database, folder, startedAt, tally?.calls ?? 0)
    const idle = look()
    const sessions = keepSessions(places, keys.free)
    const sources = { random, keys, sessions: sessions.ids }
    const callers = runCallers({ count, sources, places, disturbances })
    tally = callers.tally
    const admin = pollAdmin(places, keys, adminToken, disturbances)
    const playing = playTroubles(troubles, minutes, disturbances, say)
    const samples = await watch(minutes, callers.tally, look, say)
    await playing.stop()
    say('The last calls end.')
    await Promise.all([callers.stop(), sessions.stop(), admin.stop()])
    await untilSwept(folder, sweepMs)
    await pause(restMs)
    const after = look()
    database.close()
    const ends = await servers.stop()
    say('The books are compared.')
    const books = await compareBooks({ upstream: upstream.book, callers: callers.book, keys: keyBook, folder })
    const figures = minutes < leastJudgedMinutes ? [] : judgeFigures(samples)
    const defects = servers.defects.slice(0, 5)
    const unexplained = Object.entries(callers.tally.unexplained).map(([what, times]) => `${times} × ${what}`)
    const failures = [
      ...figures.filter(({ verdict }) => verdict !== 'flat').map(({ title, verdict }) => `${title}: ${verdict}`),
      ...books.faults,
      ...playing.failures,
      ...unexplained.map((what) => `unexplained: ${what}`),
      ...admin.failures.map((what) => `unexplained: ${what}`),
      ...defects.map((line) => `a fault of Weir's own: ${line}`),
      ...(after.openCalls === 0 ? [] : [`${after.openCalls} calls that are over are still open`]),
      ...(after.files <= idle.files + leftFiles
        ? []
        : [`${after.files} files are open, ${idle.files} were at the start`]),
      ...(ends.elder === 0 ? [] : [`the elder ended with ${ends.elder}`]),
      ...(ends.pack === 0 ? [] : [`the pack ended with ${ends.pack}`]),
    ]
    const polls = admin.polls()
    const { times } = playing
    return { idle, samples, after, tally, books, polls, troubles: times, missing, figures, failures }
  } finally {
    servers.kill()
    upstream.close()
  }
}

async function watch(
  minutes: number,
  tally: Tally,
  look: () => SoakSample,
  say: (line: string) => void,
): Promise<SoakSample[]> {
  const samples: SoakSample[] = []
  let said = { minutes: 0, calls: 0, others: {} as Readonly<Record<string, number>> }
  const until = performance.now() + minutes * 60_000
  while (performance.now() < until) {
    await pause(sampleMs)
    const sample = look()
    samples.push(sample)
    if (sample.minutes < said.minutes + 1 && performance.now() < until) continue
    say(describeMinute(sample, said, tally.others))
    said = { minutes: sample.minutes, calls: sample.calls, others: { ...tally.others } }
  }
  return samples
}

/** One line of figures, and how often which 5xx came in the minute. */
function describeMinute(
  sample: SoakSample,
  said: { readonly minutes: number; readonly calls: number; readonly others: Readonly<Record<string, number>> },
  others: Tally['others'],
): string {
  const perSecond = (sample.calls - said.calls) / ((sample.minutes - said.minutes) * 60)
  const failed = Object.entries(others)
    .map(([what, count]) => [what, count - (said.others[what] ?? 0)] as const)
    .filter(([what, count]) => what.startsWith('5') && count > 0)
    .map(([what, count]) => `${count} × ${what}`)
  return [
    `${sample.minutes.toFixed(1)} min`,
    `RSS ${sample.residentMiB.toFixed(0)} MiB (pack ${sample.packMiB.toFixed(0)})`,
    `heap ${sample.heapMiB.toFixed(1)} MiB`,
    `${sample.files} files`,
    `loop p99 ${sample.loopP99Ms.toFixed(1)} ms`,
    `${perSecond.toFixed(0)} calls/s`,
    `database ${sample.databaseMiB.toFixed(1)} MiB, WAL ${sample.walMiB.toFixed(1)}`,
    `${sample.openCalls} reservations`,
    `5xx: ${failed.join(', ') || 'none'}`,
  ].join(' · ')
}

function takeSample(
  { elderPid, vitals, packPids }: SoakServers,
  database: DatabaseSync,
  folder: string,
  startedAt: number,
  calls: number,
): SoakSample {
  const said = readVitals(vitals, elderPid)
  // One that has just ended has none.
  const residentOf = (pid: number) => readProcessUsage(pid)?.residentMiB || 0
  return {
    minutes: (performance.now() - startedAt) / 60_000,
    residentMiB: readProcessUsage(elderPid)?.residentMiB ?? Number.NaN,
    heapMiB: said?.heapMiB ?? Number.NaN,
    externalMiB: said?.externalMiB ?? Number.NaN,
    files: readFiles(elderPid).files,
    loopP99Ms: said?.loopP99Ms ?? Number.NaN,
    packMiB: packPids().reduce((sum, pid) => sum + residentOf(pid), 0),
    databaseMiB: sizeOf(join(folder, 'weir.db')),
    walMiB: sizeOf(join(folder, 'weir.db-wal')),
    openCalls: Number(database.prepare('SELECT COUNT(*) AS value FROM open_calls').get()?.value),
    calls,
  }
}

function sizeOf(file: string): number {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) / 2 ** 20
}
