import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../../src/platform/node/storage/read-migrations.ts'
import { createSqlIdempotencyStore } from '../../src/storage/sql/create-sql-idempotency-store.ts'
import { migrate } from '../../src/storage/sql/migrate.ts'
import { describeIdempotencyStore } from './contract/idempotency-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-idempotency-'))
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0

describeIdempotencyStore('SQLite', async () => {
  const sql = openSqlite(join(folder, `${++count}`, 'weir.db'))
  await migrate(sql, readMigrations(join(import.meta.dirname, '../../migrations')))
  return { store: createSqlIdempotencyStore(sql), close: () => sql.close() }
})
