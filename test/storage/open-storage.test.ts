import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ConfigError } from '../../src/config/config-error.ts'
import { createNodeServer } from '../../src/platform/node/server/create-node-server.ts'

test('creates the folder, the database and the image folder at start', async () => {
  const folder = await makeFolder()
  const path = join(folder, 'deep', 'store')
  await startAndClose({ STORAGE_PATH: path })
  expect((await readdir(path)).sort()).toEqual(['images', 'token-secret', 'weir.db'])
  await startAndClose({ STORAGE_PATH: path })
})

test('creates nothing if storage is off', async () => {
  const before = await readdir('.')
  await startAndClose({ STORAGE_PATH: 'none' })
  expect(await readdir('.')).toEqual(before)
})

test.each([
  ['a file in place of the folder', async (path: string) => writeFile(path, 'not a folder')],
  ['a folder in place of the database', async (path: string) => mkdir(join(path, 'weir.db'), { recursive: true })],
  [
    'a file that is not a database',
    async (path: string) => {
      await mkdir(path)
      await writeFile(join(path, 'weir.db'), 'no database, but long enough to be read as one. '.repeat(100))
    },
  ],
  [
    'a file in place of the images',
    async (path: string) => {
      await mkdir(path)
      await writeFile(join(path, 'images'), 'not a folder')
    },
  ],
])('R67 does not start on %s, and explains how to fix it', async (_name, spoil) => {
  const path = join(await makeFolder(), 'store')
  await spoil(path)
  const failure = await createNodeServer({ env: { STORAGE_PATH: path } }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(ConfigError)
  expect(String(failure)).toContain(`storage.path: sessions and images cannot be stored in ${path} (`)
  expect(String(failure)).toContain('Make it writable for this user, set STORAGE_PATH to another folder')
})

async function startAndClose(env: Readonly<Record<string, string>>): Promise<void> {
  const server = await createNodeServer({ env })
  await server.close(0)
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-open-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}
