import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { parseSettings } from '../../src/config/parse-settings.ts'
import { describeSettings } from '../../src/platform/node/config/describe-settings.ts'
import { createNodeServer } from '../../src/platform/node/server/create-node-server.ts'
import { ask, expectError, messageOf } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { bearer, gatewayToken, toOpenAIEnv, upstreamKey } from '../support/gateway.ts'
import { openRawClient } from '../support/raw-client.ts'
import { startScriptedUpstream } from '../support/scripted-upstream.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { json } from '../support/upstream-scripts.ts'

const chat = { target: '/v1/chat/completions', body: chatRequest }

/** Every route that requires a key. */
const guarded = [
  chat,
  { target: '/v1/completions', body: { model: 'm', prompt: 'x' } },
  { target: '/v1/embeddings', body: { model: 'm', input: 'x' } },
  { target: '/v1/responses', body: { model: 'm', input: 'x' } },
  { target: '/v1/images/generations', body: { prompt: 'x' } },
  { target: '/v1/moderations', body: { input: 'x' } },
  { target: '/v1/audio/speech', body: { model: 'm', input: 'x' } },
  { target: '/v1/models' },
  { target: '/v1/models/gpt-4.1' },
  { target: '/v1/files' },
  { method: 'DELETE', target: '/v1/files/file-1' },
  { target: '//v1//chat/completions', body: chatRequest },
  { target: '/chat/completions', body: chatRequest },
]

