import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../../src/platform/node/storage/open-storage.ts'
import { mustRunHere, runWeir, runWeirHere } from './run-weir.ts'

interface Broken {
  readonly name: string
  /** The content of weir.config.yaml. */
  readonly yaml?: string
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  /** Prepares the folder. */
  readonly spoil?: (folder: string) => Promise<void>
  /** Parts of the message. */
  readonly says: readonly string[]
  /** Also runs with several workers. */
  readonly withWorkers?: true
}

/** File modes do not restrict the superuser. */
const isRoot = process.getuid?.() === 0

const broken: readonly Broken[] = [
  { name: 'invalid YAML', yaml: 'models: {\n', says: ['weir.config.yaml:'] },
  {
    name: 'a wrong value of each kind',
    yaml: `modles: {}
default_provider: gorq
access: { token: "\${MY_TOKEN}" }
models: { retired: never, aliases: { a: b, b: a } }
providers:
  groq: { base_url: https://api.groq.com/openai/v1, api_key_env: GROQ }
  other: {}
prices: { openai/gpt-4o: { input: -1 } }
storage: { s3: { bucket: images } }
`,
    env: {
      PORT: '8787',
      OPENAI_API_KEY: 'sk-1',
      OPENAI_BASE_URL: 'http://localhost:8787/v1',
      HTTPS_PROXY: 'socks5://proxy:1080',
    },
    says: [
      'modles: is not a configuration key. Did you mean',
      'refers to the environment variable MY_TOKEN',
      'models.retired: must be one of',
      'refers to itself',
      'GROQ, which is not set',
      'providers.other.base_url: is missing',
      'this server itself',
      'default_provider: is `gorq`',
      'HTTPS_PROXY: must be the URL of an HTTP proxy',
      'must be a price in USD',
      'storage.s3.endpoint: is missing',
    ],
  },
  {
    name: 'two configuration files',
    yaml: '',
    spoil: (folder) => writeFile(join(folder, 'weir.config.json'), '{}'),
    says: ['2 configuration files'],
    withWorkers: true,
  },
  { name: 'a missing file', args: ['--config', 'mine.yaml'], says: ['mine.yaml: there is no such file'] },
  { name: 'a folder in place of the file', args: ['--config', '.'], says: ['has an unknown extension'] },
  {
    name: 'code that throws',
    spoil: (folder) => writeFile(join(folder, 'weir.config.mjs'), 'throw new Error("no")'),
    says: ['cannot be run'],
  },
  {
    name: 'a secret in a missing file',
    env: { TOKEN_FILE: 'token.txt' },
    says: ['token.txt: there is no such file'],
  },
  { name: 'a wrong number of workers', env: { WORKERS: 'many' }, says: ['WORKERS: must be a whole number'] },
  {
    name: 'an address of another machine',
    env: { HOST: '203.0.113.1' },
    says: ['HOST: cannot listen on 203.0.113.1:0'],
    withWorkers: true,
  },
  {
    name: 'a host that does not resolve',
    env: { HOST: 'no-such-host.invalid' },
    says: ['HOST: cannot listen on no-such-host.invalid:0'],
  },
  {
    name: 'a file in place of the storage',
    spoil: (folder) => writeFile(join(folder, 'store'), 'x'),
    says: ['store is not a folder'],
    withWorkers: true,
  },
  {
    name: 'a file above the storage',
    env: { STORAGE_PATH: 'file/store' },
    spoil: (folder) => writeFile(join(folder, 'file'), 'x'),
    says: ['file is not a folder'],
  },
  {
    name: 'a broken link in place of the storage',
    spoil: (folder) => symlink('nowhere', join(folder, 'store')),
    says: ['is a broken symbolic link'],
  },
  {
    name: 'a file in place of the images',
    spoil: (folder) => inStore(folder, 'images', 'x'),
    says: ['images is not a folder'],
  },
  {
    name: 'a folder in place of the database',
    spoil: async (folder) => void (await mkdir(join(folder, 'store', 'weir.db'), { recursive: true })),
    says: ['weir.db is not a file'],
  },
  {
    name: 'a file that is not a database',
    spoil: (folder) => inStore(folder, 'weir.db', 'no database, but long enough to be one. '.repeat(99)),
    says: ['file is not a database'],
  },
  {
    name: 'a database of another program',
    async spoil(folder) {
      await inStore(folder, 'weir.db', '')
      const database = new DatabaseSync(join(folder, 'store', 'weir.db'))
      database.exec('CREATE TABLE sessions (id TEXT)')
      database.close()
    },
    says: ['sessions'],
  },
  ...(isRoot
    ? []
    : [
        {
          name: 'a storage folder that is not writable',
          spoil: (folder: string) => withoutRights(folder, 'store'),
          says: ['store is not readable and writable'],
        },
        {
          name: 'a parent folder of the storage that is not writable',
          env: { STORAGE_PATH: 'locked/store' },
          spoil: (folder: string) => withoutRights(folder, 'locked'),
          says: ['locked is not readable and writable'],
        },
      ]),
]

