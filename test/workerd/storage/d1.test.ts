import { applyD1Migrations } from 'cloudflare:test'
import { beforeAll, expect, it } from 'vitest'
import { createD1Sql } from '../../../src/platform/cloudflare/storage/create-d1-sql.ts'
import { createSqlImageStore } from '../../../src/storage/sql/create-sql-image-store.ts'
import { createSqlSessionStore } from '../../../src/storage/sql/create-sql-session-store.ts'
import { migrate } from '../../../src/storage/sql/migrate.ts'
import { describeImageStore } from '../../storage/contract/image-store.ts'
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

it('finds a database migrated that wrangler’s own tool goes over afterwards', async () => {
  await applyD1Migrations(
    DB,
    [...MIGRATIONS].map(({ name, queries }) => ({ name, queries: [...queries] })),
    'weir_migrations',
  )
  expect(await migrate(sql, MIGRATIONS)).toEqual([])
})

// Local D1 has neither of these limits, so its answers are played.
it.each([
  ['store_unavailable', 'where the database cannot be reached', 'D1_ERROR: Network connection lost.'],
  ['store_unavailable', 'where the database is full', 'D1_ERROR: Exceeded maximum DB size'],
  ['storage_not_configured', 'where nobody has made the tables', 'D1_ERROR: no such table: sessions: SQLITE_ERROR'],
  ['body_too_large', 'for a message that D1 cannot hold', 'D1_ERROR: string or blob too big: SQLITE_TOOBIG'],
])('answers %s %s', async (code, _when, text) => {
  const broken = { prepare: () => ({ bind: () => ({}) }), batch: () => Promise.reject(new Error(text)) }
  const store = createSqlSessionStore(createD1Sql(broken as unknown as D1Database))
  const message = { id: 'msg_1', role: 'user', content: 'hello', status: 'complete' } as const
  const failure = await store.append('ada', 's1', [message], { now: 2 }).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code, cause: { message: text } })
})
