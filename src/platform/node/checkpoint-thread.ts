import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

// A thread of the server, started by start-checkpoints.ts. It copies what SQLite's log has collected into the database file, which took the event
// loop up to tens of milliseconds when the commit that filled the log did it. Copying neither waits for writers nor holds them up.

/** Milliseconds. */
const lookEveryMs = 250

/** Pages that are written again and again reach the file once in 16 MB: more often is a fifth of the ledger's cost. */
const fullPages = 4_000

/** 1 MB: at a moment in which nothing is written. */
const quietPages = 250

/**
 * 64 MB: where writes come without a pause, the log is never copied whole between two of them, and only grows. Holding them back for the last
 * few pages then lets it begin again at its start.
 */
const longPages = 16_000
const fewPages = 1_000

/** Tries of one look. None waits: a report or a backup that reads meanwhile keeps the log as long as it takes, and writers must not wait for it. */
const maxRounds = 5

// Opened by path only after the server has made it.
const database = new DatabaseSync(String(workerData), { timeout: 0 })
// SQLite before 3.51 (Node 22) does not know NOOP and copies at each look.
const look = database.prepare('PRAGMA wal_checkpoint(NOOP)')
const copy = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')
const restart = database.prepare('PRAGMA wal_checkpoint(RESTART)')
let lastSize = 0
let isFailing = false

function run(): void {
  try {
    const { size, waiting } = measure()
    if (waiting >= (size === lastSize ? quietPages : fullPages)) copyAll()
    lastSize = size
    isFailing = false
  } catch (error) {
    // Once, and not four times a second while the disk is full.
    if (!isFailing) parentPort?.postMessage(error instanceof Error ? error.message : String(error))
    isFailing = true
  }
}

/** Pages of the log, and how many of them the file does not have. */
function measure(): { readonly size: number; readonly waiting: number } {
  const { log, checkpointed } = look.get() ?? {}
  return { size: Number(log), waiting: Number(log) - Number(checkpointed) }
}

function copyAll(): void {
  for (let round = 0; round < maxRounds; round++) {
    copy.run()
    const { size, waiting } = measure()
    if (waiting === 0) return
    if (size >= longPages && waiting <= fewPages) restart.run()
  }
}

const timer = setInterval(run, lookEveryMs)
parentPort?.once('message', () => {
  clearInterval(timer)
  database.close()
})
