import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { startCheckpoints } from '../../src/platform/node/start-checkpoints.ts'
import { openSqlite, type SqliteDatabase } from '../../src/platform/node/storage/open-sqlite.ts'
import { startWeirProcess } from '../faults/start-weir-process.ts'

const page = 'x'.repeat(3_000)

test('case E2 a thread copies the log to the file instead of the commits', async () => {
  const { path, database, write, waiting } = await openEmpty()
  await write(1_000)
  expect(await waiting()).toBeGreaterThan(1_000)
  const size = (await stat(path)).size
  const checkpoints = start(path)
  await expect.poll(waiting, { timeout: 10_000 }).toBe(0)
  expect((await stat(path)).size).toBeGreaterThan(size + 1_000 * page.length)
  // The log restarts at its beginning instead of growing.
  const { size: log } = await stat(`${path}-wal`)
  await write(500)
  expect((await stat(`${path}-wal`)).size).toBe(log)
  await checkpoints.close()
  await write(500)
  expect(await waiting()).toBeGreaterThan(500)
  database.close()
})

test('case E2 the log restarts at its beginning under constant writes', { timeout: 60_000 }, async () => {
  const { path, database, write } = await openEmpty()
  // Only the thread makes checkpoints.
  await database.all('PRAGMA wal_autocheckpoint = 0', [])
  const checkpoints = start(path)
  let maxSize = 0
  let size = 0
  while (size >= maxSize) {
    maxSize = size
    await write(20)
    size = Number((await database.all('PRAGMA wal_checkpoint(NOOP)', []))[0]?.log)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await checkpoints.close()
  database.close()
})

test('case E2 a thread that cannot open the file reports the error and exits', async () => {
  const failures: unknown[] = []
  const checkpoints = startCheckpoints(join(tmpdir(), 'no such folder', 'weir.db'), (error) => failures.push(error))
  await checkpoints.close()
  expect(String(failures)).toContain('unable to open database file')
})

test('case E2 a server starts the checkpoint thread and stops it on exit', async () => {
  const folder = await makeFolder()
  const server = await startWeirProcess({ STORAGE_PATH: folder, TOKEN: 'secret-of-the-test', DEMO: 'true' })
  onTestFinished(() => server.close())
  const database = new DatabaseSync(join(folder, 'weir.db'), { timeout: 5_000 })
  onTestFinished(() => database.close())
  database.exec('PRAGMA wal_autocheckpoint = 0')
  database.exec('CREATE TABLE pages (text TEXT)')
  const insert = database.prepare('INSERT INTO pages (text) VALUES (?)')
  for (let count = 0; count < 500; count++) insert.run(page)
  await expect.poll(() => countWaiting(database), { timeout: 10_000 }).toBeLessThan(250)
  server.signal('SIGTERM')
  expect(await server.exited).toBe(0)
  expect(server.output()).not.toContain('"event":"checkpoint"')
})

function start(path: string) {
  return startCheckpoints(path, (error) => {
    throw error
  })
}

async function openEmpty() {
  const path = join(await makeFolder(), 'weir.db')
  const database: SqliteDatabase = openSqlite(path)
  await database.run('CREATE TABLE pages (text TEXT)', [])
  return {
    path,
    database,
    async write(count: number) {
      for (let done = 0; done < count; done++) await database.run('INSERT INTO pages (text) VALUES (?)', [page])
    },
    waiting: async () => toWaiting((await database.all('PRAGMA wal_checkpoint(NOOP)', []))[0]),
  }
}

function countWaiting(database: DatabaseSync): number {
  return toWaiting(database.prepare('PRAGMA wal_checkpoint(NOOP)').get())
}

/** Counts the pages of the log that are not in the file yet. */
function toWaiting(row: Readonly<Record<string, unknown>> | undefined): number {
  return Number(row?.log) - Number(row?.checkpointed)
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-checkpoints-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}
