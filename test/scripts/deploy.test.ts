import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { closedAddress } from '../support/closed-address.ts'
import { bindingsOf, copyProject, deploy, findText, listChanges, patient, secrets } from '../support/deploy-project.ts'
import { type FakeCloudflare, type FakeWorker, startFakeCloudflare } from '../support/fake-cloudflare.ts'

// `npm run deploy`, with the real wrangler, to a fake of Cloudflare's API on loopback.

/** The Worker of an earlier deployment. */
const weir: FakeWorker = {
  bindings: [
    { type: 'secret_text', name: 'TOKEN' },
    { type: 'durable_object_namespace', name: 'LEDGER', class_name: 'LedgerFamily' },
  ],
  metadata: {},
  migrationTag: 'v1',
}

test('a failed migration keeps the live version, and at a first deployment publishes nothing', patient, async () => {
  const cloudflare = await open()
  const account = cloudflare.addAccount({ subdomain: 'ada' })
  const project = await clone()
  await writeFile(
    join(project, 'migrations/9999_broken.sql'),
    'CREATE TABLE half (id TEXT); INSERT INTO nowhere VALUES (1);',
  )
  const first = await deploy(project, cloudflare, secrets)
  const sentence = (status: string): string =>
    `The database migrations failed, and ${status}: 9999_broken.sql: no such table: nowhere: SQLITE_ERROR [code: 7500]; fix this and run \`npm run deploy\` again.\n`
  expect(first).toEqual({
    code: 1,
    output: `Created the D1 database weir.\nApplying the database migrations …\n${sentence('nothing was published')}`,
  })
  expect(account.workers.size).toBe(0)

  account.workers.set('weir', weir)
  const second = await deploy(project, cloudflare, {})
  expect(second).toEqual({
    code: 1,
    output: `Applying the database migrations …\n${sentence('the previous version is still live')}`,
  })
  expect(account.workers.get('weir')).toBe(weir)
  expect(await listChanges(project)).toEqual([
    'migrations/9999_broken.sql',
    'weir.deploy.json',
    'wrangler.generated.json',
  ])
})

test('reports an upload that Cloudflare refuses in one sentence, and leaves no secret in a file', patient, async () => {
  const cloudflare = await open()
  const account = cloudflare.addAccount({ subdomain: 'ada' })
  account.uploadFault = { code: 10_037, message: 'You have reached the limit of Workers of your plan.' }
  const project = await clone()
  const { code, output } = await deploy(project, cloudflare, secrets)
  expect(code).toBe(1)
  expect(output.split('\n').slice(-2)).toEqual([
    'The deployment failed, and nothing was published: You have reached the limit of Workers of your plan. [code: 10037]; the account has reached a limit of its plan; delete what you no longer need, or upgrade the plan, and run `npm run deploy` again.',
    '',
  ])
  expect(await findText(project, [cloudflare.token, ...Object.values(secrets)])).toEqual([])
})

