import { expect, test } from 'vitest'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { gatewayToken, toOpenAIEnv, upstreamKey } from '../support/gateway.ts'
import { json } from '../support/upstream-scripts.ts'

const chat = { target: '/v1/chat/completions', body: chatRequest }

describeOnBoth('a caller’s own provider key', (start, { runtime, startUpstream }) => {
  const own = { 'x-openai-key': 'sk-own-key-of-a-developer-7d1e' }

  test('S12 case B5: is refused unless the operator allows it, with an error that a page can read', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const response = await ask(gateway, { ...chat, headers: own })
    expectError(response, { code: 'header_not_allowed', message: /BRING_YOUR_OWN_KEY=true/ })
    expectError(await ask(gateway, { target: '/v1/models', headers: own }), { code: 'header_not_allowed' })
    expect(upstream.requests).toEqual([])
    expect(gateway.output() + response.text).not.toContain(own['x-openai-key'])
    const page = { origin: 'https://chat.example' }
    const preflight = { ...page, 'access-control-request-headers': 'content-type,x-openai-key' }
    const allowed = await ask(gateway, { method: 'OPTIONS', target: chat.target, headers: preflight })
    expect(allowed.header('access-control-allow-headers')).toBe('content-type, x-openai-key')
    for (const target of [chat.target, '/', '/graphql', '/v1/models']) {
      const body = target === '/v1/models' ? undefined : chatRequest
      const refusal = await ask(gateway, { target, body, headers: { ...page, ...own } })
      expect(refusal.status, target).toBe(400)
      expect(refusal.text).toContain('BRING_YOUR_OWN_KEY=true')
      expect(refusal.header('access-control-allow-origin')).toBe('*')
    }
    expect(upstream.requests).toEqual([])
  })

  test('S12 replaces the stored key if the operator allows it, and only with the token', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), BRING_YOUR_OWN_KEY: 'true' } })
    expectError(await ask(gateway, { ...chat, token: false, headers: own }), { code: 'invalid_api_key' })
    expect((await ask(gateway, { ...chat, headers: own })).status).toBe(200)
    const { headers } = await upstream.nextRequest()
    expect(headers.authorization).toBe(`Bearer ${own['x-openai-key']}`)
    expect(headers).not.toHaveProperty('x-openai-key')
    expect(JSON.stringify(headers)).not.toContain(upstreamKey)
    expect(gateway.output()).not.toContain(own['x-openai-key'])
  })

  test('S12 is sent only to OpenAI, for any model', async () => {
    const [openai, other] = [await startUpstream(), await startUpstream()]
    openai.respond(json(200, chatCompletion))
    const config = {
      providers: {
        openai: { base_url: `${openai.url}/v1`, api_key: upstreamKey },
        other: { base_url: `${other.url}/v1`, models: ['m'] },
      },
    }
    const gateway = await start({ env: { TOKEN: gatewayToken, BRING_YOUR_OWN_KEY: 'true' }, config })
    for (const model of ['m', 'other/m', 'openai/m']) {
      expect((await ask(gateway, { ...chat, body: { ...chatRequest, model }, headers: own })).status).toBe(200)
    }
    expect(other.requests).toEqual([])
  })

  test('S12 is used for a relayed endpoint too, and refused for another provider', async () => {
    const [openai, other] = [await startUpstream(), await startUpstream()]
    openai.respond(json(200, { data: [] }))
    const providers = {
      openai: { base_url: `${openai.url}/v1`, api_key: upstreamKey },
      other: { base_url: `${other.url}/v1`, api_key: upstreamKey },
    }
    const env = { TOKEN: gatewayToken, BRING_YOUR_OWN_KEY: 'true' }
    const relaying = await start({ env, config: { providers, passthrough: 'openai' } })
    expect((await ask(relaying, { target: '/v1/files', headers: own })).status).toBe(200)
    expect((await openai.nextRequest()).headers.authorization).toBe(`Bearer ${own['x-openai-key']}`)
    const elsewhere = await start({ env, config: { providers, passthrough: 'other' } })
    expectError(await ask(elsewhere, { target: '/v1/files', headers: own }), { code: 'header_not_allowed' })
    expect(other.requests).toEqual([])
  })

  test('S12 case D8: is refused for a server in OpenAI’s place without a key, in any operation', async () => {
    const [moved, other] = [await startUpstream(), await startUpstream()]
    moved.respond(json(200, chatCompletion))
    const providers = { openai: { base_url: `${moved.url}/v1` }, other: { base_url: `${other.url}/v1` } }
    const gateway = await start({
      env: { TOKEN: gatewayToken, BRING_YOUR_OWN_KEY: 'true' },
      config: { providers, passthrough: 'openai' },
    })
    const headers = { 'x-openai-key': 'junk' }
    for (const request of [chat, { target: '/', body: chatRequest }, { target: '/v1/files' }]) {
      const response = await ask(gateway, { ...request, headers })
      expect(response.status, request.target).toBe(400)
      expect(response.text).toContain('header_not_allowed')
    }
    const query = 'mutation { getAIResponse(input: { messages: [{ role: "user", content: "x" }] }) { content } }'
    const graphql = { target: '/graphql', body: { query } }
    const refused = JSON.parse((await ask(gateway, { ...graphql, headers })).text)
    expect(refused.errors).toMatchObject([{ extensions: { code: 'header_not_allowed' } }])
    expect([...moved.requests, ...other.requests]).toEqual([])
    const graphqlResponse = JSON.parse((await ask(gateway, graphql)).text)
    expect(graphqlResponse).toEqual({
      data: { getAIResponse: { content: chatCompletion.choices[0]?.message.content } },
    })
    expect((await ask(gateway, chat)).status).toBe(200)
  })

  if (runtime === 'node') {
    test('S12 is allowed by default in development, and not in production', async () => {
      const upstream = await startUpstream()
      upstream.respond(json(200, chatCompletion))
      const env = { OPENAI_BASE_URL: `${upstream.url}/v1`, OPENAI_API_KEY: upstreamKey }
      const development = await start({ env })
      const request = { ...chat, token: false, headers: { ...own, host: 'localhost' } }
      expect((await ask(development, request)).status).toBe(200)
      const production = await start({ env: { ...env, NODE_ENV: 'production' } })
      expectError(await ask(production, request), { code: 'header_not_allowed' })
    })
  }
})