describeOnBoth('a server with a token', (start, { startUpstream }) => {
  test('accepts it in any header that clients use, with the scheme in any case', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const headers = [
      { authorization: `Bearer ${gatewayToken}` },
      { authorization: `bearer ${gatewayToken}` },
      { Authorization: `BEARER   ${gatewayToken} ` },
      { 'x-api-key': gatewayToken },
      { 'api-key': gatewayToken },
    ]
    for (const presented of headers) {
      const response = await ask(gateway, { ...chat, token: false, headers: presented })
      expect(response.status, JSON.stringify(presented)).toBe(200)
    }
    for (const { headers: sent } of upstream.requests) {
      expect(sent.authorization).toBe(`Bearer ${upstreamKey}`)
      expect(JSON.stringify(sent)).not.toContain(gatewayToken)
    }
  })

  test('S39 P02 refuses every guarded route without it, and sends nothing to a provider', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), PASSTHROUGH: 'openai' } })
    for (const options of guarded) {
      const response = await ask(gateway, { ...options, token: false })
      expect
        .soft(
          () => expectError(response, { code: 'invalid_api_key', message: /Authorization: Bearer/ }),
          options.target,
        )
        .not.toThrow()
    }
    expect(upstream.requests).toEqual([])
  })

  test('S19 S23 refuses similar tokens, and shows at most four characters of them', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const wrong = [
      gatewayToken.slice(0, 20),
      gatewayToken.slice(0, -1),
      `${gatewayToken}x`,
      `${gatewayToken.slice(0, -1)}X`,
      gatewayToken.toUpperCase(),
      upstreamKey,
      'x',
      'x'.repeat(5_000),
    ]
    for (const key of wrong) {
      const response = await ask(gateway, { ...chat, token: false, headers: { authorization: `Bearer ${key}` } })
      expectError(response, { code: 'invalid_api_key' })
      const shown = response.text + JSON.stringify(response.rawHeaders)
      expect(shown).not.toContain(gatewayToken)
      if (key.length > 4) expect(shown).not.toContain(key.slice(-5))
      expect(messageOf(response).length).toBeLessThan(300)
    }
    expect(upstream.requests).toEqual([])
    expect(gateway.output()).not.toContain(gatewayToken)
  })

  test('refuses headers without a key', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const headers = [
      { authorization: gatewayToken },
      { authorization: `Basic ${btoa(`user:${gatewayToken}`)}` },
      { authorization: `Bearer` },
      { authorization: `Bearer ${gatewayToken} ${gatewayToken}` },
      { authorization: `Bearer ${gatewayToken}, Bearer x` },
      { cookie: `token=${gatewayToken}; authorization=Bearer ${gatewayToken}` },
      { 'proxy-authorization': `Bearer ${gatewayToken}` },
      { 'x-api-key': '' },
    ]
    for (const presented of headers) {
      const response = await ask(gateway, { ...chat, token: false, headers: presented })
      expect.soft(() => expectError(response, { code: 'invalid_api_key' }), JSON.stringify(presented)).not.toThrow()
    }
    expect(upstream.requests).toEqual([])
  })

  test.each([
    ['Bearer Bearer KEY', /`Authorization` has `Bearer` twice/],
    ['bearer  BEARER KEY', /`Authorization` has `Bearer` twice/],
    ['KEY', /`Authorization` lacks `Bearer` and a space before the key/],
    ['Bearer', /`Authorization` has no key after `Bearer`/],
    ['Bearer ', /`Authorization` has no key after `Bearer`/],
    ['Bearer KEY KEY', /`Authorization` has a space inside the key, or more than one key/],
    ['Bearer KEY, Bearer KEY', /`Authorization` has a space inside the key, or more than one key/],
    ['Basic KEY', /`Authorization` has the scheme `Basic`, which this server does not accept/],
    ['KEY of mine', /`Authorization` does not start with `Bearer`/],
  ])('case B4: the error for `Authorization: %s` describes the mistake without the key', async (text, message) => {
    const upstream = await startUpstream()
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), ADMIN_TOKEN: `admin-${gatewayToken}` } })
    const headers = { authorization: text.replaceAll('KEY', gatewayToken) }
    for (const target of [chat.target, '/v1/models', '/graphql', '/', '/admin/v1/keys']) {
      const body = /models|admin/.test(target) ? undefined : chatRequest
      const response = await ask(gateway, { target, body, token: false, headers })
      expect(response.status, target).toBe(401)
      const words = response.text.replaceAll('\\"', '"')
      expect(words).toMatch(message)
      expect(words).toMatch(/Authorization: Bearer …/)
      expect(response.text).not.toContain(gatewayToken.slice(-4))
    }
    expect(gateway.output()).not.toContain(gatewayToken)
    expect(upstream.requests).toEqual([])
  })

  test('case B4: the error for `x-api-key` with `Bearer` describes the mistake', async () => {
    const gateway = await start({ env: toOpenAIEnv(await startUpstream()) })
    for (const name of ['x-api-key', 'api-key']) {
      const headers = { [name]: `Bearer ${gatewayToken}` }
      const response = await ask(gateway, { ...chat, token: false, headers })
      expectError(response, {
        code: 'invalid_api_key',
        message: /contains a space\. `Bearer` belongs in `Authorization` only/,
      })
      expect(response.text).not.toContain(gatewayToken.slice(-4))
    }
  })

  test('S40 S88 trusts and forwards no header that names the caller', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const forged = {
      'x-user-id': 'admin',
      'x-forwarded-user': 'admin',
      'x-forwarded-for': '127.0.0.1',
      'x-real-ip': '127.0.0.1',
      'x-weir-owner': 'local',
      'x-auth-request-email': 'admin@example.com',
      'cf-access-authenticated-user-email': 'admin@example.com',
      forwarded: 'for=127.0.0.1',
    }
    expectError(await ask(gateway, { ...chat, token: false, headers: forged }), { code: 'invalid_api_key' })
    expect((await ask(gateway, { ...chat, headers: forged })).status).toBe(200)
    const { headers } = await upstream.nextRequest()
    for (const name of Object.keys(forged)) expect(headers).not.toHaveProperty(name)
  })

  test('R35 refuses before the body is sent', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const client = await openRawClient(gateway.url)
    const headers = { 'content-type': 'application/json', 'content-length': '1000000', expect: '100-continue' }
    await client.send(toRequestBytes({ method: 'POST', target: chat.target, headers }))
    expectError(await client.readResponse(), { code: 'invalid_api_key' })
    client.destroy()
  })
})

