import { DatabaseSync } from 'node:sqlite'
import { parseCounters } from '../../src/metering/counters.ts'

/** What the ledger has in its books at a moment. */
export interface Books {
  /** Calls that are under way, by their open records. */
  readonly openCalls: number
  /** The same as the limits see it, all keys together. */
  readonly countedCalls: number
  readonly reservedNano: number
  /** Calls that have ended. */
  readonly records: number
}

export interface BookWatcher {
  readOpenCalls(): number
  read(): Books
  close(): void
}

/** Reads the books of a server that runs. */
export function watchBooks(path: string): BookWatcher {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
  const openCalls = database.prepare('SELECT COUNT(*) AS value FROM open_calls')
  // Counting the rows would read the whole book.
  const records = database.prepare('SELECT MAX(seq) AS value FROM call_records')
  const states = database.prepare('SELECT state FROM counters')
  const readOpenCalls = () => Number(openCalls.get()?.value)
  return {
    readOpenCalls,
    read() {
      const counters = states.all().map(({ state }) => parseCounters(String(state)))
      return {
        openCalls: readOpenCalls(),
        countedCalls: counters.reduce((sum, { calls }) => sum + calls, 0),
        reservedNano: counters.reduce((sum, { reservedNano }) => sum + reservedNano, 0),
        records: Number(records.get()?.value),
      }
    },
    close: () => database.close(),
  }
}
