import { Worker } from 'node:worker_threads'

export interface Checkpoints {
  /** Ends the thread. */
  close(): Promise<void>
}

/** The bundle of the published package has it beside this file, too. */
const thread = new URL(
  import.meta.url.endsWith('.ts') ? './checkpoint-thread.ts' : './checkpoint-thread.mjs',
  import.meta.url,
)

/** It holds a connection and little else. */
const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 16 }

/**
 * Keeps the log of the SQLite file at `path` short, in a thread of its own. Any number of processes may do so for one file. Where it fails,
 * commits do it, later and in the event loop.
 */
export function startCheckpoints(path: string, onFailure: (error: unknown) => void): Checkpoints {
  const worker = new Worker(thread, { workerData: path, resourceLimits })
  const ended = new Promise((resolve) => worker.once('exit', resolve))
  worker.on('message', (reason: string) => onFailure(new Error(reason)))
  worker.on('error', onFailure)
  // A server that has closed its sockets must not be kept running by this.
  worker.unref()
  return {
    async close() {
      worker.ref()
      worker.postMessage('close')
      await ended
    },
  }
}
