import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { openSqlite, type SqliteDatabase } from '../../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../../src/platform/node/storage/read-migrations.ts'
import { createSqlAdminSecretStore } from '../../src/storage/sql/create-sql-admin-secret-store.ts'
import { migrate } from '../../src/storage/sql/migrate.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-admin-secret-'))
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
let path: string
beforeEach(() => {
  path = join(folder, `${++count}`, 'weir.db')
})

async function open(): Promise<SqliteDatabase> {
  const sql = openSqlite(path)
  await migrate(sql, readMigrations(join(import.meta.dirname, '../../migrations')))
  return sql
}

it('stores only the first of several concurrent hashes until it is replaced', async () => {
  const connections = [await open(), await open()]
  const stores = connections.map(createSqlAdminSecretStore)
  expect(await stores[0]?.find()).toBeUndefined()
  const kept = await Promise.all(['a', 'b', 'c', 'd'].map((hash, index) => stores[index % 2]?.keepFirst(hash, 1)))
  expect(kept.filter((isKept) => isKept === true)).toHaveLength(1)
  const first = ['a', 'b', 'c', 'd'][kept.indexOf(true)]
  expect(await Promise.all(stores.map((store) => store.find()))).toEqual([first, first])
  await stores[1]?.replace('e', 2)
  await stores[1]?.replace('e', 3)
  expect(await stores[0]?.find()).toBe('e')
  expect(await stores[0]?.keepFirst('f', 4)).toBe(false)
  expect(await stores[0]?.find()).toBe('e')
  for (const sql of connections) sql.close()
})
