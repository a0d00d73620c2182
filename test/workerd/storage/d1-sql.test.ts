import { createD1Sql } from '../../../src/platform/cloudflare/storage/create-d1-sql.ts'
import { describeSql } from '../../storage/contract/sql.ts'
import { bindings } from './bindings.ts'

describeSql('D1', async () => {
  const sql = createD1Sql(bindings.DB)
  for (const table of ['parts', 'items', 'one', 'weir_migrations']) await sql.run(`DROP TABLE IF EXISTS ${table}`, [])
  return { sql, close: () => {} }
})
