import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import { type FakeCloudflare, type FakeWorker, startFakeCloudflare } from '../support/fake-cloudflare.ts'
import { projectRoot } from '../support/worker-bundle.ts'

// `npm run deploy`, with the real wrangler, to Cloudflare's API on loopback.

/** A few starts of wrangler each, and a bundle; both cores may be busy. */
const patient = { timeout: 120_000 }

const secrets = {
  TOKEN: 'token-of-the-test',
  ADMIN_TOKEN: 'admin-token-of-the-test-0123456789',
  OPENAI_API_KEY: 'sk-key-of-the-test',
}

let compileCache = ''
beforeAll(async () => {
  compileCache = await mkdtemp(join(tmpdir(), 'weir-compiled-'))
  return () => rm(compileCache, { recursive: true, force: true })
})

/** What an earlier deployment has left. */
const weir: FakeWorker = {
  bindings: [
    { type: 'secret_text', name: 'TOKEN' },
    { type: 'durable_object_namespace', name: 'LEDGER', class_name: 'LedgerFamily' },
  ],
  metadata: {},
  migrationTag: 'v1',
}

test(
  'case E5 deploys to a free account without R2, closed from its first version on, and again without a question',
  patient,
  async () => {
    const cloudflare = await open()
    const account = cloudflare.addAccount()
    const project = await copyProject()
    const first = await deploy(project, cloudflare, { env: secrets })
    expect(first.output).toMatch(
      /^Made the D1 database weir\.\nRegistered (weir-[0-9a-f]{8})\.workers\.dev for this account\.\nBringing .*\nUploading .*\nSecrets that went up with it: TOKEN, ADMIN_TOKEN, OPENAI_API_KEY\.\nWeir runs at https:\/\/weir\.\1\.workers\.dev\n$/,
    )
    const [[id, database] = ['', undefined]] = account.databases
    expect(database?.sql.prepare('SELECT name FROM weir_migrations').all()).toHaveLength(await countMigrations())
    // One upload, and the secrets were in it: no version without them was ever in public.
    expect(cloudflare.calls.filter((call) => /^(PUT|POST) .*\/(scripts\/weir|versions|secrets)$/.test(call))).toEqual([
      'PUT /workers/scripts/weir',
    ])
    expect(bindingsOf(account.workers.get('weir'))).toEqual({
      ADMIN_TOKEN: { type: 'secret_text', name: 'ADMIN_TOKEN', text: secrets.ADMIN_TOKEN },
      ASSETS: { type: 'assets', name: 'ASSETS' },
      DB: { type: 'd1', name: 'DB', id },
      LEDGER: { type: 'durable_object_namespace', name: 'LEDGER', class_name: 'LedgerFamily' },
      OPENAI_API_KEY: { type: 'secret_text', name: 'OPENAI_API_KEY', text: secrets.OPENAI_API_KEY },
      TOKEN: { type: 'secret_text', name: 'TOKEN', text: secrets.TOKEN },
    })
    expect(await readJson(project, 'weir.deploy.json')).toMatchObject({
      account_id: account.id,
      d1_databases: [{ binding: 'DB', database_id: id }],
    })
    expect(await listChanges(project)).toEqual(['weir.deploy.json', 'wrangler.generated.json'])
    expect(await findText(project, [cloudflare.token, ...Object.values(secrets)])).toEqual([])

    await writeFile(
      join(project, 'weir.deploy.json'),
      JSON.stringify({
        ...(await readJson(project, 'weir.deploy.json')),
        vars: { CORS_ORIGINS: 'https://app.example.com' },
      }),
    )
    const second = await deploy(project, cloudflare, {})
    expect(second.output).toMatch(/^Bringing .*\nUploading .*\nWeir runs at \S+\n$/)
    expect(second.code).toBe(0)
    expect(account.databases.size).toBe(1)
    const { CORS_ORIGINS, ...others } = bindingsOf(account.workers.get('weir'))
    expect(CORS_ORIGINS).toEqual({ type: 'plain_text', name: 'CORS_ORIGINS', text: 'https://app.example.com' })
    expect(Object.keys(others).sort()).toEqual(['ADMIN_TOKEN', 'ASSETS', 'DB', 'LEDGER', 'OPENAI_API_KEY', 'TOKEN'])

    const asked = cloudflare.calls.length
    const refused = await deploy(project, cloudflare, {}, '--r2')
    expect(refused).toEqual({
      code: 1,
      output: `R2 is not enabled in this account: enable it at https://dash.cloudflare.com/${account.id}/r2 (Cloudflare asks for a card there), or deploy with \`npm run deploy\`, and pictures pass without being kept; nothing was changed.\n`,
    })
    expect(cloudflare.calls.slice(asked).filter((call) => !call.startsWith('GET '))).toEqual([])
    expect(await readJson(project, 'weir.deploy.json')).not.toHaveProperty('r2_buckets')
  },
)

