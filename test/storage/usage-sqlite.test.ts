import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../../src/platform/node/storage/read-migrations.ts'
import { createSqlAuditLog } from '../../src/storage/sql/create-sql-audit-log.ts'
import { migrate } from '../../src/storage/sql/migrate.ts'
import { createSqlUsageStore } from '../../src/storage/sql/usage/create-sql-usage-store.ts'
import { toUsageStatement } from '../../src/storage/sql/usage/to-usage-statement.ts'
import type { UsageQuery } from '../../src/storage/usage-store.ts'
import { describeAuditLog } from './contract/audit-log.ts'
import { emptyUsage } from './contract/empty-usage.ts'
import { describeUsageRecords } from './contract/usage-records.ts'
import { describeUsageStore } from './contract/usage-store.ts'
import { modelUsageStore } from './contract/usage-store-model.ts'
import { describeUserErasure } from './contract/user-erasure.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-usage-'))
afterAll(() => rmSync(folder, { recursive: true }))

const migrations = readMigrations(join(import.meta.dirname, '../../migrations'))
let count = 0

async function openUsage() {
  const sql = openSqlite(join(folder, `${++count}.db`))
  await migrate(sql, migrations)
  return { store: createSqlUsageStore(sql), sql, close: () => sql.close() }
}

describeUsageStore('SQLite', openUsage)
describeUsageRecords('SQLite', openUsage)
describeUserErasure('SQLite', openUsage)

/** One database for all runs, which is emptied before each run. */
const shared = openUsage()
afterAll(async () => (await shared).close())
modelUsageStore(
  'SQLite',
  async () => {
    const { store, sql } = await shared
    await emptyUsage(sql)
    return { store, sql, close: () => {} }
  },
  150,
)

describeAuditLog('SQLite', async () => {
  const { sql, close } = await openUsage()
  return { log: createSqlAuditLog(sql), close }
})

const queries: readonly Partial<UsageQuery>[] = [
  { groupBy: ['day'] },
  { groupBy: ['day', 'end_user'], keyId: 'key_a' },
  { groupBy: ['key'], keyId: 'key_a', includesDescendants: true },
  { groupBy: ['day', 'key'] },
  { groupBy: ['tag'], tag: 't:1', keyId: 'key_a' },
]

it.each(queries)('S15 answers %j without a full table scan', async (query) => {
  const { sql, close } = await openUsage()
  const { text, params } = toUsageStatement({ from: '2026-11-01', to: '2026-11-30', groupBy: [], ...query })
  const steps = (await sql.all(`EXPLAIN QUERY PLAN ${text}`, params)).map(({ detail }) => String(detail))
  expect(steps.filter((step) => /^SCAN (usage|call|api|record)/.test(step))).toEqual([])
  const byKey = steps.filter((step) => /usage_days_by.*(\(day=\? AND key_id=\?|tag=\? AND key_id=\?)/.test(step))
  expect(byKey.length > 0).toBe(query.keyId !== undefined)
  close()
})
