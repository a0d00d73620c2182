import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Tools } from '../machine/find-tools.ts'
import { readProcessUsage } from '../machine/read-process-usage.ts'
import { startProcess } from '../machine/start-process.ts'
import { startUpstream } from '../machine/start-upstream.ts'
import { readFiles } from './read-files.ts'
import type { SoakSample } from './soak-sample.ts'
import { startWatchedWeir, type WatchedWeir } from './start-watched-weir.ts'
import type { Tally } from './tally.ts'
import { type Books, type BookWatcher, watchBooks } from './watch-books.ts'

export interface SoakOptions {
  readonly minutes: number
  readonly callers: number
  readonly seed: number
  readonly cores: Tools['cores']
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
  readonly books: Books
  readonly tally: Tally
  /** How the server ended when it was asked to. */
  readonly exit: number | string
}

const restMs = 15_000
const leastPauseMs = 1_000
/** So many samples at most; each is a line of the regression, not of the report. */
const mostSamples = 720

/** Loads one server with everything that callers do to a server, and watches it meanwhile. */
export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const { cores, folder, callers, seed, say } = options
  const upstream = await startUpstream(cores?.rest)
  const weir = await startWatchedWeir({ upstream: upstream.origin, core: cores?.gateway, folder })
  const load = startCallers(cores?.rest)
  const books = watchBooks(weir.database)
  const startedAt = performance.now()
  const look = () => takeSample(weir, books, startedAt)
  try {
    await delay(leastPauseMs * 2)
    const idle = look()
    load.child.send({ origin: weir.origin, count: callers, seed })
    const samples = await watch(options, look)
    say('letting the last calls end')
    load.child.send({})
    const [tally] = (await once(load.child, 'message')) as [Tally]
    await delay(restMs)
    const after = look()
    return { idle, samples, after, books: books.read(), tally, exit: await end(weir) }
  } finally {
    books.close()
    await Promise.all([weir.stop(), load.stop(), upstream.stop()])
  }
}

function startCallers(core: number | undefined) {
  const file = fileURLToPath(new URL('serve-callers.ts', import.meta.url))
  return startProcess({
    ...{ command: process.execPath, args: [file], core },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}

async function watch({ minutes, say }: SoakOptions, look: () => SoakSample): Promise<SoakSample[]> {
  const samples: SoakSample[] = []
  const pauseMs = Math.max(leastPauseMs, (minutes * 60_000) / mostSamples)
  const until = performance.now() + minutes * 60_000
  let saidAt = 0
  while (performance.now() < until) {
    await delay(pauseMs)
    const sample = look()
    samples.push(sample)
    if (sample.minutes < saidAt + 1) continue
    saidAt = sample.minutes
    const { residentMiB, heapMiB, sockets, openCalls } = sample
    say(
      `${saidAt.toFixed(1)} min · RSS ${residentMiB.toFixed(0)} MiB · heap ${heapMiB.toFixed(1)} MiB · ${sockets} sockets · ${openCalls} open calls`,
    )
  }
  return samples
}

function takeSample(weir: WatchedWeir, books: BookWatcher, startedAt: number): SoakSample {
  const vitals = weir.vitals()
  return {
    minutes: (performance.now() - startedAt) / 60_000,
    residentMiB: readProcessUsage(weir.pid)?.residentMiB ?? Number.NaN,
    heapMiB: vitals?.heapMiB ?? Number.NaN,
    externalMiB: vitals?.externalMiB ?? Number.NaN,
    resources: Object.values(vitals?.resources ?? {}).reduce((sum, count) => sum + count, 0),
    ...readFiles(weir.pid),
    openCalls: books.readOpenCalls(),
  }
}

/** As a supervisor would, and how the server takes it. */
async function end({ child, stop }: WatchedWeir): Promise<number | string> {
  await stop()
  return child.exitCode ?? child.signalCode ?? 'unknown'
}