test(
  'case E5 deploys with R2 where it is asked for, keeps the bucket in a fresh clone, and leaves it by --no-r2',
  patient,
  async () => {
    const cloudflare = await open()
    const account = cloudflare.addAccount({ hasR2: true, subdomain: 'ada' })
    const project = await copyProject()
    const first = await deploy(project, cloudflare, { env: secrets }, '--r2')
    expect(first.output).toContain('Made the R2 bucket weir-images.\n')
    expect(first.output).toContain('Weir runs at https://weir.ada.workers.dev\n')
    const kept = { type: 'r2_bucket', name: 'IMAGES', bucket_name: 'weir-images' }
    expect(bindingsOf(account.workers.get('weir')).IMAGES).toEqual(kept)
    const bucket = { binding: 'IMAGES', bucket_name: 'weir-images' }
    expect(await readJson(project, 'weir.deploy.json')).toMatchObject({ r2_buckets: [bucket] })

    const clone = await copyProject()
    expect((await deploy(clone, cloudflare, {})).code).toBe(0)
    expect(bindingsOf(account.workers.get('weir')).IMAGES).toEqual(kept)
    expect(account.databases.size).toBe(1)
    expect(await readJson(clone, 'weir.deploy.json')).toMatchObject({ r2_buckets: [bucket] })

    expect((await deploy(clone, cloudflare, {}, '--no-r2')).code).toBe(0)
    expect(bindingsOf(account.workers.get('weir'))).not.toHaveProperty('IMAGES')
    expect(await readJson(clone, 'weir.deploy.json')).toMatchObject({ r2_buckets: [] })
    expect(account.buckets).toEqual(new Set(['weir-images']))
  },
)

test(
  'a failed migration leaves the version that runs, and at a first deployment publishes nothing',
  patient,
  async () => {
    const cloudflare = await open()
    const account = cloudflare.addAccount({ subdomain: 'ada' })
    const project = await copyProject()
    await writeFile(
      join(project, 'migrations/9999_broken.sql'),
      'CREATE TABLE half (id TEXT); INSERT INTO nowhere VALUES (1);',
    )
    const first = await deploy(project, cloudflare, { env: secrets })
    const sentence = (state: string): string =>
      `The schema of the database could not be brought up to date, and ${state}: 9999_broken.sql: no such table: nowhere: SQLITE_ERROR [code: 7500]; run \`npm run deploy\` again once that is mended.\n`
    expect(first).toEqual({
      code: 1,
      output: `Made the D1 database weir.\nBringing the schema of the database up to date …\n${sentence('nothing was published')}`,
    })
    expect(account.workers.size).toBe(0)

    account.workers.set('weir', weir)
    const second = await deploy(project, cloudflare, {})
    expect(second).toEqual({
      code: 1,
      output: `Bringing the schema of the database up to date …\n${sentence('the version before still runs')}`,
    })
    expect(account.workers.get('weir')).toBe(weir)
    expect(await listChanges(project)).toEqual([
      'migrations/9999_broken.sql',
      'weir.deploy.json',
      'wrangler.generated.json',
    ])
  },
)

