import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { GatewayError } from '../../../core/errors.ts'
import type { Sql, SqlRow, SyncSql } from '../../../storage/sql/sql.ts'
import { storeUnavailable } from '../../../storage/store-unavailable.ts'
import { makeDatabasePrivate } from './private-files.ts'

/** An open SQLite file. */
export interface SqliteDatabase extends Sql {
  /** The same connection with a synchronous interface, to read and write in one step. */
  readonly sync: SyncSql
  /** Closes the connection. No acknowledged write is lost without it. */
  close(): void
}

/**
 * Maximum wait for a write of another process. SQLite blocks the event loop meanwhile. Weir's own transactions take
 * well under a millisecond each, so only a stuck process causes a long wait.
 */
const busyTimeoutMs = 5_000

/**
 * Log size at which a commit runs a checkpoint, 200 MB. The server's checkpoint thread does it earlier, at 16 MB and
 * off the event loop. This is the fallback if there is no such thread, or it cannot keep up.
 */
const autocheckpointPages = 50_000

/** SQLITE_BUSY */
const busy = 5

/**
 * SQLite's result codes for a problem with the file, the disk or another process, not with the statement.
 * https://sqlite.org/rescode.html
 */
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
 * Opens the SQLite file at `path`, and creates it and its folder if they are missing. Any number of processes may open
 * the same file. Call it at the start: its error contains the path and is for the operator.
 */
export function openSqlite(path: string): SqliteDatabase {
  const database = open(path)
  const prepared = new Map<string, StatementSync>()
  const prepare = (query: string) => {
    const known = prepared.get(query)
    if (known !== undefined) return known
    const statement = database.prepare(query)
    prepared.set(query, statement)
    return statement
  }
  return {
    all: (query, params) => toPromise(() => prepare(query).all(...params) as readonly SqlRow[]),
    run: (query, params) => toPromise(() => Number(prepare(query).run(...params).changes)),
    batch: (statements) =>
      toPromise(() =>
        runTransaction(database, prepare, () =>
          // Prepares each statement only before it runs, because it may need a table that the previous one creates.
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
    switchToWal(database)
    // NORMAL loses nothing if the process dies, at most the last writes if the power fails. FULL flushes each write.
    database.exec(`PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${autocheckpointPages}`)
    return database
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new GatewayError('store_unavailable', `Cannot open the database file ${path}: ${reason}.`, { cause })
  }
}

/**
 * Retries: of processes that create the same file together, SQLite refuses all except one, despite the busy timeout.
 */
function switchToWal(database: DatabaseSync): void {
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

type Prepare = (query: string) => StatementSync

function toSync(database: DatabaseSync, prepare: Prepare): SyncSql {
  const dataVersion = database.prepare('PRAGMA data_version')
  let knownVersion: unknown
  return {
    all(query, params) {
      try {
        return prepare(query).all(...params) as readonly SqlRow[]
      } catch (error) {
        throw toKnownError(error)
      }
    },
    run(query, params) {
      try {
        return Number(prepare(query).run(...params).changes)
      } catch (error) {
        throw toKnownError(error)
      }
    },
    transaction: (work) => orUnavailable(() => runTransaction(database, prepare, work)),
    hasChanged() {
      // SQLite changes this number when another connection commits: https://sqlite.org/pragma.html#pragma_data_version
      const version = orUnavailable(() => dataVersion.get()?.data_version)
      const hasChanged = version !== knownVersion
      knownVersion = version
      return hasChanged
    },
  }
}

function runTransaction<Value>(database: DatabaseSync, prepare: Prepare, work: () => Value): Value {
  // A transaction that first reads and then writes fails at once if another process wrote in between (BUSY_SNAPSHOT).
  prepare('BEGIN IMMEDIATE').run()
  try {
    const value = work()
    prepare('COMMIT').run()
    return value
  } catch (error) {
    // After a full disk SQLite has already rolled back.
    if (database.isTransaction) prepare('ROLLBACK').run()
    throw error
  }
}

/** Wraps a synchronous result of SQLite in a promise. */
function toPromise<Value>(work: () => Value): Promise<Value> {
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

/** Returns SQLite's primary result code; undefined for other errors. https://sqlite.org/rescode.html */
export function resultCodeOf(error: unknown): number | undefined {
  // The lower eight bits are the primary code; the upper ones refine it.
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
}
