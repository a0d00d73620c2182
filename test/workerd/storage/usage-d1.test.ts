import { beforeAll } from 'vitest'
import { createD1Sql } from '../../../src/platform/cloudflare/storage/create-d1-sql.ts'
import { createSqlAuditLog } from '../../../src/storage/sql/create-sql-audit-log.ts'
import { migrate } from '../../../src/storage/sql/migrate.ts'
import { createSqlUsageStore } from '../../../src/storage/sql/usage/create-sql-usage-store.ts'
import { describeAuditLog } from '../../storage/contract/audit-log.ts'
import { emptyUsage } from '../../storage/contract/empty-usage.ts'
import { describeUsageRecords } from '../../storage/contract/usage-records.ts'
import { describeUsageStore } from '../../storage/contract/usage-store.ts'
import { modelUsageStore } from '../../storage/contract/usage-store-model.ts'
import { describeUserErasure } from '../../storage/contract/user-erasure.ts'
import { bindings } from './bindings.ts'

const sql = createD1Sql(bindings.DB)

beforeAll(async () => {
  await migrate(sql, bindings.MIGRATIONS)
})

async function openUsage() {
  await emptyUsage(sql)
  return { store: createSqlUsageStore(sql), sql, close: () => {} }
}

describeUsageStore('D1', openUsage)
describeUsageRecords('D1', openUsage)
describeUserErasure('D1', openUsage)
modelUsageStore('D1', openUsage, 15)

describeAuditLog('D1', async () => {
  await sql.run('DELETE FROM audit_log', [])
  return { log: createSqlAuditLog(sql), close: () => {} }
})
