import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'

// Run by sqlite.test.ts as a thread: opens files one after another, each at the same moment as the other threads, and
// posts the errors.

const { folder, gate, threads, files } = workerData as {
  readonly folder: string
  readonly gate: Int32Array
  readonly threads: number
  readonly files: number
}

const problems: string[] = []
for (let file = 1; file <= files; file++) {
  meet(0, file)
  try {
    openSqlite(join(folder, `${file}.db`)).close()
  } catch (error) {
    problems.push(String(error))
  }
  meet(1, file)
}
parentPort?.postMessage(problems)

/** Waits until all threads have arrived. */
function meet(barrier: 0 | 1, time: number): void {
  Atomics.add(gate, barrier, 1)
  Atomics.notify(gate, barrier)
  for (let arrived = 0; arrived < threads * time; arrived = Atomics.load(gate, barrier))
    Atomics.wait(gate, barrier, arrived, 100)
}
