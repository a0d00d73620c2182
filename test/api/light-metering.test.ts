import { afterEach, describe, expect, it } from 'vitest'
import { ask, expectError } from '../support/ask.ts'
import { chatRequest } from '../support/fixtures.ts'
import { bearer, gatewayToken } from '../support/gateway.ts'
import { startStoredWorkerGateway } from '../support/start-stored-worker-gateway.ts'
import type { StoredGateway } from '../support/stored-gateway.ts'
import { chat } from './open-keys.ts'

const adminToken = 'an-admin-secret-of-32-characters'
const demo = (rest: object = {}) => ({ ...chat, body: { ...Object(chatRequest), model: 'demo/chat', ...rest } })
const accountOf = async (gateway: StoredGateway) =>
  (JSON.parse((await ask(gateway, { target: '/v1/key' })).text) as { data: { usage: number } }).data

describe('A Worker without virtual keys', () => {
  let gateway: StoredGateway
  afterEach(() => gateway.close())

  const start = async (env: Readonly<Record<string, string>> = {}) => {
    gateway = await startStoredWorkerGateway({
      env: { TOKEN: gatewayToken, ADMIN_TOKEN: adminToken, DEMO: 'true', METERING_MODE: 'light', ...env },
      config: { prices: { 'demo/*': { input: 1, output: 10 } } },
    })
  }

  it('sums the usage of calls, streams and embeddings, and returns no generation id', async () => {
    await start()
    const responses = [
      await ask(gateway, demo()),
      await ask(gateway, demo({ stream: true })),
      await ask(gateway, { target: '/v1/embeddings', body: { model: 'demo/embed', input: 'Hello' } }),
    ]
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(responses.map((response) => response.header('x-generation-id'))).toEqual([undefined, undefined, undefined])
    const { usage } = JSON.parse(responses[0]?.text ?? '') as {
      usage: { prompt_tokens: number; completion_tokens: number }
    }
    const firstUsd = (usage.prompt_tokens + 10 * usage.completion_tokens) / 1_000_000
    expect((await accountOf(gateway)).usage).toBeGreaterThan(1.9 * firstUsd)
    await gateway.flushLedger()
    expect(await gateway.sql('SELECT COUNT(*) AS records FROM call_records')).toEqual([{ records: 0 }])
    const unknown = await ask(gateway, { target: `/v1/generation?id=gen_${'0'.repeat(32)}` })
    expectError(unknown, { code: 'generation_not_found', param: 'id', message: /metering\.mode/ })
  })

  it('serves calls while its database cannot be read', async () => {
    await start()
    await gateway.sql('ALTER TABLE api_keys RENAME TO gone')
    expect((await ask(gateway, demo())).status).toBe(200)
    await gateway.sql('ALTER TABLE gone RENAME TO api_keys')
    expect((await accountOf(gateway)).usage).toBeGreaterThan(0)
  })

  it('records every call after its first virtual key is created', async () => {
    await start()
    expect((await ask(gateway, demo())).header('x-generation-id')).toBeUndefined()
    const made = await ask(gateway, {
      ...{ method: 'POST', target: '/admin/v1/keys', token: false, headers: { authorization: `Bearer ${adminToken}` } },
      body: { name: 'ada' },
    })
    const { secret } = JSON.parse(made.text) as { secret: string }
    const withKey = { token: false, headers: { authorization: `Bearer ${secret}` } }
    expect((await ask(gateway, { ...demo(), ...withKey })).header('x-generation-id')).toMatch(/^gen_/)
    expect((await ask(gateway, { ...demo(), headers: bearer })).header('x-generation-id')).toMatch(/^gen_/)
    await gateway.flushLedger()
    expect(await gateway.sql('SELECT COUNT(*) AS records FROM call_records')).toEqual([{ records: 2 }])
  })

  it('records every call if `metering.mode` is `full`', async () => {
    await start({ METERING_MODE: 'full' })
    expect((await ask(gateway, demo())).header('x-generation-id')).toMatch(/^gen_/)
  })
})
