import cluster, { type Worker } from 'node:cluster'
import { parseSettings } from '../../../config/parse-settings.ts'
import { type ConfigSource, planReload } from '../../../config/plan-reload.ts'
import { checkStart } from '../check-config.ts'
import { createReloader } from '../create-reloader.ts'
import { onHangup } from '../on-hangup.ts'
import { answerConfigQuestion, tellConfig } from './worker-config.ts'

export interface WorkersOptions {
  readonly count: number
  /** Reads the configuration, now and again. Rejects with ConfigError. */
  readonly load: () => Promise<ConfigSource>
  /** Takes each line of the log, without its line break. */
  readonly log: (line: string) => void
  /** Words for people. */
  readonly say: (text: string) => void
}

/**
 * Runs `count` processes of this same program on one port, from the process that the operator started. That one holds the port and hands
 * connections out in turn, so that none is refused while a worker is replaced.
 *
 * A worker that dies is replaced, ever more slowly if it dies at once. SIGHUP has all of them serve by the configuration as it is now. SIGUSR2
 * replaces them, one after the other: each new one serves before an old one drains. SIGTERM and SIGINT drain all; a second one waits for nothing.
 * Resolves with the exit code, or rejects with ConfigError.
 */
export async function runWorkers({ count, load, log, say }: WorkersOptions): Promise<number> {
  /** Those that have asked for their configuration, and are told of another one. */
  const informed = new Set<Worker>()
  const { promise: checked, resolve: setChecked } = Promise.withResolvers<void>()
  // Before all else: until it has a listener, SIGHUP ends the process.
  onHangup(
    createReloader({
      load,
      async apply(next) {
        await checked
        const plan = planReload(running, next)
        running = plan.source
        await Promise.all([...informed].map((worker) => tellConfig(worker, running)))
        return plan
      },
      log,
    }),
  )
  let running = await load()
  // A mistake is told once, and no worker starts.
  const taken = await checkStart(parseSettings({ ...running, platform: 'node' }))
  if (taken !== undefined) throw taken
  setChecked()
  const { promise, resolve } = Promise.withResolvers<number>()
  const nextDelay = createRestartDelay()
  /** Those that are to be there; others are on their way out. */
  const wanted = new Set<Worker>()
  let isStopping = false
  let isRolling = false

  function start(): Promise<boolean> {
    const worker = cluster.fork()
    wanted.add(worker)
    answerConfigQuestion(worker, () => {
      informed.add(worker)
      return running
    })
    return new Promise((started) => {
      worker.once('listening', () => started(true))
      worker.once('exit', () => started(false))
    })
  }

  function retire(worker: Worker): void {
    wanted.delete(worker)
    worker.kill('SIGTERM')
  }

  async function replaceAll(): Promise<void> {
    if (isRolling || isStopping) return
    isRolling = true
    for (const old of [...wanted]) {
      // A new one that does not come up leaves the old ones serving.
      if (!(await start())) {
        say('A new worker did not come up; the old ones serve on.')
        isRolling = false
        return
      }
      if (!isStopping) retire(old)
    }
    isRolling = false
    say('All workers are new.')
  }

  function stop(): void {
    const isImpatient = isStopping
    isStopping = true
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill(isImpatient ? 'SIGKILL' : 'SIGTERM')
  }

  cluster.on('exit', (worker, code, signal) => {
    const isLost = wanted.delete(worker)
    informed.delete(worker)
    if (Object.keys(cluster.workers ?? {}).length === 0 && isStopping) return resolve(0)
    if (!isLost || isStopping || isRolling) return
    // Wrong settings do not mend themselves: the first worker has said what is wrong.
    if (code === 2 && wanted.size === 0) return resolve(2)
    const delayMs = nextDelay(performance.now())
    say(`Worker ${worker.process.pid} ended (${signal ?? code}); another one starts in ${delayMs} ms.`)
    setTimeout(() => void (isStopping || start()), delayMs)
  })
  process.on('SIGUSR2', () => void replaceAll())
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  void Promise.all(Array.from({ length: count }, start)).then((came) => {
    if (came.every(Boolean)) say(`${count} workers are ready.`)
  })
  return promise
}

const maxDelayMs = 10_000
/** A worker that lived for so long did not die of its start. */
const resetAfterMs = 60_000

/** How long to wait with the next restart: at once for the first in a while, then twice as long each time. Times in milliseconds. */
function createRestartDelay(): (now: number) => number {
  let delayMs = 0
  let lastAt = Number.NEGATIVE_INFINITY
  return (now) => {
    delayMs = now - lastAt > resetAfterMs ? 0 : Math.min(maxDelayMs, Math.max(100, delayMs * 2))
    lastAt = now
    return delayMs
  }
}
