import { beforeAll } from 'vitest'
import { createD1Sql } from '../../../src/platform/cloudflare/storage/create-d1-sql.ts'
import { createSqlIdempotencyStore } from '../../../src/storage/sql/create-sql-idempotency-store.ts'
import { migrate } from '../../../src/storage/sql/migrate.ts'
import { describeIdempotencyStore } from '../../storage/contract/idempotency-store.ts'
import { bindings } from './bindings.ts'

const sql = createD1Sql(bindings.DB)

beforeAll(async () => {
  await migrate(sql, bindings.MIGRATIONS)
})

describeIdempotencyStore('D1', async () => {
  await sql.run('DELETE FROM idempotent_calls', [])
  return { store: createSqlIdempotencyStore(sql), close() {} }
})
