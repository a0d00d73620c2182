import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../../src/platform/node/storage/read-migrations.ts'
import { createSqlAuditLog } from '../../src/storage/sql/create-sql-audit-log.ts'
import { migrate } from '../../src/storage/sql/migrate.ts'
import { createSqlUsageStore } from '../../src/storage/sql/usage/create-sql-usage-store.ts'
import { recordColumns } from '../../src/storage/sql/usage/record-columns.ts'
import { toUsageStatement } from '../../src/storage/sql/usage/to-usage-statement.ts'
import type { UsageQuery } from '../../src/storage/usage-store.ts'
import { describeAuditLog } from './contract/audit-log.ts'
import { emptyUsage } from './contract/empty-usage.ts'
import { toLedgerRecord } from './contract/to-ledger-record.ts'
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

it('erases a user of two days among 100,000 records in a few short steps', async () => {
  const { store, sql, close } = await openUsage()
  const record = toLedgerRecord(1, { endUser: 'bob' })
  await store.add([record])
  const columns = recordColumns.replace('id, ', '').replace('end_user, ', '').replace('settled_at, ', '')
  await sql.run(
    `INSERT INTO call_records (id, end_user, settled_at, ${columns})
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
    SELECT 'gen_' || i, CASE WHEN i IN (20000, 80000) THEN 'ada' ELSE 'bob' END, settled_at + i * 25920, ${columns}
    FROM n, (SELECT * FROM call_records LIMIT 1)`,
    [],
  )
  while ((await store.rollUp(50_000)) > 0);
  const user = { keyId: 'key_a', endUser: 'ada' }
  const times: number[] = []
  let records = 0
  for (let after: number | undefined = 0; after !== undefined; ) {
    const startedAt = performance.now()
    const step = await store.eraseUser({ ...user, pseudonym: 'erased:1', limit: 200, after })
    times.push(performance.now() - startedAt)
    records += step.records
    after = step.next
  }
  expect(records).toBe(2)
  // One step scans 10,000 records, so a scan of all takes ten.
  expect(times.length).toBeLessThanOrEqual(4)
  expect(Math.max(...times)).toBeLessThan(200)
  close()
})
