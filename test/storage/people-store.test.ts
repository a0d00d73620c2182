import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../../src/platform/node/storage/read-migrations.ts'
import { migrate } from '../../src/storage/sql/migrate.ts'
import { describePeople } from './contract/people-store.ts'
import { openPeople } from './open-people.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-people-'))
afterAll(() => rmSync(folder, { recursive: true }))

const migrations = readMigrations(join(import.meta.dirname, '../../migrations'))
let count = 0

describePeople('SQLite', async () => {
  const sql = openSqlite(join(folder, `${++count}`, 'weir.db'))
  await migrate(sql, migrations)
  return { ...openPeople(sql), close: () => sql.close() }
})
