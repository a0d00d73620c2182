import cluster, { type Worker } from 'node:cluster'

export interface WorkersOptions {
  readonly count: number
  /** Words for people. */
  readonly say: (text: string) => void
}

/**
 * Runs `count` processes of this same program on one port, from the process that the operator started. That one holds the port and hands
 * connections out in turn, so that none is refused while a worker is replaced.
 *
 * A worker that dies is replaced, ever more slowly if it dies at once. SIGHUP replaces all of them, one after the other: each new one serves
 * before an old one drains. SIGTERM and SIGINT drain all; a second one waits for nothing. Resolves with the exit code.
 */
export function runWorkers({ count, say }: WorkersOptions): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const nextDelay = createRestartDelay()
  /** Those that are to be there; others are on their way out. */
  const wanted = new Set<Worker>()
  let isStopping = false
  let isRolling = false

  function start(): Promise<boolean> {
    const worker = cluster.fork()
    wanted.add(worker)
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
      // A new one that does not come up, because the configuration is wrong, leaves the old ones serving.
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
    if (Object.keys(cluster.workers ?? {}).length === 0 && isStopping) return resolve(0)
    if (!isLost || isStopping || isRolling) return
    // Wrong settings do not mend themselves: the first worker has said what is wrong.
    if (code === 2 && wanted.size === 0) return resolve(2)
    const delayMs = nextDelay(performance.now())
    say(`Worker ${worker.process.pid} ended (${signal ?? code}); another one starts in ${delayMs} ms.`)
    setTimeout(() => void (isStopping || start()), delayMs)
  })
  process.on('SIGHUP', () => void replaceAll())
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  void Promise.all(Array.from({ length: count }, start)).then((came) => {
    if (came.every(Boolean)) say(`${count} workers are ready.`)
  })
  return promise
}

const longestMs = 10_000
/** A worker that lived for so long did not die of its start. */
const forgetAfterMs = 60_000

/** How long to wait with the next restart: at once for the first in a while, then twice as long each time. Times in milliseconds. */
function createRestartDelay(): (now: number) => number {
  let delayMs = 0
  let lastAt = Number.NEGATIVE_INFINITY
  return (now) => {
    delayMs = now - lastAt > forgetAfterMs ? 0 : Math.min(longestMs, Math.max(100, delayMs * 2))
    lastAt = now
    return delayMs
  }
}
