import { beforeAll } from 'vitest'
import { createD1Sql } from '../../../src/platform/cloudflare/storage/create-d1-sql.ts'
import { createSqlKeyStore } from '../../../src/storage/sql/keys/create-sql-key-store.ts'
import { createSqlRevocationStore } from '../../../src/storage/sql/keys/create-sql-revocation-store.ts'
import { migrate } from '../../../src/storage/sql/migrate.ts'
import { describeRevocationStore } from '../../storage/contract/revocation-store.ts'
import { bindings } from './bindings.ts'

const sql = createD1Sql(bindings.DB)

beforeAll(async () => {
  await migrate(sql, bindings.MIGRATIONS)
})

describeRevocationStore('D1', async () => {
  await sql.run('DELETE FROM revocations', [])
  return { store: createSqlRevocationStore(sql), version: () => createSqlKeyStore(sql).version(), close: () => {} }
})
