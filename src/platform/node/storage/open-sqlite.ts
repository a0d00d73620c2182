import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { GatewayError } from '../../../core/errors.ts'
import type { Sql, SqlRow, SyncSql } from '../../../storage/sql/sql.ts'
import { storeUnavailable } from '../../../storage/store-unavailable.ts'
import { makeDatabasePrivate } from './private-files.ts'

/** A SQLite file that is open. */
export interface SqliteDatabase extends Sql {
  /** The same connection, for what reads and writes in one step. */
  readonly sync: SyncSql
  /** Ends the connection. Nothing acknowledged is lost without it. */
  close(): void
}

/**
 * How long a write waits for another process's. It waits inside SQLite and holds up this process's event loop meanwhile; Weir's own
 * transactions take well under a millisecond each, so only a stuck process makes anyone wait for long.
 */
const busyTimeoutMs = 5_000

/**
 * Writes that the log collects before a commit copies them into the file itself, 200 MB. A server's thread for checkpoints does that long before,
 * at 16 MB and off the event loop; this is for where there is none, or where it cannot keep up.
 */
const autocheckpointPages = 50_000

/** SQLite's BUSY. */
const busy = 5

/** SQLite's result codes that tell of the file, the disk or another process, and not of the statement. https://sqlite.org/rescode.html */
const unavailable: ReadonlySet<number> = new Set([
  busy,
  6, // LOCKED
  8, // READONLY
  10, // IOERR
  11, // CORRUPT
  13, // FULL
  14, // CANTOPEN
  26, // NOTADB
])

/**
 * Opens the SQLite file at `path`, and makes it and its folder where they are missing. Any number of processes may open the same file.
 * For the start: its error names the path, and is meant for the operator.
 */
export function openSqlite(path: string): SqliteDatabase {
  const database = open(path)
  const prepared = new Map<string, StatementSync>()
  const prepare = (text: string) => {
    const known = prepared.get(text)
    if (known !== undefined) return known
    const statement = database.prepare(text)
    prepared.set(text, statement)
    return statement
  }
  return {
    all: (text, params) => settle(() => prepare(text).all(...params) as readonly SqlRow[]),
    run: (text, params) => settle(() => Number(prepare(text).run(...params).changes)),
    batch: (statements) =>
      settle(() =>
        runTransaction(database, prepare, () =>
          // Each is prepared when its turn comes, since it may need a table that the one before it creates.
          statements.map(({ text, params }) => prepare(text).all(...params) as readonly SqlRow[]),
        ),
      ),
    sync: toSync(database, prepare),
    close: () => database.close(),
  }
}

function open(path: string): DatabaseSync {
  try {
    makeDatabasePrivate(path)
    const database = new DatabaseSync(path, { timeout: busyTimeoutMs })
    turnToWal(database)
    // NORMAL loses nothing when the process dies, and at most the last moments when the power does. FULL costs a disk flush a write.
    database.exec(`PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${autocheckpointPages}`)
    return database
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new GatewayError('store_unavailable', `Cannot open the database file ${path}: ${reason}.`, { cause })
  }
}

/** Of processes that make the same file at the same time, SQLite refuses all but one at once, whatever the time for which writes wait. */
function turnToWal(database: DatabaseSync): void {
  for (const endsAt = performance.now() + busyTimeoutMs; ; ) {
    try {
      database.exec('PRAGMA journal_mode = WAL')
      return
    } catch (error) {
      if (resultCodeOf(error) !== busy || performance.now() > endsAt) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}

type Prepare = (text: string) => StatementSync

function toSync(database: DatabaseSync, prepare: Prepare): SyncSql {
  const dataVersion = database.prepare('PRAGMA data_version')
  let knownVersion: unknown
  return {
    all(text, params) {
      try {
        return prepare(text).all(...params) as readonly SqlRow[]
      } catch (error) {
        throw toKnownError(error)
      }
    },
    run(text, params) {
      try {
        return Number(prepare(text).run(...params).changes)
      } catch (error) {
        throw toKnownError(error)
      }
    },
    transaction: (work) => orUnavailable(() => runTransaction(database, prepare, work)),
    hasChanged() {
      // SQLite changes this number when another connection has committed: https://sqlite.org/pragma.html#pragma_data_version
      const version = orUnavailable(() => dataVersion.get()?.data_version)
      const hasChanged = version !== knownVersion
      knownVersion = version
      return hasChanged
    },
  }
}

function runTransaction<Value>(database: DatabaseSync, prepare: Prepare, work: () => Value): Value {
  // A transaction that starts as a reader and then writes fails at once where another process wrote in between (BUSY_SNAPSHOT).
  prepare('BEGIN IMMEDIATE').run()
  try {
    const value = work()
    prepare('COMMIT').run()
    return value
  } catch (error) {
    // A full disk has rolled it back already.
    if (database.isTransaction) prepare('ROLLBACK').run()
    throw error
  }
}

/** SQLite answers at once; the port promises. */
function settle<Value>(work: () => Value): Promise<Value> {
  try {
    return Promise.resolve(orUnavailable(work))
  } catch (error) {
    return Promise.reject(error)
  }
}

function orUnavailable<Value>(work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    throw toKnownError(error)
  }
}

function toKnownError(error: unknown): unknown {
  const code = resultCodeOf(error)
  return code !== undefined && unavailable.has(code) ? storeUnavailable(error) : error
}

/** SQLite's primary result code; undefined for an error that is not SQLite's. https://sqlite.org/rescode.html */
export function resultCodeOf(error: unknown): number | undefined {
  // The lower eight bits are the primary code; those above refine it.
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
}
