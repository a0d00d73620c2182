import { applyD1Migrations } from 'cloudflare:test'
import { beforeAll, expect, it } from 'vitest'
import { createD1Sql } from '../../../src/platform/cloudflare/create-d1-sql.ts'
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

it('answers body_too_large for a message that D1 cannot hold, and keeps nothing of its append', async () => {
  const { store } = await openSessions()
  await store.create('ada', { id: 's1', now: 1 })
  const message = { id: 'msg_1', role: 'user', content: 'x'.repeat(3_000_000), status: 'complete' } as const
  await expect(store.append('ada', 's1', [message], { now: 2 })).rejects.toMatchObject({ code: 'body_too_large' })
  expect(await store.find('ada', 's1')).toMatchObject({ version: 0, updatedAt: 1 })
})

it('answers store_unavailable where the database cannot be reached', async () => {
  const broken = {
    prepare: () => ({ bind: () => ({ all: () => Promise.reject(new Error('D1_ERROR: Network connection lost.')) }) }),
  }
  const store = createSqlSessionStore(createD1Sql(broken as unknown as D1Database))
  await expect(store.find('ada', 's1')).rejects.toMatchObject({ code: 'store_unavailable', status: 503 })
})
