import type { SqlRow, SqlValue, SyncSql } from '../../../storage/sql/sql.ts'
import { isQuotaSpent, toStoreFailure } from '../storage/to-store-failure.ts'

/** SQLite error codes for failures of the disk, not of the statement. Source: https://sqlite.org/rescode.html */
const unavailable = /SQLITE_(BUSY|LOCKED|READONLY|IOERR|CORRUPT|FULL|CANTOPEN|NOTADB)/

/**
 * Creates a {@link SyncSql} on the SQLite database of a Durable Object, which has no other writer. The output gate
 * delays every response until earlier writes are durable. Cloudflare restarts an object whose disk fails.
 */
export function createDurableSql(storage: DurableObjectStorage): SyncSql {
  const { sql } = storage
  const all = (text: string, params: readonly SqlValue[]): readonly SqlRow[] => sql.exec(text, ...params).toArray()
  return {
    all: (text, params) => orUnavailable(() => all(text, params)),
    run: (text, params) =>
      orUnavailable(() => {
        // `rowsWritten` includes index rows, so it only shows whether anything was written.
        const { rowsWritten } = sql.exec(text, ...params)
        return rowsWritten === 0 ? 0 : Number(all('SELECT changes() AS changes', [])[0]?.changes)
      }),
    transaction: (work) => orUnavailable(() => storage.transactionSync(work)),
    hasChanged: () => false,
  }
}

function orUnavailable<Value>(work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    throw unavailable.test(String(error)) || isQuotaSpent(error) ? toStoreFailure(error) : error
  }
}