test('an upload that Cloudflare refuses is one sentence, and leaves no secret in a file', patient, async () => {
  const cloudflare = await open()
  const account = cloudflare.addAccount({ subdomain: 'ada' })
  account.uploadFault = { code: 10_037, message: 'You have reached the limit of Workers of your plan.' }
  const project = await copyProject()
  const { code, output } = await deploy(project, cloudflare, { env: secrets })
  expect(code).toBe(1)
  expect(output.split('\n').slice(-2)).toEqual([
    'The Worker could not be deployed, and nothing was published: You have reached the limit of Workers of your plan. [code: 10037]; the plan of this account has no more of it; free some, or upgrade the plan, and run `npm run deploy` again.',
    '',
  ])
  expect(await findText(project, [cloudflare.token, ...Object.values(secrets)])).toEqual([])
})

test('says in one sentence what is missing before anything is changed', patient, async () => {
  const cloudflare = await open()
  const ada = cloudflare.addAccount({ subdomain: 'ada' })
  const project = await copyProject()
  const say = async (env: Readonly<Record<string, string>>, ...args: readonly string[]) => {
    const { code, output } = await deploy(project, cloudflare, { env }, ...args)
    expect(code).toBe(1)
    return output
  }
  expect(await say({ ...secrets, CLOUDFLARE_API_TOKEN: '' })).toBe(
    'You are not logged in to Cloudflare: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN to a token that may edit Workers and D1, and run `npm run deploy` again.\n',
  )
  expect(await say({ ...secrets, CLOUDFLARE_API_TOKEN: 'another' })).toBe(
    'Cloudflare refused to list your accounts (Authentication error, code 10000): log in with `npx wrangler login`, or give the token in CLOUDFLARE_API_TOKEN leave to edit Workers Scripts and D1 (and Workers R2 Storage for pictures), and run `npm run deploy` again.\n',
  )
  expect(await say({})).toBe(
    'This Worker has no TOKEN, and without a terminal none can be asked for: set TOKEN, ADMIN_TOKEN and a provider’s key (OPENAI_API_KEY or DEEPINFRA_API_KEY or AZURE_OPENAI_API_KEY or CUSTOM_API_KEY) in the environment and run `npm run deploy` again.\n',
  )
  ada.workers.set('weir', { bindings: [{ type: 'plain_text', name: 'GREETING', text: 'hello' }], metadata: {} })
  expect(await say(secrets)).toBe(
    'This account has a Worker named weir that is not Weir, and it was left as it is: choose another name with `npm run deploy -- --name my-weir`.\n',
  )
  const bob = cloudflare.addAccount({ name: 'Bob' })
  // As `wrangler login` leaves it.
  const login = `oauth_token = "${cloudflare.token}"\nexpiration_time = "2100-01-01T00:00:00.000Z"\nscopes = ["account:read"]\n`
  await mkdir(join(project, 'tmp/.wrangler/config'), { recursive: true })
  await writeFile(join(project, 'tmp/.wrangler/config/default.toml'), login)
  expect(await say({ ...secrets, CLOUDFLARE_API_TOKEN: '' })).toBe(
    `This login has 2 accounts: set CLOUDFLARE_ACCOUNT_ID to ${ada.id} (Ada) or ${bob.id} (Bob), and run \`npm run deploy\` again.\n`,
  )
  const host = await findClosedPort()
  expect(await say({ ...secrets, CLOUDFLARE_API_BASE_URL: `http://${host}` })).toBe(
    `Cloudflare’s API at ${host} cannot be reached (ECONNREFUSED): check the connection, or set HTTPS_PROXY to your proxy, and run \`npm run deploy\` again.\n`,
  )
  expect(cloudflare.calls.filter((call) => !call.startsWith('GET '))).toEqual([])
  expect(await listChanges(project)).toEqual([])
})

