import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { untilSwept } from '../crash/close-dead-calls.ts'
import { type Comparison, compareRecords } from '../crash/compare-records.ts'
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
  /** The working folder, removed afterwards. */
  readonly folder: string
  readonly say: (line: string) => void
}

export interface SoakResult {
  /** Sample before the first call. */
  readonly idle: SoakSample
  readonly samples: readonly SoakSample[]
  /** Sample some time after the last call. */
  readonly after: SoakSample
  readonly tally: Tally
  readonly comparison: Comparison
  readonly polls: number
  /** How often each fault was injected. */
  readonly troubles: Readonly<Record<string, number>>
  /** Messages about faults that this machine cannot inject. */
  readonly missing: readonly string[]
  /** Empty if the soak was too short to judge them. */
  readonly figures: readonly Judgement[]
  /** Reasons for the soak's failure; empty on success. */
  readonly failures: readonly string[]
}

/** In a shorter soak, compiler and caches have not settled. */
const minJudgedMinutes = 5
const sampleMs = 1_000
/** Time until idle connections of callers and to the upstream are closed. */
const restMs = 12_000
/** A dead server is detected by missing heartbeats after 15 s. */
const sweepMs = 60_000
/** Files that an idle server may have open in addition to those at its start, such as connections of checkpoints. */
const maxExtraFiles = 8

/** Loads servers with all kinds of calls, injects faults meanwhile, and compares the records at the end. */
export async function runSoak({ minutes, callers: count, seed, folder, say }: SoakOptions): Promise<SoakResult> {
  const random = createRandom(seed)
  const keys = createSoakKeys(minutes)
  const callerKeys = Object.values(keys)
  const adminToken = randomBytes(32).toString('hex')
  const clock = createFakeClock(folder)
  await createLedgerFile(folder, callerKeys)
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
    for (const message of missing) say(`\n*** ${message}\n`)
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
    say('Waiting for the last calls.')
    await Promise.all([callers.stop(), sessions.stop(), admin.stop()])
    await untilSwept(folder, sweepMs)
    await pause(restMs)
    const after = look()
    database.close()
    const ends = await servers.stop()
    say('Comparing the records.')
    const comparison = await compareRecords({
      upstream: upstream.entries,
      callers: callers.entries,
      keys: callerKeys,
      folder,
    })
    const figures = minutes < minJudgedMinutes ? [] : judgeFigures(samples)
    const defects = servers.defects.slice(0, 5)
    const unexplained = Object.entries(callers.tally.unexplained).map(([failure, times]) => `${times} × ${failure}`)
    const failures = [
      ...figures.filter(({ verdict }) => verdict !== 'flat').map(({ title, verdict }) => `${title}: ${verdict}`),
      ...comparison.faults,
      ...playing.failures,
      ...unexplained.map((failure) => `unexplained: ${failure}`),
      ...admin.failures.map((failure) => `unexplained: ${failure}`),
      ...defects.map((line) => `a defect of Weir: ${line}`),
      ...(after.openCalls === 0 ? [] : [`${after.openCalls} finished calls are still open in the ledger`]),
      ...(after.files <= idle.files + maxExtraFiles
        ? []
        : [`${after.files} files are open, compared with ${idle.files} at the start`]),
      ...(ends.elder === 0 ? [] : [`the elder exited with ${ends.elder}`]),
      ...(ends.pack === 0 ? [] : [`the pack exited with ${ends.pack}`]),
    ]
    const polls = admin.polls()
    const { times } = playing
    return { idle, samples, after, tally, comparison, polls, troubles: times, missing, figures, failures }
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
  let previous = { minutes: 0, calls: 0, others: {} as Readonly<Record<string, number>> }
  const until = performance.now() + minutes * 60_000
  while (performance.now() < until) {
    await pause(sampleMs)
    const sample = look()
    samples.push(sample)
    if (sample.minutes < previous.minutes + 1 && performance.now() < until) continue
    say(describeMinute(sample, previous, tally.others))
    previous = { minutes: sample.minutes, calls: sample.calls, others: { ...tally.others } }
  }
  return samples
}

/** Renders one line of figures, with the counts of 5xx responses in the minute. */
function describeMinute(
  sample: SoakSample,
  previous: { readonly minutes: number; readonly calls: number; readonly others: Readonly<Record<string, number>> },
  others: Tally['others'],
): string {
  const perSecond = (sample.calls - previous.calls) / ((sample.minutes - previous.minutes) * 60)
  const failed = Object.entries(others)
    .map(([result, count]) => [result, count - (previous.others[result] ?? 0)] as const)
    .filter(([result, count]) => result.startsWith('5') && count > 0)
    .map(([result, count]) => `${count} × ${result}`)
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
  const reported = readVitals(vitals, elderPid)
  // A process that has just exited has none.
  const residentOf = (pid: number) => readProcessUsage(pid)?.residentMiB || 0
  return {
    minutes: (performance.now() - startedAt) / 60_000,
    residentMiB: readProcessUsage(elderPid)?.residentMiB ?? Number.NaN,
    heapMiB: reported?.heapMiB ?? Number.NaN,
    externalMiB: reported?.externalMiB ?? Number.NaN,
    files: readFiles(elderPid).files,
    loopP99Ms: reported?.loopP99Ms ?? Number.NaN,
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
