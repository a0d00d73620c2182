import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, it } from 'vitest'
import { GatewayError } from '../../src/core/errors.ts'
import { createLongWork } from '../../src/core/long-work.ts'
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../../src/platform/node/storage/read-migrations.ts'
import { createSqlImageStore } from '../../src/storage/sql/create-sql-image-store.ts'
import { createSqlResponseStore } from '../../src/storage/sql/create-sql-response-store.ts'
import { createSqlSessionStore } from '../../src/storage/sql/create-sql-session-store.ts'
import { migrate } from '../../src/storage/sql/migrate.ts'
import { describeImageStore } from './contract/image-store.ts'
import { describeResponseStore } from './contract/response-store.ts'
import { describeSessionStore } from './contract/session-store.ts'
import { modelSessionStore } from './contract/session-store-model.ts'
import { describeSql } from './contract/sql.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true }))

const migrations = readMigrations(join(import.meta.dirname, '../../migrations'))
let count = 0
const newPath = () => join(folder, `${++count}`, 'weir.db')

async function openMigrated(path = newPath()) {
  const sql = openSqlite(path)
  await migrate(sql, migrations)
  return sql
}

async function openSessions() {
  const sql = await openMigrated()
  return { store: createSqlSessionStore(sql), close: () => sql.close() }
}

describeSql('SQLite', async () => {
  const sql = openSqlite(newPath())
  return { sql, close: () => sql.close() }
})
describeSessionStore('SQLite', openSessions)
describeImageStore('SQLite', async () => {
  const sql = await openMigrated()
  return { store: createSqlImageStore(sql), close: () => sql.close() }
})

describeResponseStore('SQLite', async () => {
  const sql = await openMigrated()
  return { store: createSqlResponseStore(sql), close: () => sql.close() }
})

/** One database for all sequences, which is emptied before each sequence. */
async function openEmptied() {
  const sql = await sharedDatabase
  await sql.run('DELETE FROM sessions', [])
  return { store: createSqlSessionStore(sql), close: () => {} }
}
const sharedDatabase = openMigrated()
afterAll(async () => (await sharedDatabase).close())
modelSessionStore('SQLite', openEmptied, 200)

const message = { id: 'msg_1', role: 'user', content: 'hello', status: 'complete' } as const

