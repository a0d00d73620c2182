import cluster, { type Worker } from 'node:cluster'
import { parseSettings } from '../../../config/parse-settings.ts'
import { type ConfigSource, planReload } from '../../../config/plan-reload.ts'
import { checkStart } from '../check-config.ts'
import { createReloader } from '../create-reloader.ts'
import { onHangup } from '../on-hangup.ts'
import { createBreakerRelay } from './shared-breakers.ts'
import { pushConfig, sendConfigOnRequest } from './worker-config.ts'

export interface WorkersOptions {
  readonly count: number
  /** Reads the configuration, at the start and at each reload. Rejects with ConfigError. */
  readonly load: () => Promise<ConfigSource>
  /** Receives each log line, without its line break. */
  readonly log: (line: string) => void
  /** Prints a message for the operator. */
  readonly printMessage: (message: string) => void
}

/**
 * Runs `count` workers of this program on one port, from the primary process that the operator started. The primary
 * holds the port and distributes connections round-robin; none is refused while a worker is replaced.
 *
 * - A worker that dies is replaced, with growing delays if it dies again and again.
 * - SIGHUP reloads the configuration of all workers.
 * - SIGUSR2 replaces all workers one by one; each new worker serves before an old one drains.
 * - SIGTERM and SIGINT drain all workers; a second signal kills them.
 *
 * Resolves with the exit code. Rejects with ConfigError.
 */
export async function runWorkers({ count, load, log, printMessage }: WorkersOptions): Promise<number> {
  /** Workers that have requested their configuration, and therefore listen for later ones. */
  const configured = new Set<Worker>()
  const { promise: checked, resolve: setChecked } = Promise.withResolvers<void>()
  // First, because SIGHUP ends a process without a listener.
  onHangup(
    createReloader({
      load,
      async apply(next) {
        await checked
        const plan = planReload(running, next)
        running = plan.source
        await Promise.all([...configured].map((worker) => pushConfig(worker, running)))
        return plan
      },
      log,
    }),
  )
  let running = await load()
  // The primary reports a wrong configuration once, and starts no worker.
  const portError = await checkStart(parseSettings({ ...running, platform: 'node' }))
  if (portError !== undefined) throw portError
  setChecked()
  const { promise, resolve } = Promise.withResolvers<number>()
  const nextDelay = createRestartDelay()
  /** Workers that should run. All others are draining. */
  const active = new Set<Worker>()
  const relayBreakers = createBreakerRelay()
  let isStopping = false
  let isRolling = false

  function start(): Promise<boolean> {
    const worker = cluster.fork()
    active.add(worker)
    sendConfigOnRequest(worker, () => {
      configured.add(worker)
      return running
    })
    relayBreakers(worker)
    return new Promise((started) => {
      worker.once('listening', () => started(true))
      worker.once('exit', () => started(false))
    })
  }

  function retire(worker: Worker): void {
    active.delete(worker)
    worker.kill('SIGTERM')
  }

  async function replaceAll(): Promise<void> {
    if (isRolling || isStopping) return
    isRolling = true
    for (const old of [...active]) {
      // If a new worker does not start, the old ones keep serving.
      if (!(await start())) {
        printMessage('A new worker did not start. The old workers keep running.')
        isRolling = false
        return
      }
      if (!isStopping) retire(old)
    }
    isRolling = false
    printMessage('All workers were replaced.')
  }

  function stop(): void {
    const isSecondSignal = isStopping
    isStopping = true
    for (const worker of Object.values(cluster.workers ?? {}))
      worker?.process.kill(isSecondSignal ? 'SIGKILL' : 'SIGTERM')
  }

  cluster.on('exit', (worker, code, signal) => {
    const isLost = active.delete(worker)
    configured.delete(worker)
    if (Object.keys(cluster.workers ?? {}).length === 0 && isStopping) return resolve(0)
    if (!isLost || isStopping || isRolling) return
    // A restart cannot fix wrong settings. The worker has already printed what is wrong.
    if (code === 2 && active.size === 0) return resolve(2)
    const delayMs = nextDelay(performance.now())
    printMessage(`Worker ${worker.process.pid} ended (${signal ?? code}). A new worker starts in ${delayMs} ms.`)
    setTimeout(() => void (isStopping || start()), delayMs)
  })
  process.on('SIGUSR2', () => void replaceAll())
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  void Promise.all(Array.from({ length: count }, start)).then((started) => {
    if (started.every(Boolean)) printMessage(`${count} workers are ready.`)
  })
  return promise
}

const maxDelayMs = 10_000
/** A worker that ran this long did not fail at its start; the next restart is immediate. */
const resetAfterMs = 60_000

/** Returns a function that computes the next restart delay in ms: 0 after a quiet minute, then doubling. */
function createRestartDelay(): (now: number) => number {
  let delayMs = 0
  let lastAt = Number.NEGATIVE_INFINITY
  return (now) => {
    delayMs = now - lastAt > resetAfterMs ? 0 : Math.min(maxDelayMs, Math.max(100, delayMs * 2))
    lastAt = now
    return delayMs
  }
}
