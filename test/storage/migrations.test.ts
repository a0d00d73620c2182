import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../../src/platform/node/storage/read-migrations.ts'
import { createSqlSessionStore } from '../../src/storage/sql/create-sql-session-store.ts'
import { migrate } from '../../src/storage/sql/migrate.ts'
import { describeSessionStore } from './contract/session-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-migrations-'))
afterAll(() => rmSync(folder, { recursive: true }))

const migrationsFolder = join(import.meta.dirname, '../../migrations')

/** Changes that the rules of migrations/README.md allow a later release. */
const ofNextRelease = {
  name: '9999_next_release.sql',
  queries: [
    'ALTER TABLE sessions ADD COLUMN pinned BIGINT NOT NULL DEFAULT 0',
    'ALTER TABLE messages ADD COLUMN tokens BIGINT',
    'CREATE TABLE labels (owner TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (owner, name))',
    'CREATE INDEX messages_by_model ON messages (model)',
  ],
}

let count = 0
describeSessionStore('SQLite, R72 with the schema of the next release', async () => {
  const sql = openSqlite(join(folder, `next-${++count}.db`))
  await migrate(sql, [...readMigrations(migrationsFolder), ofNextRelease])
  return { store: createSqlSessionStore(sql), close: () => sql.close() }
})

describe('migrations', () => {
  it('are numbered from 1 without a gap', () => {
    const numbers = readMigrations(migrationsFolder).map(({ name }) => Number.parseInt(name, 10))
    expect(numbers.toSorted((left, right) => left - right)).toEqual(numbers.map((_, index) => index + 1))
  })

  it('are split into their statements', () => {
    writeFileSync(
      join(folder, '0001_split.sql'),
      `-- A comment; with a semicolon.\r\nSELECT\r\n  1;\r\n\r\n-- Another.\nSELECT ';' ;\nSELECT 3`,
    )
    writeFileSync(join(folder, 'notes.txt'), 'Not a migration.')
    expect(readMigrations(folder)).toEqual([
      { name: '0001_split.sql', queries: ['SELECT\n  1', "SELECT ';'", 'SELECT 3'] },
    ])
  })

  it('are applied once by four processes that start at the same time on a missing file', async () => {
    const path = join(folder, 'new', 'weir.db')
    const children = Array.from({ length: 4 }, () =>
      fork(join(import.meta.dirname, 'start-and-migrate.ts'), [path, migrationsFolder], { execArgv: [] }),
    )
    const results = children.map((child) => once(child, 'message').then(([names]) => names))
    const exits = await Promise.all(children.map((child) => once(child, 'exit')))
    expect(exits).toEqual(children.map(() => [0, null]))
    const applied = (await Promise.all(results)).flat()
    expect(applied.toSorted()).toEqual(
      readMigrations(migrationsFolder)
        .map(({ name }) => name)
        .toSorted(),
    )
  })
})
