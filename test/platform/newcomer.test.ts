import { afterEach, describe, expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { chatCompletion } from '../support/fixtures.ts'
import { type Gateway, upstreamKey } from '../support/gateway.ts'
import { startScriptedUpstream } from '../support/scripted-upstream.ts'
import { startNodeGateway } from '../support/start-node-gateway.ts'
import { startLocalWorkerGateway, startWorkerGateway } from '../support/start-worker-gateway.ts'
import { json } from '../support/upstream-scripts.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const chat = {
  target: '/v1/chat/completions',
  token: false,
  body: { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] },
}
const ownPage = { host: 'localhost:8787', origin: 'http://localhost:3000' }

describe.each([
  { command: 'npm start', startGateway: startNodeGateway },
  { command: 'npm run dev:worker', startGateway: startLocalWorkerGateway },
])('a new user who runs `$command`', ({ startGateway }) => {
  async function open(env: Readonly<Record<string, string>> = {}): Promise<Gateway> {
    const gateway: Gateway = await startGateway({ env })
    closers.push(gateway.close)
    return gateway
  }

  async function openWithKey(env: Readonly<Record<string, string>> = {}) {
    const upstream = await startScriptedUpstream()
    closers.push(upstream.close)
    upstream.respond(json(200, chatCompletion))
    return open({ OPENAI_API_KEY: upstreamKey, OPENAI_BASE_URL: `${upstream.url}/v1`, ...env })
  }

  test('can use the demo without a token', async () => {
    const gateway = await open()
    const models = await ask(gateway, { target: '/v1/models', method: 'GET', token: false, headers: ownPage })
    expect(models.text).toContain('demo/chat')
    const response = await ask(gateway, { ...chat, headers: ownPage, body: { ...chat.body, model: 'demo/chat' } })
    expect(response.status).toBe(200)
  })

  test('gets the GraphQL schema, suggestions, and a page to try queries', async () => {
    const gateway = await open()
    const query = (document: string) =>
      ask(gateway, { target: '/graphql', token: false, headers: ownPage, body: { query: document } })
    expect((await query('{ __schema { queryType { name } } }')).text).toContain('"queryType":{')
    expect((await query('{ chatHistorie { id } }')).text).toContain('Did you mean')
    const page = await ask(gateway, {
      target: '/graphql',
      method: 'GET',
      token: false,
      headers: { ...ownPage, accept: 'text/html' },
    })
    expect([page.status, page.header('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(page.text).toContain('<title>GraphQL · Weir')
  })

  test('needs a provider key but no token, from programs and pages of this machine', async () => {
    const gateway = await openWithKey()
    for (const headers of [{ host: 'localhost:8787' }, { host: '127.0.0.1:8787' }, ownPage])
      expect((await ask(gateway, { ...chat, headers })).status).toBe(200)
  })

  test.each([
    ['S38 a name that only resolves to this machine', { host: 'evil.example' }, 401],
    ['a page of another site', { host: 'localhost:8787', origin: 'https://evil.example' }, 403],
    ['a call through a proxy', { host: 'localhost:8787', 'x-forwarded-for': '203.0.113.9' }, 401],
  ])('does not pay for %s', async (_name, headers, status) => {
    const gateway = await openWithKey()
    expect((await ask(gateway, { ...chat, headers })).status).toBe(status)
  })

  test.each([[{ TOKEN: 'a-token-long-enough-55d1' }], [{ NODE_ENV: 'production' }]])(
    'needs a token with %j',
    async (env) => {
      const gateway = await openWithKey(env)
      expect((await ask(gateway, { ...chat, headers: ownPage })).status).toBe(401)
      const ownKey = await ask(gateway, { ...chat, headers: { ...ownPage, 'x-openai-key': 'sk-own-0123456789abcdef' } })
      expect(ownKey.status).toBe(400)
    },
  )
})

test('a deployed Worker does not trust an address in a header, which a caller can forge', async () => {
  const gateway = await startWorkerGateway({ env: { DEMO: 'true' } })
  closers.push(gateway.close)
  const headers = { ...ownPage, 'cf-connecting-ip': '127.0.0.1' }
  expect((await ask(gateway, { ...chat, headers })).status).toBe(401)
})
