import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../../src/platform/node/storage/read-migrations.ts'
import { createSqlKeyStore } from '../../src/storage/sql/keys/create-sql-key-store.ts'
import { createSqlRevocationStore } from '../../src/storage/sql/keys/create-sql-revocation-store.ts'
import { migrate } from '../../src/storage/sql/migrate.ts'
import { describeKeyStore, toKey, toSecret } from './contract/key-store.ts'
import { describeRevocationStore } from './contract/revocation-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-keys-'))
afterAll(() => rmSync(folder, { recursive: true }))

const migrations = readMigrations(join(import.meta.dirname, '../../migrations'))
let count = 0

async function openMigrated(path = join(folder, `${++count}`, 'weir.db')) {
  const sql = openSqlite(path)
  await migrate(sql, migrations)
  return sql
}

describeKeyStore('SQLite', async () => {
  const sql = await openMigrated()
  return { store: createSqlKeyStore(sql), close: () => sql.close() }
})

describeRevocationStore('SQLite', async () => {
  const sql = await openMigrated()
  const store = createSqlRevocationStore(sql)
  return { store, version: () => createSqlKeyStore(sql).version(), close: () => sql.close() }
})

it('sees changes of another connection to the same file at once', async () => {
  const path = join(folder, 'shared', 'weir.db')
  const [mine, other] = [await openMigrated(path), await openMigrated(path)]
  const store = createSqlKeyStore(mine)
  await store.create(toKey('k1'), toSecret('h1'))
  const version = await store.version()
  await createSqlKeyStore(other).update('k1', () => ({ isDisabled: true }), 2_000)
  expect((await store.findByHash('h1'))?.key.isDisabled).toBe(true)
  expect(await store.version()).toBeGreaterThan(version)
  for (const sql of [mine, other]) sql.close()
})

it('stops at a cycle after a manual edit made a key its own ancestor', async () => {
  const sql = await openMigrated()
  const store = createSqlKeyStore(sql)
  await store.create(toKey('k1'), toSecret('h1'))
  await store.create(toKey('k2', { parentId: 'k1', rootId: 'k1' }), toSecret('h2'))
  await sql.run("UPDATE api_keys SET parent_id = 'k2' WHERE id = 'k1'", [])
  expect((await store.findByHash('h2'))?.ancestors.length).toBeLessThan(20)
  expect(await store.delete('k1', 9_000)).toBe(2)
  expect(await store.list({ limit: 10 })).toEqual([])
  sql.close()
})
