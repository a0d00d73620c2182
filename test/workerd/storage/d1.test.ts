import { applyD1Migrations } from 'cloudflare:test'
import { beforeAll, expect, it } from 'vitest'
import { createD1Sql } from '../../../src/platform/cloudflare/storage/create-d1-sql.ts'
import { createSqlImageStore } from '../../../src/storage/sql/create-sql-image-store.ts'
import { createSqlResponseStore } from '../../../src/storage/sql/create-sql-response-store.ts'
import { createSqlSessionStore } from '../../../src/storage/sql/create-sql-session-store.ts'
import { migrate } from '../../../src/storage/sql/migrate.ts'
import { describeImageStore } from '../../storage/contract/image-store.ts'
import { describeResponseStore } from '../../storage/contract/response-store.ts'
import { describeSessionStore } from '../../storage/contract/session-store.ts'
import { modelSessionStore } from '../../storage/contract/session-store-model.ts'
import { bindings } from './bindings.ts'

const { DB, MIGRATIONS } = bindings
const sql = createD1Sql(DB)
const close = () => {}

beforeAll(async () => {
  await migrate(sql, MIGRATIONS)
})

async function openSessions() {
  await sql.run('DELETE FROM sessions', [])
  return { store: createSqlSessionStore(sql), close }
}

describeSessionStore('D1', openSessions)
modelSessionStore('D1', openSessions, 15)
describeImageStore('D1', async () => {
  await sql.run('DELETE FROM images', [])
  return { store: createSqlImageStore(sql), close }
})

describeResponseStore('D1', async () => {
  await sql.run('DELETE FROM provider_responses', [])
  return { store: createSqlResponseStore(sql), close }
})

it('stays migrated after wrangler applies the migrations again', async () => {
  await applyD1Migrations(
    DB,
    [...MIGRATIONS].map(({ name, queries }) => ({ name, queries: [...queries] })),
    'weir_migrations',
  )
  expect(await migrate(sql, MIGRATIONS)).toEqual([])
})

// Local D1 has none of these failures, so the test simulates them.
it.each([
  ['store_unavailable', 'if the database is unreachable', 'D1_ERROR: Network connection lost.'],
  ['store_unavailable', 'if the database is full', 'D1_ERROR: Exceeded maximum DB size'],
  ['storage_not_configured', 'if the tables are missing', 'D1_ERROR: no such table: sessions: SQLITE_ERROR'],
  ['body_too_large', 'for a message that is too large for D1', 'D1_ERROR: string or blob too big: SQLITE_TOOBIG'],
])('rejects with %s %s', async (code, _when, message) => {
  const broken = { prepare: () => ({ bind: () => ({}) }), batch: () => Promise.reject(new Error(message)) }
  const store = createSqlSessionStore(createD1Sql(broken as unknown as D1Database))
  const hello = { id: 'msg_1', role: 'user', content: 'hello', status: 'complete' } as const
  const failure = await store.append('ada', 's1', [hello], { now: 2 }).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code, cause: { message } })
})
