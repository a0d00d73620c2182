import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'

// A thread that opens files one after the other, each in the same moment as the others; it posts what went wrong.

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

/** Returns once all threads have come here. */
function meet(place: 0 | 1, time: number): void {
  Atomics.add(gate, place, 1)
  Atomics.notify(gate, place)
  for (let here = 0; here < threads * time; here = Atomics.load(gate, place)) Atomics.wait(gate, place, here, 100)
}
