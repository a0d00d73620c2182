import { applyD1Migrations } from 'cloudflare:test'
import { expect, it } from 'vitest'
import { createD1Sql } from '../../../src/platform/cloudflare/storage/create-d1-sql.ts'
import { createSqlSessionStore } from '../../../src/storage/sql/create-sql-session-store.ts'
import { migrate } from '../../../src/storage/sql/migrate.ts'
import { bindings } from './bindings.ts'

const { DB, MIGRATIONS } = bindings

it('continues the migrations of wrangler', async () => {
  const toWrangler = MIGRATIONS.map(({ name, queries }) => ({ name, queries: [...queries] }))
  await applyD1Migrations(DB, toWrangler.slice(0, 1), 'weir_migrations')
  const sql = createD1Sql(DB)
  expect(await migrate(sql, MIGRATIONS)).toEqual(MIGRATIONS.slice(1).map(({ name }) => name))
  await applyD1Migrations(DB, toWrangler, 'weir_migrations')
  expect(await createSqlSessionStore(sql).create('ada', { id: 's1', now: 1 })).toMatchObject({ version: 0 })
})
