import type { SqlRow, SqlValue, SyncSql } from '../../../storage/sql/sql.ts'
import { isQuotaSpent, toStoreFailure } from '../storage/to-store-failure.ts'

/** The codes of SQLite that tell of the disk and not of the statement. https://sqlite.org/rescode.html */
const unavailable = /SQLITE_(BUSY|LOCKED|READONLY|IOERR|CORRUPT|FULL|CANTOPEN|NOTADB)/

/**
 * The SQLite database of a Durable Object as {@link SyncSql}. It has one owner, so nobody else changes it. What is written is durable before
 * anything that follows from it leaves the object (output gate), and an object whose disk fails is started anew.
 */
export function createDurableSql(storage: DurableObjectStorage): SyncSql {
  const { sql } = storage
  const all = (text: string, params: readonly SqlValue[]): readonly SqlRow[] => sql.exec(text, ...params).toArray()
  return {
    all: (text, params) => orUnavailable(() => all(text, params)),
    run: (text, params) =>
      orUnavailable(() => {
        // Counts the rows of indexes too, so more than 0 says nothing but that something was written.
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
