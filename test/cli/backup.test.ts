import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openDatabase } from '../../src/platform/node/storage/open-storage.ts'
import { createKeyIn } from '../faults/create-key-in.ts'
import { startWeirProcess } from '../faults/start-weir-process.ts'
import { readRows } from '../support/read-rows.ts'
import { mustRun, runWeir } from './run-weir.ts'

vi.setConfig({ testTimeout: 60_000 })

let folder: string
let env: Readonly<Record<string, string>>
const closers: (() => unknown)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-backup-'))
  env = { STORAGE_PATH: join(folder, 'data'), TOKEN: 'secret-of-the-test', DEMO: 'true' }
  const database = await openDatabase(pathOf())
  await database.run('CREATE TABLE pairs (writer INTEGER, text TEXT)', [])
  database.close()
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  await rm(folder, { recursive: true })
})

const pathOf = () => join(folder, 'data', 'weir.db')
const copy = () => join(folder, 'copy.db')
const weir = (...args: readonly string[]) => mustRun(args, { folder, env })
const tryWeir = (...args: readonly string[]) => runWeir(args, { folder, env })

test('case E1 P17 a backup completes while two processes write, and is consistent, complete and private', async () => {
  for (let count = 0; count < 2; count++) {
    const writer = fork(join(import.meta.dirname, 'write-pages.ts'), [pathOf()], { execArgv: [] })
    closers.push(async () => {
      writer.kill('SIGKILL')
      await once(writer, 'exit')
    })
    await once(writer, 'message')
  }
  const { stderr } = await weir('backup', 'copy.db')
  expect(stderr).toContain('images')
  expect(readRows(copy(), 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }])
  // Rows of one transaction are either both in the backup or both missing.
  const writers = readRows(copy(), 'SELECT COUNT(*) % 2 AS odd, COUNT(*) > 100 AS many FROM pairs GROUP BY writer')
  expect(writers).toEqual([
    { odd: 0, many: 1 },
    { odd: 0, many: 1 },
  ])
  if (process.platform !== 'win32') expect((await stat(copy())).mode & 0o777).toBe(0o600)
  expect((await readdir(folder)).sort()).toEqual(['copy.db', 'data'])
})

test('case E1 a backup replaces a file only with --force, and never the database', async () => {
  await writeFile(copy(), 'notes')
  expect(await tryWeir('backup', 'copy.db')).toMatchObject({ code: 1, stderr: expect.stringContaining('--force') })
  expect(await tryWeir('backup', pathOf(), '--force')).toMatchObject({ code: 2 })
  await weir('backup', 'copy.db', '--force')
  expect(readRows(copy(), 'SELECT COUNT(*) AS rows FROM pairs')).toEqual([{ rows: 0 }])
})

test('case E1 restore brings the backup back, and keeps the previous database beside it', async () => {
  const storage = join(folder, 'data')
  const first = await createKeyIn(storage, {})
  await weir('backup', 'copy.db')
  await createKeyIn(storage, {})
  const { stderr } = await weir('restore', 'copy.db')
  const previous = (await readdir(storage)).filter((name) => name.includes('before-restore'))
  expect(previous).toHaveLength(1)
  expect(stderr).toContain(String(previous[0]))
  expect(readRows(pathOf(), 'SELECT id FROM api_keys')).toEqual([{ id: first.id }])
  expect(readRows(join(storage, String(previous[0])), 'SELECT COUNT(*) AS keys FROM api_keys')).toEqual([{ keys: 2 }])
  for (const name of ['weir.db', String(previous[0])])
    if (process.platform !== 'win32') expect((await stat(join(storage, name))).mode & 0o777).toBe(0o600)
})

test('case E1 restore refuses while a server runs, and with --force the server continues with the backup', async () => {
  const storage = join(folder, 'data')
  const kept = await createKeyIn(storage, {})
  await weir('backup', 'copy.db')
  const lost = await createKeyIn(storage, {})
  const server = await startWeirProcess(env)
  closers.push(server.close)
  const statusOf = async (secret: string | null) =>
    (await fetch(`${server.url}/v1/key`, { headers: { authorization: `Bearer ${secret}` } })).status
  expect([await statusOf(kept.secret), await statusOf(lost.secret)]).toEqual([200, 200])
  const refused = await tryWeir('restore', 'copy.db')
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('--force') })
  expect(await statusOf(lost.secret)).toBe(200)
  await weir('restore', 'copy.db', '--force')
  await expect.poll(() => statusOf(lost.secret), { timeout: 10_000 }).toBe(401)
  expect(await statusOf(kept.secret)).toBe(200)
  expect(server.faults()).toEqual([])
})

test('case E1 restore assigns open calls of the backup to no running process, and moves a damaged database away', async () => {
  await weir('backup', 'copy.db')
  const database = new DatabaseSync(copy())
  database.exec("INSERT INTO open_calls (id, process_id, opened_at, detail) VALUES ('gen_1', 'alive', 1, '{}')")
  database.close()
  await writeFile(pathOf(), 'no database, but long enough to be read as one. '.repeat(100))
  await weir('restore', 'copy.db')
  expect(readRows(pathOf(), 'SELECT id, process_id FROM open_calls')).toEqual([{ id: 'gen_1', process_id: 'restored' }])
})

test('case E1 restore of a file that is not a backup changes nothing', async () => {
  await writeFile(copy(), 'no database, but long enough to be read as one. '.repeat(100))
  expect(await tryWeir('restore', 'copy.db')).toMatchObject({ code: 1, stderr: expect.stringContaining('unchanged') })
  await writeFile(copy(), '')
  expect(await tryWeir('restore', 'copy.db')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not a Weir database'),
  })
  expect(await tryWeir('restore', 'nothing.db')).toMatchObject({ code: 1 })
  expect(readRows(pathOf(), 'SELECT COUNT(*) AS rows FROM pairs')).toEqual([{ rows: 0 }])
  expect(await readdir(join(folder, 'data'))).toEqual(['weir.db'])
})