test(
  'the build of the Deploy to Cloudflare button deploys a Worker that stays closed until TOKEN is set',
  patient,
  async () => {
    const cloudflare = await open()
    const account = cloudflare.addAccount({ subdomain: 'ada' })
    // The button has made the Worker under a name that its user chose; a variable of the dashboard stays.
    const greeting = { type: 'plain_text', name: 'SITE_NAME', text: 'Ada' }
    account.workers.set('my-gateway', { bindings: [greeting], metadata: {}, isFromDashboard: true })
    const project = await copyProject()
    const { code, output } = await deploy(project, cloudflare, {
      env: { CI: 'true', WORKERS_CI: '1', WRANGLER_CI_OVERRIDE_NAME: 'my-gateway', CLOUDFLARE_ACCOUNT_ID: account.id },
    })
    expect(output).toContain(
      'The Worker has no TOKEN, and answers 401 to calls without a key of its own making: add it with `npx wrangler secret put TOKEN --name my-gateway` or in the dashboard.\n',
    )
    expect(output).toContain('Weir runs at https://my-gateway.ada.workers.dev\n')
    expect(code).toBe(0)
    expect([...account.databases.values()].map(({ name }) => name)).toEqual(['my-gateway'])
    expect(Object.keys(bindingsOf(account.workers.get('my-gateway'))).sort()).toEqual([
      'ASSETS',
      'DB',
      'LEDGER',
      'SITE_NAME',
    ])
  },
)

test('a custom domain takes nothing from another Worker, and no DNS record', patient, async () => {
  const cloudflare = await open()
  const account = cloudflare.addAccount()
  const project = await copyProject()
  const settings = { routes: [{ pattern: 'ai.example.com', custom_domain: true }] }
  await writeFile(join(project, 'weir.deploy.json'), JSON.stringify(settings))
  account.domains.set('ai.example.com', 'shop')
  expect(await deploy(project, cloudflare, { env: secrets })).toEqual({
    code: 1,
    output:
      'The domain ai.example.com belongs to the Worker shop, and was left to it: remove it there in the dashboard, or write another into weir.deploy.json, and run `npm run deploy` again.\n',
  })
  expect(cloudflare.calls.filter((call) => !call.startsWith('GET '))).toEqual([])

  account.domains.clear()
  const { code, output } = await deploy(project, cloudflare, { env: secrets })
  expect([code, output.split('\n').at(-2)]).toEqual([0, 'Weir runs at https://ai.example.com'])
  expect(account.domains).toEqual(new Map([['ai.example.com', 'weir']]))
  // Nothing asks for a workers.dev name where there is another address.
  expect(account.subdomain).toBeUndefined()

  const asked = cloudflare.calls.length
  account.dnsRecords.add('ai.example.com')
  expect(await deploy(project, cloudflare, {})).toEqual({
    code: 1,
    output:
      'The domain ai.example.com has a DNS record already, which was left as it is: delete the record in the dashboard, or write another domain into weir.deploy.json, and run `npm run deploy` again.\n',
  })
  expect(cloudflare.calls.slice(asked).filter((call) => /^(PUT|POST) (?!.*changeset)/.test(call))).toEqual([])
})

test('--dry-run bundles without a login, and asks and writes nothing; --help needs no packages', patient, async () => {
  const cloudflare = await open()
  const project = await copyProject()
  await writeFile(join(project, 'weir.deploy.json'), JSON.stringify({ name: 'mine', vars: { CORS_ORIGINS: '*' } }))
  const run = await deploy(project, cloudflare, { env: { CLOUDFLARE_API_TOKEN: '' } }, '--dry-run', '--r2')
  expect(run.output).toMatch(/Total Upload: .* gzip: /)
  for (const binding of ['env.DB (weir)', 'env.IMAGES (weir-images)', 'env.LEDGER (LedgerFamily)', 'env.CORS_ORIGINS'])
    expect(run.output).toContain(binding)
  expect([run.code, cloudflare.calls, await listChanges(project)]).toEqual([0, [], ['weir.deploy.json']])

  await rm(join(project, 'node_modules'))
  const help = await deploy(project, cloudflare, {}, '--help')
  expect([help.code, help.output]).toEqual([0, expect.stringContaining('npm run deploy -- [options]')])
  const wrong = await deploy(project, cloudflare, {}, '--r3')
  expect([wrong.code, wrong.output.split('\n')[0]]).toEqual([1, expect.stringContaining("Unknown option '--r3'")])
})