test('reports a missing requirement in one sentence before it changes anything', patient, async () => {
  const cloudflare = await open()
  const ada = cloudflare.addAccount({ subdomain: 'ada' })
  const project = await clone()
  const say = async (env: Readonly<Record<string, string>>, ...args: readonly string[]) => {
    const { code, output } = await deploy(project, cloudflare, env, ...args)
    expect(code).toBe(1)
    return output
  }
  expect(await say({ ...secrets, CLOUDFLARE_API_TOKEN: '' })).toBe(
    'You are not logged in to Cloudflare: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN to a token that may edit Workers and D1, and run `npm run deploy` again.\n',
  )
  expect(await say({ ...secrets, CLOUDFLARE_API_TOKEN: 'another' })).toBe(
    'Cloudflare refused to list your accounts (Authentication error, code 10000): log in with `npx wrangler login`, or give the token in CLOUDFLARE_API_TOKEN permission to edit Workers Scripts and D1 (and Workers R2 Storage for images), and run `npm run deploy` again.\n',
  )
  expect(await say({})).toBe(
    'This Worker has no TOKEN, and without a terminal Weir cannot ask for one: set TOKEN, ADMIN_TOKEN and a provider’s key (OPENAI_API_KEY, DEEPINFRA_API_KEY, AZURE_OPENAI_API_KEY, …) in the environment and run `npm run deploy` again.\n',
  )
  ada.workers.set('weir', { bindings: [{ type: 'plain_text', name: 'GREETING', text: 'hello' }], metadata: {} })
  expect(await say(secrets)).toBe(
    'This account has a Worker named weir that is not Weir, and it was not changed: choose another name with `npm run deploy -- --name my-weir`.\n',
  )
  const bob = cloudflare.addAccount({ name: 'Bob' })
  // `wrangler login` writes this file.
  const login = `oauth_token = "${cloudflare.token}"\nexpiration_time = "2100-01-01T00:00:00.000Z"\nscopes = ["account:read"]\n`
  await mkdir(join(project, 'tmp/.wrangler/config'), { recursive: true })
  await writeFile(join(project, 'tmp/.wrangler/config/default.toml'), login)
  expect(await say({ ...secrets, CLOUDFLARE_API_TOKEN: '' })).toBe(
    `This login has 2 accounts: set CLOUDFLARE_ACCOUNT_ID to ${ada.id} (Ada) or ${bob.id} (Bob), and run \`npm run deploy\` again.\n`,
  )
  expect(await say({ ...secrets, CLOUDFLARE_API_BASE_URL: `http://${closedAddress}` })).toBe(
    `Cloudflare’s API at ${closedAddress} cannot be reached (ECONNREFUSED): check the connection, or set HTTPS_PROXY to your proxy, and run \`npm run deploy\` again.\n`,
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
    // The button has created the Worker under a name that its user chose. A variable of the dashboard stays.
    const greeting = { type: 'plain_text', name: 'SITE_NAME', text: 'Ada' }
    account.workers.set('my-gateway', { bindings: [greeting], metadata: {}, isFromDashboard: true })
    const project = await clone()
    const { code, output } = await deploy(project, cloudflare, {
      CI: 'true',
      WORKERS_CI: '1',
      WRANGLER_CI_OVERRIDE_NAME: 'my-gateway',
      CLOUDFLARE_ACCOUNT_ID: account.id,
    })
    expect(output).toContain(
      'The Worker has no TOKEN, and returns 401 to calls without one of its virtual keys: add it with `npx wrangler secret put TOKEN --name my-gateway` or in the dashboard.\n',
    )
    expect(output).toContain('Weir runs at https://my-gateway.ada.workers.dev\n')
    expect(code).toBe(0)
    expect([...account.databases.values()].map(({ name }) => name)).toEqual(['my-gateway'])
    expect(Object.keys(bindingsOf(account.workers.get('my-gateway'))).sort()).toEqual([
      'ASSETS',
      'CLIENT_TOKEN_SECRETS',
      'DB',
      'LEDGER',
      'SITE_NAME',
    ])
  },
)

test('a custom domain replaces neither another Worker’s domain nor a DNS record', patient, async () => {
  const cloudflare = await open()
  const account = cloudflare.addAccount()
  const project = await clone()
  const settings = { routes: [{ pattern: 'ai.example.com', custom_domain: true }] }
  await writeFile(join(project, 'weir.deploy.json'), JSON.stringify(settings))
  account.domains.set('ai.example.com', 'shop')
  expect(await deploy(project, cloudflare, secrets)).toEqual({
    code: 1,
    output:
      'The domain ai.example.com belongs to the Worker shop and was not moved: remove it from that Worker in the dashboard, or set another domain in weir.deploy.json, and run `npm run deploy` again.\n',
  })
  expect(cloudflare.calls.filter((call) => !call.startsWith('GET '))).toEqual([])

  account.domains.clear()
  const { code, output } = await deploy(project, cloudflare, secrets)
  expect([code, output.split('\n').at(-2)]).toEqual([0, 'Weir runs at https://ai.example.com'])
  expect(account.domains).toEqual(new Map([['ai.example.com', 'weir']]))
  // A Worker with another address needs no workers.dev subdomain.
  expect(account.subdomain).toBeUndefined()

  const asked = cloudflare.calls.length
  account.dnsRecords.add('ai.example.com')
  expect(await deploy(project, cloudflare, {})).toEqual({
    code: 1,
    output:
      'The domain ai.example.com already has a DNS record, which was not changed: delete the record in the dashboard, or set another domain in weir.deploy.json, and run `npm run deploy` again.\n',
  })
  expect(cloudflare.calls.slice(asked).filter((call) => /^(PUT|POST) (?!.*changeset)/.test(call))).toEqual([])
})

test('--dry-run bundles without a login, a question or a change; --help needs no packages', patient, async () => {
  const cloudflare = await open()
  const project = await clone()
  await writeFile(join(project, 'weir.deploy.json'), JSON.stringify({ name: 'mine', vars: { CORS_ORIGINS: '*' } }))
  const run = await deploy(project, cloudflare, { CLOUDFLARE_API_TOKEN: '' }, '--dry-run', '--r2', '--demo')
  expect(run.output).toMatch(/build-worker\.mjs --demo\n.*Total Upload: .* gzip: /s)
  for (const binding of ['env.DB (weir)', 'env.IMAGES (weir-images)', 'env.LEDGER (LedgerFamily)', 'env.CORS_ORIGINS'])
    expect(run.output).toContain(binding)
  expect([run.code, cloudflare.calls, await listChanges(project)]).toEqual([0, [], ['weir.deploy.json']])

  await writeFile(join(project, 'src/platform/cloudflare/worker.ts'), 'export default {')
  expect(await deploy(project, cloudflare, {}, '--dry-run')).toEqual({
    code: 1,
    output:
      'The Worker could not be bundled: Expected identifier but found end of file src/platform/cloudflare/worker.ts:1:16.\n',
  })

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

async function clone(): Promise<string> {
  const folder = await copyProject()
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}