describe('SQLite', () => {
  it('keeps its data when it is reopened', async () => {
    const path = newPath()
    const first = await openMigrated(path)
    await createSqlSessionStore(first).create('ada', { id: 's1', now: 1 })
    first.close()
    const second = await openMigrated(path)
    expect(await createSqlSessionStore(second).find('ada', 's1')).toMatchObject({ createdAt: 1 })
    second.close()
  })

  it.skipIf(process.platform === 'win32')('creates its folder only for this user', async () => {
    const path = newPath()
    openSqlite(path).close()
    expect(statSync(join(path, '..')).mode & 0o077).toBe(0)
  })

  it('names the path and the reason if the file cannot be opened', () => {
    const file = join(folder, 'a-file')
    writeFileSync(file, '')
    const path = join(file, 'weir.db')
    expect(() => openSqlite(path)).toThrow(GatewayError)
    expect(() => openSqlite(path)).toThrow(`Cannot open the database file ${path}: `)
    expect(() => openSqlite(folder)).toThrow('unable to open database file')
  })

  it('reports a file that is not a database', () => {
    const path = join(folder, 'text.db')
    writeFileSync(
      path,
      'This is not a database, but a text of some length, so that it is read as a header. '.repeat(20),
    )
    expect(() => openSqlite(path)).toThrow('file is not a database')
  })

  it('R67 rejects with store_unavailable while the disk is full, stores nothing partially, and continues afterwards', async () => {
    const sql = await openMigrated()
    const store = createSqlSessionStore(sql)
    await store.create('ada', { id: 's1', now: 1 })
    const [pages] = await sql.all('PRAGMA page_count', [])
    // SQLite then fails as on a full disk.
    await sql.all(`PRAGMA max_page_count = ${Number(pages?.page_count) + 2}`, [])
    const long = { ...message, content: 'x'.repeat(100_000) }
    const failure = await store.append('ada', 's1', [message, long], { now: 2 }).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      code: 'store_unavailable',
      status: 503,
      cause: { message: expect.stringContaining('full') },
    })
    expect(String(failure)).not.toContain(folder)
    expect(await store.export('ada', 's1')).toMatchObject({ session: { version: 0, updatedAt: 1 }, messages: [] })
    await sql.all('PRAGMA max_page_count = 1000000', [])
    expect(await store.append('ada', 's1', [message, long], { now: 2 })).toMatchObject({ version: 2 })
    sql.close()
  })

  it('case D5: reads a long page over several ticks, a short one in one, and returns none of a deleted session', async () => {
    const sql = await openMigrated()
    let ticks = 0
    let onTick = async () => {}
    const store = createSqlSessionStore(
      sql,
      createLongWork(async () => {
        ticks += 1
        await onTick()
      }),
    )
    await store.create('ada', { id: 's1', now: 1 })
    const append = (content: string) => store.append('ada', 's1', [{ ...message, content }], { now: 2 })
    await append('x'.repeat(400_000))
    expect(await store.messages('ada', 's1', { limit: 10 })).toHaveLength(1)
    expect(ticks).toBe(0)
    for (let at = 0; at < 8; at++) await append('x'.repeat(400_000))
    expect(await store.messages('ada', 's1', { limit: 10 })).toHaveLength(9)
    expect(ticks).toBeGreaterThanOrEqual(16)
    onTick = async () => void (await store.delete('ada', 's1'))
    expect(await store.messages('ada', 's1', { limit: 10 })).toBeUndefined()
    sql.close()
  })

  it('R45 R60 keeps every append of four processes to one session, and none fails', async () => {
    const path = newPath()
    const sql = await openMigrated(path)
    const store = createSqlSessionStore(sql)
    await store.create('ada', { id: 's1', now: 1 })
    const appends = 100
    const names = ['a', 'b', 'c', 'd']
    const exits = names.map((name) => once(runChild('append-messages.ts', [path, name, String(appends)]), 'exit'))
    expect(await Promise.all(exits)).toEqual(names.map(() => [0, null]))
    const messages = (await store.export('ada', 's1'))?.messages ?? []
    expect(messages.map(({ position }) => position)).toEqual(Array.from({ length: 400 }, (_, index) => index + 1))
    for (const name of names) {
      const own = messages.map(({ id }) => id).filter((id) => id.startsWith(name))
      expect(own).toEqual(Array.from({ length: appends }, (_, index) => `${name}${index}`))
    }
    sql.close()
  })

  it('loses no acknowledged append when the process is killed', async () => {
    const path = newPath()
    const prepared = await openMigrated(path)
    await createSqlSessionStore(prepared).create('ada', { id: 's1', now: 1 })
    prepared.close()
    const child = runChild('append-messages.ts', [path, 'm', 'endless'])
    const acknowledged: unknown[] = []
    child.on('message', (id) => {
      acknowledged.push(id)
      if (acknowledged.length === 200) child.kill('SIGKILL')
    })
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
    const sql = await openMigrated(path)
    const { session, messages = [] } = (await createSqlSessionStore(sql).export('ada', 's1')) ?? {}
    const ids = messages.map(({ id }) => id)
    expect(acknowledged.length).toBeGreaterThanOrEqual(200)
    expect(acknowledged.filter((id) => !ids.includes(String(id)))).toEqual([])
    expect(messages.length).toBe(session?.version)
    sql.close()
  })
})

function runChild(script: string, args: readonly string[]) {
  return fork(join(import.meta.dirname, script), args, { execArgv: [] })
}

describe('a file that does not exist yet', () => {
  it('is created by one of several threads that open it at the same moment, and opened by the others', async () => {
    const gate = new Int32Array(new SharedArrayBuffer(8))
    const work = { folder: mkdtempSync(join(folder, 'together-')), gate, threads: 4, files: 60 }
    const problems = Array.from({ length: work.threads }, async () => {
      const thread = new Worker(new URL('open-together.ts', import.meta.url), { workerData: work })
      const [found] = await once(thread, 'message')
      return found as readonly string[]
    })
    expect((await Promise.all(problems)).flat()).toEqual([])
  })
})