async function open(): Promise<FakeCloudflare> {
  const cloudflare = await startFakeCloudflare()
  onTestFinished(async () => {
    await cloudflare.close()
    expect(cloudflare.unknown).toEqual([])
  })
  return cloudflare
}

const copied = [
  'package.json',
  'package-lock.json',
  'wrangler.jsonc',
  'tsconfig.json',
  'tsconfig.base.json',
  'migrations',
  'scripts',
  'src',
]

/** A clone of the repository: what `npm run deploy` may write to is the test's own. */
async function copyProject(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-deployed-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await Promise.all(copied.map((name) => cp(join(projectRoot, name), join(folder, name), { recursive: true })))
  await symlink(join(projectRoot, 'node_modules'), join(folder, 'node_modules'))
  await mkdir(join(folder, 'dist/dashboard'), { recursive: true })
  await mkdir(join(folder, 'tmp'))
  await writeFile(join(folder, 'dist/dashboard/index.html'), '<!doctype html><title>Weir</title>')
  return folder
}

interface Run {
  readonly code: number | null
  readonly output: string
}

/** Without a terminal, and with nothing of this machine's environment and logins. */
async function deploy(
  project: string,
  { url, token }: FakeCloudflare,
  { env = {} }: { readonly env?: Readonly<Record<string, string>> },
  ...args: readonly string[]
): Promise<Run> {
  const child: ChildProcess = spawn(process.execPath, ['scripts/worker.mjs', 'deploy', ...args], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: join(project, 'tmp'),
      XDG_CONFIG_HOME: join(project, 'tmp'),
      TMPDIR: join(project, 'tmp'),
      // All runs of this file start wrangler: a quarter less time to load it.
      NODE_COMPILE_CACHE: compileCache,
      CLOUDFLARE_API_BASE_URL: url,
      CLOUDFLARE_API_TOKEN: token,
      ...env,
    },
  })
  const chunks: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => chunks.push(chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output: Buffer.concat(chunks).toString() }
}

function bindingsOf(worker: FakeWorker | undefined): Readonly<Record<string, JsonObject>> {
  return Object.fromEntries(worker?.bindings.map((binding) => [String(binding.name), binding]) ?? [])
}

async function readJson(project: string, name: string): Promise<JsonObject> {
  return JSON.parse(await readFile(join(project, name), 'utf8')) as JsonObject
}

async function countMigrations(): Promise<number> {
  return (await readdir(join(projectRoot, 'migrations'))).filter((name) => name.endsWith('.sql')).length
}

/** Files of the clone that are new, or other than they were. */
async function listChanges(project: string): Promise<readonly string[]> {
  const changes: string[] = []
  for (const path of await listFiles(project)) {
    if (/^(dist|tmp|\.wrangler)\//.test(path)) continue
    const original = await readFile(join(projectRoot, path)).catch(() => undefined)
    if (
      !copied.some((name) => path === name || path.startsWith(`${name}/`)) ||
      original?.equals(await readFile(join(project, path))) !== true
    )
      changes.push(path)
  }
  return changes.sort()
}

/** Files that hold one of the texts, logs and leftovers of wrangler among them. */
async function findText(project: string, texts: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const path of await listFiles(project)) {
    const content = await readFile(join(project, path), 'utf8')
    if (texts.some((text) => content.includes(text))) found.push(path)
  }
  return found
}

async function listFiles(project: string): Promise<readonly string[]> {
  const names = await readdir(project, { recursive: true })
  const files: string[] = []
  for (const name of names) {
    if (name.startsWith('node_modules')) continue
    if ((await stat(join(project, name))).isFile()) files.push(name)
  }
  return files
}

/** A port of loopback that nothing listens on. */
async function findClosedPort(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { readonly port: number }
  await new Promise((resolve) => void server.close(resolve))
  return `127.0.0.1:${port}`
}
