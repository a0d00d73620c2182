import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { requireAsWrangler } from '../support/bundle-store-workers.ts'
import { chatCompletion } from '../support/fixtures.ts'
import { gatewayToken, upstreamKey } from '../support/gateway.ts'
import { openRawClient } from '../support/raw-client.ts'
import { startScriptedUpstream } from '../support/scripted-upstream.ts'
import { startWorkerWithSecrets, type WorkerWithSecrets } from '../support/start-worker-with-secrets.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { json } from '../support/upstream-scripts.ts'

const chat = {
  target: '/v1/chat/completions',
  body: { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] },
}
const models = { target: '/v1/models', method: 'GET' }

const toReference = (name: string) => ['$', '{', name, '}'].join('')

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function openUpstream() {
  const upstream = await startScriptedUpstream()
  closers.push(upstream.close)
  upstream.respond(json(200, chatCompletion))
  return upstream
}

async function open(names: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<WorkerWithSecrets> {
  const gateway = await startWorkerWithSecrets(names, env)
  closers.push(gateway.close)
  return gateway
}

describe('a Worker whose variables are in the Secrets Store', () => {
  test('uses them like any other variable', async () => {
    const upstream = await openUpstream()
    const gateway = await open(['TOKEN', 'OPENAI_API_KEY', 'ADMIN_TOKEN', 'LOG_LEVEL'], {
      OPENAI_BASE_URL: `${upstream.url}/v1`,
    })
    const adminToken = 'an-admin-secret-of-the-store-77d0a4'
    await gateway.setSecrets({
      TOKEN: gatewayToken,
      OPENAI_API_KEY: upstreamKey,
      ADMIN_TOKEN: adminToken,
      LOG_LEVEL: 'info',
    })
    expect((await ask(gateway, { ...chat, token: false })).status).toBe(401)
    expect((await ask(gateway, chat)).status).toBe(200)
    expect((await upstream.nextRequest()).headers.authorization).toBe(`Bearer ${upstreamKey}`)
    const admin = {
      target: '/admin/v1/keys',
      method: 'GET',
      token: false,
      headers: { authorization: `Bearer ${adminToken}` },
    }
    // 503, because there is nothing to administer without D1. A wrong secret would get 401.
    expect((await ask(gateway, admin)).status).toBe(503)
    expect(await gateway.counts()).toEqual({ TOKEN: 1, OPENAI_API_KEY: 1, ADMIN_TOKEN: 1, LOG_LEVEL: 1 })
    for (const secret of [upstreamKey, gatewayToken, adminToken]) expect(gateway.output()).not.toContain(secret)
  })

  test('reads WEIR_CONFIG and the variables that it names from the store', async () => {
    const upstream = await openUpstream()
    const gateway = await open(['WEIR_CONFIG', 'MY_TOKEN', 'GROQ_KEY', 'UNUSED'])
    const config = {
      access: { token: toReference('MY_TOKEN') },
      providers: { mine: { base_url: `${upstream.url}/v1`, api_key_env: 'GROQ_KEY' } },
    }
    await gateway.setSecrets({ WEIR_CONFIG: JSON.stringify(config), MY_TOKEN: gatewayToken, GROQ_KEY: upstreamKey })
    expect((await ask(gateway, chat)).status).toBe(200)
    expect((await upstream.nextRequest()).headers.authorization).toBe(`Bearer ${upstreamKey}`)
    // Weir does not read a binding that no setting names.
    expect(await gateway.counts()).toEqual({ WEIR_CONFIG: 1, MY_TOKEN: 1, GROQ_KEY: 1 })
  })

  test('is misconfigured if secrets are missing: the log names all of them', async () => {
    const gateway = await open(['TOKEN', 'OPENAI_API_KEY', 'ADMIN_TOKEN'])
    await gateway.setSecrets({ OPENAI_API_KEY: upstreamKey })
    const response = await ask(gateway, models)
    expect(response.status).toBe(503)
    expect(JSON.parse(response.text)).toMatchObject({ error: { code: 'invalid_configuration' } })
    expect(response.text).not.toMatch(/TOKEN|token/)
    // The log arrives through a pipe, possibly after the response.
    await expect.poll(() => gateway.output()).toMatch(/TOKEN: .*Secrets Store.*Secret "token" not found/)
    await expect.poll(() => gateway.output()).toMatch(/ADMIN_TOKEN: .*Secrets Store/)
    expect(gateway.output()).not.toContain(upstreamKey)
  })

  test('retries at the next request after a failure', async () => {
    const gateway = await open(['TOKEN'], { DEMO: 'true' })
    expect((await ask(gateway, models)).status).toBe(503)
    await gateway.setSecrets({ TOKEN: gatewayToken })
    expect((await ask(gateway, models)).status).toBe(200)
    expect(await gateway.counts()).toEqual({ TOKEN: 2 })
  })

  test('reads the store once for concurrent first requests, and serves them all', async () => {
    const gateway = await open(['TOKEN'], { DEMO: 'true' })
    await gateway.setSecrets({ TOKEN: gatewayToken })
    await gateway.hold(true)
    const responses = Array.from({ length: 5 }, () => ask(gateway, models))
    await expect.poll(() => gateway.counts()).toEqual({ TOKEN: 1 })
    await gateway.hold(false)
    expect((await Promise.all(responses)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    expect(await gateway.counts()).toEqual({ TOKEN: 1 })
  })

  test('serves a second request if the first client disconnects before the store responds', async () => {
    const gateway = await open(['TOKEN'], { DEMO: 'true' })
    await gateway.setSecrets({ TOKEN: gatewayToken })
    await gateway.hold(true)
    const leaving = await openRawClient(gateway.url)
    await leaving.send(toRequestBytes({ method: 'GET', target: models.target }))
    await expect.poll(() => gateway.counts()).toEqual({ TOKEN: 1 })
    const second = ask(gateway, models)
    leaving.destroy()
    await gateway.hold(false)
    expect((await second).status).toBe(200)
  })

  test('returns 503 if the store does not respond, and retries at the next request', async () => {
    const gateway = await open(['TOKEN'], { DEMO: 'true' })
    await gateway.setSecrets({ TOKEN: gatewayToken })
    await gateway.hold(true)
    expect((await ask(gateway, models)).status).toBe(503)
    await expect.poll(() => gateway.output()).toMatch(/Secrets Store.*did not respond/)
    await gateway.hold(false)
    expect((await ask(gateway, models)).status).toBe(200)
  })
})

interface Miniflare {
  dispatchFetch(url: string, options?: object): Promise<Response>
  getSecretsStoreSecretAPI(name: string): Promise<() => Promise<{ create(value: string): Promise<string> }>>
  getWorker(): Promise<{ scheduled(options: object): Promise<{ readonly outcome: string }> }>
  dispose(): Promise<void>
}

interface MiniflareModule {
  readonly Miniflare: new (options: unknown) => Miniflare
  convertV4MiniflareOptions(options: object): unknown
}

test('a Worker and its cron trigger read the bindings that Miniflare creates from `secrets_store_secrets`', async () => {
  const bundle = inject('workerBundle')
  if (bundle.kind === 'failed') throw new Error(bundle.output)
  const { Miniflare: Server, convertV4MiniflareOptions } = requireAsWrangler('miniflare') as MiniflareModule
  const server = new Server(
    convertV4MiniflareOptions({
      modules: bundle.modules.map((path) => ({
        type: 'ESModule',
        path,
        contents: readFileSync(join(bundle.folder, path), 'utf8'),
      })),
      compatibilityDate: bundle.compatibilityDate,
      compatibilityFlags: bundle.compatibilityFlags,
      // A boolean, as wrangler's `vars` may contain.
      bindings: { DEMO: true },
      secretsStoreSecrets: { TOKEN: { store_id: 'weir', secret_name: 'weir-token' } },
    }),
  )
  closers.push(() => server.dispose())
  const headers = { authorization: `Bearer ${gatewayToken}` }
  expect((await server.dispatchFetch('http://localhost/v1/models', { headers })).status).toBe(503)
  const store = await server.getSecretsStoreSecretAPI('TOKEN')
  await (await store()).create(gatewayToken)
  expect((await server.dispatchFetch('http://localhost/v1/models')).status).toBe(401)
  expect((await server.dispatchFetch('http://localhost/v1/models', { headers })).status).toBe(200)
  expect((await (await server.getWorker()).scheduled({ cron: '17 * * * *' })).outcome).toBe('ok')
})
