import { beforeAll } from 'vitest'
import { createD1Sql } from '../../../src/platform/cloudflare/storage/create-d1-sql.ts'
import { createSqlKeyStore } from '../../../src/storage/sql/keys/create-sql-key-store.ts'
import { migrate } from '../../../src/storage/sql/migrate.ts'
import { describeKeyStore } from '../../storage/contract/key-store.ts'
import { bindings } from './bindings.ts'

const sql = createD1Sql(bindings.DB)

beforeAll(async () => {
  await migrate(sql, bindings.MIGRATIONS)
})

describeKeyStore('D1', async () => {
  await sql.run('DELETE FROM api_keys', [])
  return { store: createSqlKeyStore(sql), close: () => {} }
})
