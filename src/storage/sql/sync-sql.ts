import type { SqlRow, SqlValue } from './sql.ts'

/**
 * A SQLite database that lives in this process and answers at once: `node:sqlite`, or the storage of a Durable Object. What decides on
 * what it has read, and writes in the same transaction, needs no more than this; D1 and Postgres cannot offer it.
 *
 * Throws GatewayError `store_unavailable` where the database is locked for too long or full, and the driver's own error otherwise.
 */
export interface SyncSql {
  all(text: string, params: readonly SqlValue[]): readonly SqlRow[]
  /** How many rows were changed. */
  run(text: string, params: readonly SqlValue[]): number
  /** Runs `work` in one transaction that begins as a writer, so that nobody else writes between its reads and its writes. */
  transaction<Value>(work: () => Value): Value
  /** True where another connection may have written since this was last asked. */
  hasChanged(): boolean
}