describeOnBoth('a server without TOKEN and ALLOW_ANONYMOUS', (start, { runtime, startUpstream }) => {
  const open = (url: string) => ({ OPENAI_API_KEY: upstreamKey, OPENAI_BASE_URL: `${url}/v1` })

  test('S11 serves only its own machine on Node, and no caller on Workers, and explains how to change that', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: open(upstream.url) })
    const response = await ask(gateway, { ...chat, token: false, headers: { host: 'localhost:8787' } })
    if (runtime === 'node') {
      expect(response.status).toBe(200)
      return
    }
    expectError(response, { code: 'access_not_configured', message: /Set TOKEN .* or set ALLOW_ANONYMOUS=true/ })
    expect(upstream.requests).toEqual([])
  })

  test('S11 S38 S40 S88 refuses a caller behind a proxy, a tunnel or another host name', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: open(upstream.url) })
    const headers = [
      { host: 'weir.example.com' },
      { host: 'rebound.attacker.example:8787' },
      { host: 'localhost.attacker.example' },
      { host: '127.0.0.1.nip.io' },
      { host: '10.0.0.1' },
      { host: 'localhost', 'x-forwarded-for': '203.0.113.9' },
      { host: 'localhost', forwarded: 'for=203.0.113.9' },
      { host: 'localhost', 'x-real-ip': '203.0.113.9' },
      { host: 'localhost', 'cf-connecting-ip': '203.0.113.9' },
      { host: 'localhost', via: '1.1 tunnel' },
      { host: 'localhost', 'x-forwarded-host': 'weir.example.com' },
    ]
    for (const sent of headers) {
      const response = await ask(gateway, { ...chat, token: false, headers: sent })
      expect.soft(() => expectError(response, { code: 'access_not_configured' }), JSON.stringify(sent)).not.toThrow()
    }
    expect(upstream.requests).toEqual([])
  })

  test('S11 S65 case D10: a caller behind nginx’s bare proxy_pass, which uses HTTP/1.0, is not local', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: open(upstream.url) })
    const { host } = new URL(gateway.url)
    const sendOld = async (more: Readonly<Record<string, string>>, body: object = chat.body) => {
      const client = await openRawClient(gateway.url)
      const request = toRequestBytes({ target: chat.target, body, headers: { host, connection: 'close', ...more } })
      await client.send(request.toString().replace(' HTTP/1.1\r\n', ' HTTP/1.0\r\n'))
      const response = await client.readResponse()
      client.destroy()
      return response
    }
    for (const headers of [{}, { authorization: 'Bearer sk-anything' }, { 'x-openai-key': 'sk-own' }]) {
      const { status, text } = await sendOld(headers)
      expect([400, 401], text).toContain(status)
    }
    if (runtime === 'node')
      expectError(await sendOld({}), { code: 'access_not_configured', message: /HTTP\/1\.0 is treated as a proxy’s/ })
    expect(upstream.requests).toEqual([])
    // With a token, HTTP/1.0 is accepted.
    const closed = await start({ env: { ...open(upstream.url), TOKEN: gatewayToken } })
    const client = await openRawClient(closed.url)
    await client.send(
      toRequestBytes({ ...chat, headers: bearer })
        .toString()
        .replace(' HTTP/1.1\r\n', ' HTTP/1.0\r\n'),
    )
    expect((await client.readResponse()).status).toBe(200)
    client.destroy()
  })

  test('S11 case D10: in production a call without a key is refused with the reason', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: { ...open(upstream.url), NODE_ENV: 'production' } })
    for (const headers of [{ host: 'localhost' }, { host: '127.0.0.1', authorization: 'Bearer sk-x' }]) {
      const response = await ask(gateway, { ...chat, token: false, headers })
      expect(response.status).toBe(401)
      if (runtime === 'node') expect(response.text).toMatch(/NODE_ENV is `production`|not valid here/)
    }
    expect(upstream.requests).toEqual([])
    const everyone = await start({ env: { ...open(upstream.url), NODE_ENV: 'production', ALLOW_ANONYMOUS: 'true' } })
    expect((await ask(everyone, { target: '/v1/models', token: false })).status).toBe(200)
  })

  test('a key changes nothing', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: open(upstream.url) })
    const response = await ask(gateway, { ...chat, headers: { host: 'weir.example.com' } })
    expectError(response, { code: 'access_not_configured' })
  })

  test('ALLOW_ANONYMOUS=true serves every caller', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: { ...open(upstream.url), ALLOW_ANONYMOUS: 'true' } })
    const headers = { host: 'weir.example.com', origin: 'https://elsewhere.example', 'x-forwarded-for': '203.0.113.9' }
    expect((await ask(gateway, { ...chat, token: false, headers })).status).toBe(200)
  })

  if (runtime === 'node') {
    test('S11 case D10: the server prints at start which callers need no key, including proxies on its machine', () => {
      const accessOf = (env: Readonly<Record<string, string>>) =>
        describeSettings(parseSettings({ env: { ...open('http://127.0.0.1'), ...env }, platform: 'node' })).find(
          (line) => line.startsWith('  access '),
        )
      expect(accessOf({})).toMatch(/this machine .*all clients of a local proxy that adds no header.*set TOKEN/)
      expect(accessOf({ NODE_ENV: 'production' })).toMatch(/NODE_ENV is production; set TOKEN/)
      for (const env of [{ TOKEN: gatewayToken }, { ALLOW_ANONYMOUS: 'true' }])
        expect(accessOf(env)).not.toMatch(/proxy/)
    })

    test('S38 refuses a page of another site, and serves a page of this machine', async () => {
      const upstream = await startUpstream()
      upstream.respond(json(200, chatCompletion))
      const gateway = await start({ env: open(upstream.url) })
      const foreign = [
        'https://evil.example',
        'null',
        'http://localhost.evil.example',
        'https://localhost@evil.example',
        'file://',
      ]
      for (const origin of foreign) {
        const response = await ask(gateway, { ...chat, token: false, headers: { host: 'localhost', origin } })
        expect
          .soft(() => expectError(response, { code: 'origin_not_allowed', message: /CORS_ORIGINS/ }), origin)
          .not.toThrow()
      }
      expect(upstream.requests).toEqual([])
      for (const origin of [
        'http://localhost:5173',
        'http://127.0.0.1:3000',
        'http://[::1]:3000',
        'https://app.localhost',
      ]) {
        const response = await ask(gateway, { ...chat, token: false, headers: { host: '127.0.0.1', origin } })
        expect(response.status, origin).toBe(200)
      }
    })

    test('serves a page that the operator lists', async () => {
      const upstream = await startUpstream()
      upstream.respond(json(200, chatCompletion))
      const gateway = await start({ env: { ...open(upstream.url), CORS_ORIGINS: 'https://chat.example' } })
      const headers = { host: 'localhost', origin: 'https://chat.example' }
      expect((await ask(gateway, { ...chat, token: false, headers })).status).toBe(200)
    })
  }
})

test('S11 a server without a token that listens on every address responds with 401, except on loopback', async () => {
  const upstream = await startScriptedUpstream()
  const env = { OPENAI_API_KEY: upstreamKey, OPENAI_BASE_URL: `${upstream.url}/v1`, HOST: '0.0.0.0' }
  const server = await createNodeServer({ env: { STORAGE_PATH: 'none', ...env } })
  const { port } = await server.listen(0)
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
  const statuses = addresses.map(async ({ address }) => {
    const client = await openRawClient(`http://${address}:${port}`)
    // Even with a forged Host header.
    await client.send(toRequestBytes({ ...chat, headers: { host: 'localhost' } }))
    const { status } = await client.readResponse()
    client.destroy()
    return status
  })
  expect(await Promise.all(statuses)).toEqual(addresses.map(() => 401))
  expect(upstream.requests).toEqual([])
  await server.close(0)
  await upstream.close()
})