async function inStore(folder: string, name: string, content: string): Promise<void> {
  await mkdir(join(folder, 'store'))
  await writeFile(join(folder, 'store', name), content)
}

async function withoutRights(folder: string, name: string): Promise<void> {
  await mkdir(join(folder, name))
  await chmod(join(folder, name), 0o500)
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-check-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test.each(broken)(
  'R65 R67 check-config and serve reject with the same message: $name',
  { timeout: 60_000 },
  async ({ yaml, env, args = [], spoil, says, withWorkers }) => {
    const folder = await makeFolder()
    if (yaml !== undefined) await writeFile(join(folder, 'weir.config.yaml'), yaml)
    await spoil?.(folder)
    const surroundings = { folder, env: { PORT: '0', STORAGE_PATH: 'store', ...env } }
    const before = await readdir(folder, { recursive: true })
    const checked = await runWeirHere(['check-config', ...args], surroundings)
    for (const words of says) expect(checked.stderr).toContain(words)
    expect(checked).toMatchObject({ code: 2, stdout: '' })
    expect(await readdir(folder, { recursive: true })).toEqual(before)
    expect(await runWeir(['serve', ...args], surroundings)).toEqual(checked)
    if (withWorkers) expect(await runWeir(['serve', '--workers', '2', ...args], surroundings)).toEqual(checked)
  },
)

test('check-config creates no files and does not change a database', async () => {
  const folder = await makeFolder()
  const check = async () => mustRunHere(['check-config'], { folder, env: { PORT: '0', STORAGE_PATH: 'deep/store' } })
  await check()
  expect(await readdir(folder)).toEqual([])
  await mkdir(join(folder, 'deep', 'store'), { recursive: true })
  const path = join(folder, 'deep', 'store', 'weir.db')
  await writeFile(path, '')
  await check()
  const tables = () => {
    const database = new DatabaseSync(path, { readOnly: true })
    const rows = database.prepare('SELECT name FROM sqlite_schema').all()
    database.close()
    return rows
  }
  expect(tables()).toEqual([])
  const database = await openDatabase(path)
  // While a server has the database open.
  await check()
  database.close()
  expect(tables().length).toBeGreaterThan(5)
})

test.each([
  [{ STORAGE_PATH: 'none' }, 'none: sessions, keys, records and pictures are not stored'],
  [{ IMAGES_KEEP: 'false' }, '.weir; pictures are not stored'],
  [{}, '.weir\n'],
])('check-config with %j prints which data is not stored', async (env, expected) => {
  const folder = await makeFolder()
  const { stdout } = await mustRunHere(['check-config'], { folder, env: { DEMO: 'true', PORT: '0', ...env } })
  expect(stdout).toContain(`  storage    ${expected}`)
})

test('check-config accepts a port that is in use, for example by the running server, and reports it', async () => {
  const folder = await makeFolder()
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void other.close())
  const address = other.address()
  const port = typeof address === 'object' ? String(address?.port) : ''
  const surroundings = { folder, env: { PORT: port, STORAGE_PATH: 'none' } }
  expect((await mustRunHere(['check-config'], surroundings)).stdout).toContain(`127.0.0.1:${port} is in use`)
  const { code, stderr } = await runWeir(['serve'], surroundings)
  expect([code, stderr]).toEqual([2, expect.stringContaining(`PORT: cannot listen on 127.0.0.1:${port} (EADDRINUSE)`)])
})
