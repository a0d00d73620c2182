import { describe, expect, onTestFinished, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatCompletion } from '../support/fixtures.ts'
import { bearer, gatewayToken, toOpenAIEnv, upstreamKey } from '../support/gateway.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import { startLocalWorkerGateway } from '../support/start-worker-gateway.ts'
import { json } from '../support/upstream-scripts.ts'

const messages = [{ role: 'user', content: 'Hello' }]
const ownKey = 'sk-test-of-the-caller-71c0d4e2'
const model = 'deepseek-ai/DeepSeek-V3.1'

function withoutToken(upstream: ScriptedUpstream): Record<string, string> {
  const { TOKEN: _token, ...env } = toOpenAIEnv(upstream)
  return env
}

describeOnBoth('access, as with the two proxies', (start, { runtime, share, startUpstream }) => {
  async function open(toEnv: (upstream: ScriptedUpstream) => Record<string, string> = toOpenAIEnv) {
    const opened = await share((upstream) => ({ env: toEnv(upstream) }))
    opened.upstream.respond(json(200, chatCompletion))
    return opened
  }

  test('OPENAI_API_KEY is the key that OpenAI receives, whatever the caller sends', async () => {
    const { upstream, gateway } = await open()
    expect((await ask(gateway, { target: '/', body: { messages } })).status).toBe(200)
    expect((await upstream.nextRequest()).headers.authorization).toBe(`Bearer ${upstreamKey}`)
  })

  test('DEEPINFRA_API_KEY is sent to the documented API without headers of a page', async () => {
    const { upstream, gateway } = await open(({ url }) => ({
      DEEPINFRA_API_KEY: upstreamKey,
      DEEPINFRA_BASE_URL: `${url}/v1/openai`,
      TOKEN: gatewayToken,
    }))
    const headers = { origin: 'https://app.example.com', referer: 'https://app.example.com/chat' }
    const response = await ask(gateway, { target: '/v1/chat/completions', headers, body: { model, messages } })
    expect(response.status).toBe(200)
    const request = await upstream.nextRequest()
    expect(request.target).toBe('/v1/openai/chat/completions')
    expect(request.headers.authorization).toBe(`Bearer ${upstreamKey}`)
    expect(
      Object.keys(request.headers).filter((name) => /^(origin|referer|cookie|sec-|x-deepinfra)/.test(name)),
    ).toEqual([])
  })

  test('x-openai-key replaces the upstream’s key if the operator allows it, and is never logged', async () => {
    const { upstream, gateway } = await open((scripted) => ({ ...toOpenAIEnv(scripted), BRING_YOUR_OWN_KEY: 'true' }))
    for (const target of ['/', '/v1/chat/completions']) {
      const headers = { 'x-openai-key': ownKey }
      expect((await ask(gateway, { target, headers, body: { model: 'gpt-4.1', messages } })).status).toBe(200)
      const request = await upstream.nextRequest()
      expect(request.headers.authorization).toBe(`Bearer ${ownKey}`)
      expect(request.headers).not.toHaveProperty('x-openai-key')
    }
    await gateway.findLog()
    expect(gateway.output()).not.toContain(ownKey)
  })

  test('x-openai-key is refused in production', async () => {
    const { upstream, gateway } = await open()
    const response = await ask(gateway, { target: '/', headers: { 'x-openai-key': ownKey }, body: { messages } })
    expect(response.status).toBe(400)
    expect(JSON.parse(response.text)).toMatchObject({ error: { code: 'header_not_allowed' } })
    expect(response.text).not.toContain(ownKey)
    expect(upstream.requests).toEqual([])
  })

  test.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('TOKEN is accepted after `%s`', async (scheme) => {
    const { gateway } = await open()
    const headers = { authorization: `${scheme} ${gatewayToken}` }
    const chat = { target: '/v1/chat/completions', token: false, headers, body: { model: 'gpt-4.1', messages } }
    expect((await ask(gateway, chat)).status).toBe(200)
  })

  test.each([
    ['none', {}],
    ['another', { authorization: 'Bearer another-token' }],
    ['a longer one', { authorization: `Bearer ${gatewayToken}x` }],
    ['another case', { authorization: `Bearer ${gatewayToken.toUpperCase()}` }],
    ['another scheme', { authorization: `Basic ${gatewayToken}` }],
  ])('TOKEN is required on every route: %s gets 401', async (_name, headers) => {
    const { upstream, gateway } = await open()
    const posts = ['/', '/generate-image', '/images/generations', '/v1/chat/completions', '/v1/images/generations']
    for (const target of posts) {
      expect((await ask(gateway, { target, token: false, headers, body: { messages } })).status).toBe(401)
    }
    expect((await ask(gateway, { target: '/v1/models', token: false, headers })).status).toBe(401)
    expect(upstream.requests).toEqual([])
  })

  test('without TOKEN no remote caller is served, and the error explains how to set one', async () => {
    const { upstream, gateway } = await open(withoutToken)
    const response = await ask(gateway, { target: '/', token: false, body: { messages } })
    expect(response.status).toBe(401)
    const { message } = JSON.parse(response.text) as { readonly message: string }
    expect(message).toMatch(/Set TOKEN .* or set ALLOW_ANONYMOUS=true/)
    expect(upstream.requests).toEqual([])
  })

  test('ALLOW_ANONYMOUS=true serves every caller', async () => {
    const { gateway } = await open((upstream) => ({ ...withoutToken(upstream), ALLOW_ANONYMOUS: 'true' }))
    expect((await ask(gateway, { target: '/', token: false, body: { messages } })).status).toBe(200)
  })

  test('on a laptop a front end works unchanged: no token, its own page, x-openai-key', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const env = { OPENAI_BASE_URL: `${upstream.url}/v1`, OPENAI_API_KEY: upstreamKey }
    // The proxies ran in `wrangler dev`.
    const gateway = runtime === 'node' ? await start({ env }) : await startLocalWorkerGateway({ env })
    onTestFinished(() => gateway.close())
    const page = { host: 'localhost:8787', origin: 'http://localhost:3000' }
    for (const [headers, key] of [
      [page, upstreamKey],
      [{ ...page, 'x-openai-key': ownKey }, ownKey],
    ] as const) {
      const response = await ask(gateway, { target: '/', token: false, headers, body: { messages } })
      expect(response.status).toBe(200)
      expect(response.header('access-control-allow-origin')).toBe('*')
      expect((await upstream.nextRequest()).headers.authorization).toBe(`Bearer ${key}`)
    }
  })

  describe('routes', () => {
    test.each([
      '/',
      '/generate-image',
      '/images/generations',
      '/graphql',
      '/v1/chat/completions',
      '/v1/models',
      '/any/path',
    ])('OPTIONS %s needs no token and allows the headers that a page requests', async (target) => {
      const { gateway } = await open()
      const requested = 'authorization,content-type,x-stainless-lang,x-stainless-retry-count'
      const headers = {
        origin: 'https://app.example.com',
        'access-control-request-method': 'POST',
        'access-control-request-headers': requested,
      }
      const response = await ask(gateway, { method: 'OPTIONS', target, token: false, headers })
      expect(response.status).toBe(204)
      expect(response.header('access-control-allow-origin')).toBe('*')
      expect(response.header('access-control-allow-methods')).toContain('POST')
      expect(response.header('access-control-allow-headers')?.split(', ')).toEqual(requested.split(','))
      expect(response.header('access-control-allow-credentials')).toBeUndefined()
    })

    test.each([
      ['GET', '/generate-image', 'POST, OPTIONS'],
      ['PUT', '/', 'POST, OPTIONS'],
      ['DELETE', '/images/generations', 'POST, OPTIONS'],
      ['GET', '/v1/chat/completions', 'POST, OPTIONS'],
      ['GET', '/v1/images/generations', 'POST, OPTIONS'],
      ['POST', '/v1/models', 'GET, HEAD, OPTIONS'],
      ['PATCH', '/v1/v1/chat/completions', 'POST, OPTIONS'],
    ])('%s %s is 405 and lists the allowed methods', async (method, target, allow) => {
      const { gateway } = await open()
      const headers = { origin: 'https://app.example.com' }
      const response = await ask(gateway, { method, target, headers, ...(method === 'POST' && { body: {} }) })
      expect(response.status).toBe(405)
      expect(response.header('allow')).toBe(allow)
      expect(JSON.parse(response.text)).toMatchObject({ error: { code: 'method_not_allowed' } })
      expect(response.header('access-control-allow-origin')).toBe('*')
    })

    test.each([
      ['POST', '/api/chat'],
      ['GET', '/v1/unknown'],
      ['POST', '/v1'],
    ])('%s %s is 404', async (method, target) => {
      const { gateway } = await open()
      const response = await ask(gateway, { method, target, headers: bearer, ...(method === 'POST' && { body: {} }) })
      expect(response.status).toBe(404)
      expect(JSON.parse(response.text)).toMatchObject({ error: { code: 'not_found' } })
    })
  })
})
