import { beforeAll } from 'vitest'
import { createD1Sql } from '../../../src/platform/cloudflare/storage/create-d1-sql.ts'
import { migrate } from '../../../src/storage/sql/migrate.ts'
import { describePeople } from '../../storage/contract/people-store.ts'
import { openPeople } from '../../storage/open-people.ts'
import { bindings } from './bindings.ts'

const sql = createD1Sql(bindings.DB)

beforeAll(async () => {
  await migrate(sql, bindings.MIGRATIONS)
})

describePeople('D1', async () => {
  for (const table of ['people', 'links', 'admin_sessions', 'api_keys']) await sql.run(`DELETE FROM ${table}`, [])
  return { ...openPeople(sql), close: () => {} }
})
