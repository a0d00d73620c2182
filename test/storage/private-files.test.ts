import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { openFolder } from '../../src/platform/node/storage/open-folder.ts'
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'
import { openTokenSecret, tokenSecretFile } from '../../src/platform/node/storage/token-secret.ts'

const hasModes = process.platform !== 'win32'

test.runIf(hasModes)('case D12 the database and its two files are private for any umask', async () => {
  const folder = await makeFolder()
  const before = process.umask(0)
  onTestFinished(() => void process.umask(before))
  const path = join(folder, 'deep', 'weir.db')
  const database = await openWritten(path)
  expect(await readModes(join(folder, 'deep'))).toEqual({
    'weir.db': 0o600,
    'weir.db-shm': 0o600,
    'weir.db-wal': 0o600,
  })
  expect(await modeOf(join(folder, 'deep'))).toBe(0o700)
  database.close()
})

test.runIf(hasModes)(
  'case D12 the next start makes readable files private, including those of a killed server',
  async () => {
    const folder = await makeFolder()
    const path = join(folder, 'weir.db')
    const running = await openWritten(path)
    for (const name of await readdir(folder)) await chmod(join(folder, name), 0o666)
    await chmod(folder, 0o755)
    const next = await openWritten(path)
    expect(await readModes(folder)).toEqual({ 'weir.db': 0o600, 'weir.db-shm': 0o600, 'weir.db-wal': 0o600 })
    expect(await modeOf(folder)).toBe(0o700)
    next.close()
    running.close()
  },
)

test.runIf(hasModes)('case D12 a folder with other files keeps its mode', async () => {
  const folder = await makeFolder()
  await writeFile(join(folder, 'notes.txt'), '')
  await chmod(folder, 0o755)
  openSqlite(join(folder, 'weir.db')).close()
  expect(await modeOf(folder)).toBe(0o755)
  expect(await modeOf(join(folder, 'weir.db'))).toBe(0o600)
})

test.runIf(hasModes)('case D12 the next start makes readable images private', async () => {
  const folder = join(await makeFolder(), 'images')
  await mkdir(folder)
  await writeFile(join(folder, 'old'), '', { mode: 0o644 })
  await chmod(folder, 0o755)
  const blobs = await openFolder(folder)
  await blobs.put('img_0123456789abcdef', new Uint8Array([1]), 'image/png')
  expect(await modeOf(folder)).toBe(0o700)
  expect(await readModes(folder)).toEqual({ old: 0o600, img_0123456789abcdef: 0o600 })
})

async function openWritten(path: string) {
  const database = openSqlite(path)
  await database.run('CREATE TABLE IF NOT EXISTS notes (text TEXT)', [])
  return database
}

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777
}

async function readModes(folder: string): Promise<Readonly<Record<string, number>>> {
  const modes: Record<string, number> = {}
  for (const name of await readdir(folder)) modes[name] = await modeOf(join(folder, name))
  return modes
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-private-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test('S17 the secret that signs user tokens is in no database, and only its owner can read it', async () => {
  const folder = await makeFolder()
  const secret = openTokenSecret(folder)
  expect(secret).toMatch(/^[0-9a-f]{64}$/)
  expect(openTokenSecret(folder)).toBe(secret)
  expect(await readdir(folder)).toEqual([tokenSecretFile])
  const path = join(folder, tokenSecretFile)
  if (hasModes) {
    expect(await modeOf(path)).toBe(0o600)
    await chmod(path, 0o644)
    openTokenSecret(folder)
    expect(await modeOf(path)).toBe(0o600)
  }
  await writeFile(path, 'short\n')
  expect(() => openTokenSecret(folder)).toThrow('does not hold a secret of 64 hexadecimal digits')
})

test('processes that start together sign with the same secret', async () => {
  const folder = await makeFolder()
  const script = `import { openTokenSecret } from ${JSON.stringify(join(import.meta.dirname, '../../src/platform/node/storage/token-secret.ts'))}
    console.log(openTokenSecret(process.argv[1]))`
  const started = Array.from({ length: 6 }, () =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', script, folder]),
  )
  const secrets = (await Promise.all(started)).map(({ stdout }) => stdout.trim())
  expect(new Set(secrets).size).toBe(1)
  expect(secrets[0]).toMatch(/^[0-9a-f]{64}$/)
  expect(await readdir(folder)).toEqual([tokenSecretFile])
})
