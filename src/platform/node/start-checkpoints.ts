import { Worker } from 'node:worker_threads'

export interface Checkpoints {
  /** Ends the thread. */
  close(): Promise<void>
}

/** The bundle of the published package has this module beside it, too. */
const thread = new URL(
  import.meta.url.endsWith('.ts') ? './checkpoint-thread.ts' : './checkpoint-thread.mjs',
  import.meta.url,
)

/** Small heap: the thread holds one connection and little else. */
const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 16 }

/**
 * Starts a thread that keeps the write-ahead log of the SQLite file at `path` short. Any number of processes may do so
 * for one file. If the thread fails, commits checkpoint the log instead, later and on the event loop.
 */
export function startCheckpoints(path: string, onFailure: (error: unknown) => void): Checkpoints {
  const worker = new Worker(thread, { workerData: path, resourceLimits })
  const ended = new Promise((resolve) => worker.once('exit', resolve))
  worker.on('message', (reason: string) => onFailure(new Error(reason)))
  worker.on('error', onFailure)
  // The thread must not keep a closed server running.
  worker.unref()
  return {
    async close() {
      worker.ref()
      worker.postMessage('close')
      await ended
    },
  }
}
