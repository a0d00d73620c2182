import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { ConfigSource } from '../../src/config/plan-reload.ts'
import { createNodeServer } from '../../src/platform/node/server/create-node-server.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { gatewayToken } from '../support/gateway.ts'
import { createLogBook } from '../support/log-book.ts'
import { openRawClient } from '../support/raw-client.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'
import { json } from '../support/upstream-scripts.ts'

// Checks that a reload reaches every user of a setting, including objects that are created only once.

async function startUpstream(): Promise<ScriptedUpstream> {
  const upstream = await startScriptedUpstream()
  onTestFinished(() => upstream.close())
  upstream.respond(json(200, chatCompletion))
  return upstream
}

async function start(source: ConfigSource) {
  const folder = await mkdtemp(join(tmpdir(), 'weir-reload-'))
  const withFolder = (own: ConfigSource) => ({ ...own, env: { STORAGE_PATH: folder, ...own.env } })
  const logBook = createLogBook()
  const secrets: string[] = []
  const server = await createNodeServer({
    ...withFolder(source),
    log: logBook.add,
    onAdminSecret: (secret) => void secrets.push(secret),
  })
  const { url } = await server.listen(0, '127.0.0.1')
  let closed: Promise<void> | undefined
  const close = (deadlineMs: number) => {
    closed ??= server.close(deadlineMs)
    return closed
  }
  onTestFinished(async () => {
    await close(0)
    await rm(folder, { recursive: true, force: true })
  })
  const call = async (
    path = '/v1/chat/completions',
    headers: Readonly<Record<string, string>> = {},
    body: object = chatRequest,
  ) => {
    const all = { 'content-type': 'application/json', authorization: `Bearer ${gatewayToken}`, ...headers }
    const request = path.includes('chat') ? { method: 'POST', body: JSON.stringify(body) } : {}
    const response = await fetch(url + path, { ...request, headers: all })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  return { server, url, logBook, secrets, call, close, reload: (next: ConfigSource) => server.reload(withFolder(next)) }
}

const env = { TOKEN: gatewayToken }

test('case E3 a reload applies CORS, body and connection limits, the log level, and settings', async () => {
  const upstream = await startUpstream()
  const providers = { up: { base_url: upstream.url, models: ['gpt-4.1'] } }
  const { server, url, logBook, call, reload } = await start({ env, config: { providers, log: { level: 'silent' } } })
  const origin = { origin: 'https://app.example.com' }
  expect((await call(undefined, origin)).headers.get('access-control-allow-origin')).toBe('*')
  await reload({
    env,
    config: {
      providers,
      log: { level: 'info' },
      cors: { origins: ['https://other.example.com'] },
      limits: { body_bytes: 100, header_count: 20 },
    },
  })
  expect(server.settings.limits.bodyBytes).toBe(100)
  expect((await call('/v1/models', origin)).headers.get('access-control-allow-origin')).toBeNull()
  expect((await call(undefined, {}, { ...chatRequest, user: 'x'.repeat(100) })).status).toBe(413)
  expect(
    (await call('/v1/models', Object.fromEntries('abcdefghijklmnopqrst'.split('').map((name) => [`x-${name}`, '1']))))
      .status,
  ).toBe(431)
  expect(await logBook.find(({ status }) => status === 413)).toMatchObject({ event: 'call' })
  await reload({ env, config: { server: { max_connections: 1 } } })
  const clients = [await openRawClient(url), await openRawClient(url)]
  await Promise.race(clients.map(({ closed }) => closed))
  await logBook.find(({ event, cause }) => event === 'connections' && String(cause).includes('1 connections'))
})

test('case E3 a reload applies new prices, and keeps past spending', async () => {
  const upstream = await startUpstream()
  const toConfig = (input: number) => ({
    providers: { up: { base_url: upstream.url, models: ['gpt-4.1'] } },
    prices: { 'up/gpt-4.1': { input, output: 10 } },
  })
  const { logBook, call, reload } = await start({ env, config: toConfig(1) })
  await call()
  await reload({ env, config: toConfig(2) })
  await call()
  const costs = () => logBook.lines.filter(({ event }) => event === 'call').map(({ cost_nano_usd }) => cost_nano_usd)
  await logBook.find(({ cost_nano_usd }) => cost_nano_usd === 138_000)
  expect(costs()).toEqual([119_000, 138_000])
})

test('case E3 a reload keeps connections to an unchanged provider, and opens new ones through a new proxy', async () => {
  const upstream = await startUpstream()
  const config = { providers: { up: { base_url: upstream.url, models: ['gpt-4.1'] } } }
  const { call, reload } = await start({ env, config })
  await call()
  await reload({ env, config: { ...config, log: { level: 'error' } } })
  await call()
  expect(upstream.acceptedSockets).toBe(1)
  const proxy = await startUpstream()
  await reload({ env, config: { providers: { up: { ...config.providers.up, proxy: proxy.url } } } })
  // This server is not a proxy, so the call fails there.
  await call()
  expect(proxy.requests.length).toBeGreaterThan(0)
  await reload({ env, config })
  expect((await call()).status).toBe(200)
})

test('case E3 a reload that sets ADMIN_TOKEN makes it the admin secret, and without it Weir generates one', async () => {
  const adminToken = 'admin-token-of-the-gateway-5b8e7f10c2'
  const { secrets, call, reload } = await start({ env: { ...env, ADMIN_TOKEN: adminToken } })
  const open = async (secret: string) => (await call('/admin/v1/keys', { authorization: `Bearer ${secret}` })).status
  expect(await open(adminToken)).toBe(200)
  expect(secrets).toEqual([])
  await reload({ env })
  expect(await open(adminToken)).toBe(401)
  expect(await open(secrets[0] ?? '')).toBe(200)
  await reload({ env: { ...env, ADMIN_TOKEN: adminToken } })
  expect([await open(adminToken), await open(secrets[0] ?? '')]).toEqual([200, 401])
})

test('R65 a reload with an invalid configuration changes nothing', async () => {
  const upstream = await startUpstream()
  const config = { providers: { up: { base_url: upstream.url, models: ['gpt-4.1'] } } }
  const { server, call, reload } = await start({ env, config })
  const before = server.settings
  await expect(reload({ env: { TOKEN: 'changeme' } })).rejects.toThrow('is a sample')
  expect(server.settings).toBe(before)
  expect((await call()).status).toBe(200)
})

test('a draining server returns 503 on /readyz after a reload, too', async () => {
  const { url, close, reload } = await start({ env })
  const client = await openRawClient(url)
  await client.send('GET /readyz HTTP/1.1\r\nhost: localhost\r\n')
  const closed = close(10_000)
  await reload({ env, config: { log: { level: 'error' } } })
  await client.send('\r\n')
  expect((await client.readResponse()).status).toBe(503)
  client.destroy()
  await closed
})

test('S102 case E3 a reload that gives a provider a key of the server ends the sending of callers’ credentials', async () => {
  const upstream = await startUpstream()
  const up = { kind: 'openai', base_url: upstream.url, models: ['gpt-4.1'] }
  const toConfig = (own: object) => ({ providers: { up: { ...up, ...own } } })
  const { call, reload } = await start({ env, config: toConfig({ caller_credentials: 'pass' }) })
  const headers = { authorization: 'Bearer plan-of-a-person-6f2d81c04b', 'x-weir-key': gatewayToken }
  expect((await call(undefined, headers)).status).toBe(200)
  expect((await upstream.nextRequest()).headers.authorization).toBe(headers.authorization)
  await reload({ env, config: toConfig({ api_key: 'sk-of-the-server' }) })
  expect((await call(undefined, headers)).status).toBe(200)
  expect((await upstream.nextRequest()).headers.authorization).toBe('Bearer sk-of-the-server')
})
