import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

// The checkpoint thread of the server, started by start-checkpoints.ts. It copies SQLite's write-ahead log into the
// database file. When the commit that filled the log did this, it blocked the event loop for tens of milliseconds.
// Passive checkpoints neither wait for writers nor block them.

const checkEveryMs = 250

/**
 * Checkpoint threshold during writes, 16 MB. Pages are rewritten often: a lower one costs a fifth of the ledger's time.
 */
const busyPages = 4_000

/** Checkpoint threshold while no writes arrive, 1 MB. */
const quietPages = 250

/**
 * 64 MB. Under continuous writes, a passive checkpoint never copies the whole log, which only grows. Above this size,
 * with at most `fewPages` left, a RESTART checkpoint blocks writers briefly, and the log restarts at its beginning.
 */
const longPages = 16_000
const fewPages = 1_000

/** Attempts per check. None waits for readers, such as a report or a backup, because writers would wait, too. */
const maxRounds = 5

// The server creates the file before it starts this thread.
const database = new DatabaseSync(String(workerData), { timeout: 0 })
// SQLite before 3.51 (Node 22) does not know NOOP and checkpoints on each check.
const measureLog = database.prepare('PRAGMA wal_checkpoint(NOOP)')
const copy = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')
const restart = database.prepare('PRAGMA wal_checkpoint(RESTART)')
let lastSize = 0
let isFailing = false

function run(): void {
  try {
    const { size, waiting } = measure()
    if (waiting >= (size === lastSize ? quietPages : busyPages)) copyAll()
    lastSize = size
    isFailing = false
  } catch (error) {
    // Reported once, not four times a second while the disk is full.
    if (!isFailing) parentPort?.postMessage(error instanceof Error ? error.message : String(error))
    isFailing = true
  }
}

/** Returns the pages in the log, and how many of them the database file lacks. */
function measure(): { readonly size: number; readonly waiting: number } {
  const { log, checkpointed } = measureLog.get() ?? {}
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

const timer = setInterval(run, checkEveryMs)
parentPort?.once('message', () => {
  clearInterval(timer)
  database.close()
})
