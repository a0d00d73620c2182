import { join } from 'node:path'
import type { Clock } from '../../../src/core/clock.ts'
import { openSqlite, type SqliteDatabase } from '../../../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../../../src/platform/node/storage/read-migrations.ts'
import { migrate } from '../../../src/storage/sql/migrate.ts'
import { createSqlUsageStore } from '../../../src/storage/sql/usage/create-sql-usage-store.ts'
import type { UsageStore } from '../../../src/storage/usage-store.ts'

/** Gives everything else a turn, and does not wait. */
export const clock: Pick<Clock, 'after'> = {
  after(_delayMs, action) {
    const turn = setImmediate(action)
    return () => clearImmediate(turn)
  },
}

export interface UsageDatabase {
  readonly sql: SqliteDatabase
  readonly usage: UsageStore
}

export async function openUsageDatabase(): Promise<UsageDatabase> {
  const sql = openSqlite(':memory:')
  await migrate(sql, readMigrations(join(import.meta.dirname, '../../../migrations')))
  return { sql, usage: createSqlUsageStore(sql) }
}
