import { expect, test } from 'vitest'
import { authenticate } from '../../src/pipeline/access/authenticate.ts'
import type { Credentials } from '../../src/pipeline/call/call.ts'
import type { Secrets } from '../../src/pipeline/call/ports.ts'
import { nodeSecrets } from '../../src/platform/node/node-secrets.ts'
import { ask, expectError, type Question } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatChunks, chatCompletion, chatRequest, embeddings, image, rateLimitError } from '../support/fixtures.ts'
import { gatewayToken, toOpenAIEnv, upstreamKey } from '../support/gateway.ts'
import type { RawAnswer } from '../support/raw-client.ts'
import type { Script } from '../support/upstream-exchange.ts'
import { answer as answerWith, hangUp, html500, json, redirect307, reset, sse } from '../support/upstream-scripts.ts'

const prompt = 'canary-of-the-prompt-c7a1'
const chat = {
  target: '/v1/chat/completions',
  body: { ...chatRequest, messages: [{ role: 'user', content: prompt }] },
}
const deepinfraKey = 'deepinfra-key-of-a-test-5f60'
const azureKey = 'azure-key-of-a-test-1b2c'
const ownKey = 'sk-own-key-of-a-developer-7d1e'

/** What an upstream says that knows the key and the prompt, and is careless with both. */
const leak = `Incorrect API key provided: ${upstreamKey}${deepinfraKey}${azureKey}. Prompt: ${prompt}`

const failures: Readonly<Record<string, Script>> = {
  'a reset': reset(),
  'no answer': hangUp(),
  'a web page': html500(),
  'plain text': answerWith([leak], { status: 500, headers: { 'content-type': 'text/plain' } }),
  'a 401': json(401, { error: { message: leak, type: 'invalid_request_error', param: null, code: 'invalid_api_key' } }),
  'a 403 of another shape': json(403, { detail: leak }),
  'a 429': json(429, rateLimitError, { headers: { 'x-request-id': 'req_upstream' } }),
  'an error under 200': json(200, { error: { message: leak } }),
  'nothing under 200': answerWith([''], { headers: { 'content-type': 'application/json' } }),
  'half a JSON under 200': answerWith([`{"a":"${leak}`], { headers: { 'content-type': 'application/json' } }),
  'a redirect': redirect307(`http://127.0.0.1:1/?key=${upstreamKey}&prompt=${prompt}`),
  'a body that breaks off': json(200, { ...chatCompletion, note: leak }, { cutAfterBytes: 40 }),
  'a stream that breaks off': sse(chatChunks, { cutAfterEvents: 1 }),
  'headers that tell': json(
    500,
    {},
    { headers: { 'x-debug': leak, server: leak, 'set-cookie': leak, 'www-authenticate': leak } },
  ),
}

describeOnBoth('secrets', (start, { startUpstream }) => {
  test('S21 S75 are in no log line, answer or header, however a provider fails; nor is the prompt in the log', async () => {
    const upstream = await startUpstream()
    const env = {
      ...toOpenAIEnv(upstream),
      DEEPINFRA_API_KEY: deepinfraKey,
      DEEPINFRA_BASE_URL: upstream.url,
      AZURE_OPENAI_API_KEY: azureKey,
      AZURE_OPENAI_ENDPOINT: upstream.url,
      PASSTHROUGH: 'openai',
      BRING_YOUR_OWN_KEY: 'true',
    }
    const gateway = await start({ env })
    const questions: readonly Question[] = [
      ...['gpt-4.1', 'deepinfra/m', 'azure/d'].map((model) => ({ ...chat, body: { ...chat.body, model } })),
      { ...chat, body: { ...chat.body, stream: true } },
      { ...chat, headers: { 'x-openai-key': ownKey } },
    ]
    let count = 0
    for (const [name, script] of Object.entries(failures)) {
      upstream.respond(script)
      // What is relayed without being understood has failed where its status says so.
      const asked = / 200$|breaks off$/.test(name)
        ? questions
        : [...questions, { target: '/v1/files', body: { prompt } }]
      count += asked.length
      for (const question of asked) {
        const answer = await ask(gateway, question)
        expect(shown(answer), `${name} for ${JSON.stringify(question)}`).not.toMatch(secret)
      }
    }
    await gateway.findLog(() => gateway.logs().length >= count)
    expect(gateway.output()).not.toMatch(secret)
    expect(gateway.output()).not.toContain(prompt)
  })

  test('S21 S75 are in no refusal of Weir’s own', async () => {
    const upstream = await startUpstream()
    const gateway = await start({
      env: { ...toOpenAIEnv(upstream), MODELS_STRICT: 'true' },
      config: { limits: { body_bytes: 2_000 } },
    })
    const wrong = { authorization: `Bearer ${upstreamKey}` }
    const questions: readonly Question[] = [
      { ...chat, body: `{"a":"${prompt}" ${prompt}` },
      { ...chat, body: `${prompt}` },
      { ...chat, body: { ...chat.body, model: 5 } },
      { ...chat, body: { ...chat.body, model: 'none' } },
      { ...chat, body: { ...chat.body, stream: prompt } },
      { ...chat, body: { ...chat.body, pad: prompt.repeat(100) } },
      { ...chat, body: `{"model":"m","messages":${'['.repeat(100)}"${prompt}"` },
      { ...chat, headers: { 'content-type': prompt } },
      { ...chat, headers: { 'x-openai-key': ownKey } },
      { ...chat, token: false, headers: wrong },
      { ...chat, token: false, headers: { 'x-api-key': upstreamKey } },
      { target: '/v1/models', token: false, headers: { cookie: `key=${gatewayToken}` } },
    ]
    for (const question of questions) {
      const answer = await ask(gateway, question)
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(shown(answer)).not.toMatch(secret)
      expect(shown(answer)).not.toContain(prompt)
    }
    await gateway.findLog(() => gateway.logs().length >= questions.length)
    expect(gateway.output()).not.toMatch(secret)
    expect(gateway.output()).not.toContain(prompt)
  })

  test('S22 in the URL are refused, whatever they are called, and not repeated', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), PASSTHROUGH: 'openai' } })
    const names = ['key', 'api_key', 'api-key', 'apikey', 'apiKey', 'token', 'access_token', 'TOKEN']
    for (const name of names) {
      for (const question of [chat, { target: '/v1/models' }, { target: '/v1/files' }]) {
        const target = `${question.target}?limit=1&${name}=${gatewayToken}`
        const answer = await ask(gateway, { ...question, target })
        expectError(answer, { code: 'credential_in_url', message: /Authorization: Bearer/ })
        expect(shown(answer)).not.toContain(gatewayToken)
      }
    }
    expect(gateway.output()).not.toContain(gatewayToken)
    expect(upstream.requests).toEqual([])
  })

  test('S24 of the upstream’s account stay with the gateway: only known headers pass', async () => {
    const upstream = await startUpstream()
    const passed = {
      'retry-after': '7',
      'retry-after-ms': '7000',
      'x-should-retry': 'true',
      'openai-processing-ms': '12',
      'openai-version': '2020-10-01',
      'x-ratelimit-limit-requests': '10',
      'x-ratelimit-remaining-tokens': '9',
      'x-ratelimit-reset-tokens': '6m0s',
    }
    const kept = Object.fromEntries(
      [
        ...['set-cookie', 'server', 'via', 'alt-svc', 'cf-ray', 'openai-organization', 'openai-project', 'x-api-key'],
        ...[
          'authorization',
          'www-authenticate',
          'strict-transport-security',
          'x-envoy-upstream-service-time',
          'location',
        ],
        ...['access-control-allow-credentials', 'access-control-allow-origin', 'cache-control'],
        ...['anthropic-organization-id', 'anthropic-workspace-id', 'x-ms-region', 'x-openai-proxy-wasm'],
        ...[
          'x-powered-by',
          'x-amzn-requestid',
          'link',
          'refresh',
          'content-security-policy',
          'x-frame-options',
          'date',
        ],
        ...['x-weir-provider', 'clear-site-data', 'service-worker-allowed', 'x-trace-id', 'age', 'vary', 'p3p'],
      ].map((name) => [name, 'secret-of-the-account']),
    )
    const headers = { ...passed, ...kept, 'x-request-id': 'req_upstream' }
    upstream.respondNext(
      json(200, chatCompletion, { headers }),
      sse(chatChunks, { headers }),
      json(500, {}, { headers }),
      json(200, {}, { headers }),
    )
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), PASSTHROUGH: 'openai' } })
    const answers = [
      await ask(gateway, chat),
      await ask(gateway, { ...chat, body: { ...chat.body, stream: true } }),
      await ask(gateway, chat),
      await ask(gateway, { target: '/v1/files' }),
    ]
    for (const answer of answers) {
      expect(shown(answer)).not.toContain('secret-of-the-account')
      for (const [name, value] of Object.entries(passed)) expect(answer.header(name), name).toBe(value)
      expect(answer.header('x-upstream-request-id')).toBe('req_upstream')
      expect(answer.header('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
    }
  })

  test('S57 nothing is left for a cache that others share, nor a sign that there is one', async () => {
    const upstream = await startUpstream()
    const headers = { 'cache-control': 'public, max-age=3600', etag: '"x"', age: '5' }
    upstream.on(chat.target, json(200, chatCompletion, { headers }))
    upstream.on('/v1/embeddings', json(200, embeddings, { headers }))
    upstream.on('/v1/images/generations', json(200, image, { headers }))
    upstream.on('/v1/audio/speech', answerWith(['sound'], { headers: { ...headers, 'content-type': 'audio/mpeg' } }))
    upstream.on('/v1/files/1/content', answerWith(['file'], { headers }))
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), PASSTHROUGH: 'openai' } })
    const questions: readonly Question[] = [
      chat,
      { target: '/v1/embeddings', body: { model: 'm', input: 'x' } },
      { target: '/v1/images/generations', body: { prompt: 'x' } },
      { target: '/v1/audio/speech', body: { model: 'm', input: 'x' } },
      { target: '/v1/files/1/content' },
      { target: '/v1/models' },
      { target: '/v1/models/gpt-4.1' },
      { target: '/v1/models', token: false },
      { target: '/v1/models', method: 'OPTIONS' },
      { ...chat, body: '{' },
    ]
    for (const question of questions) {
      const answer = await ask(gateway, question)
      expect(answer.header('cache-control'), question.target).toBe('no-store, private')
      const names = answer.rawHeaders.map(([name]) => name.toLowerCase())
      const signs = names.filter((name) => /cache(?!-control)|^etag$|^age$|last-modified|expires/.test(name))
      // A relayed file is known by its ETag, so that it can be fetched in parts (case A16).
      expect(signs).toEqual(question.target.startsWith('/v1/files') ? ['etag'] : [])
    }
    upstream.on(chat.target, sse(chatChunks, { headers }))
    const stream = await ask(gateway, { ...chat, body: { ...chat.body, stream: true } })
    expect(stream.header('cache-control')).toContain('no-store')
  })

  test('S77 an anonymous crawl learns that the server is there, and nothing more', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    expect((await ask(gateway, { target: '/livez', token: false })).text).toBe('{"status":"alive"}')
    expect((await ask(gateway, { target: '/readyz', token: false })).text).toBe('{"status":"ready"}')
    const paths = [
      '/metrics',
      '/health',
      '/healthz',
      '/docs',
      '/config',
      '/key/info',
      '/v1/models',
      '/v1/key/info',
      '/debug/pprof',
      '/.env',
      '/weir.config.yaml',
      '/.git/config',
      '/admin',
      '/v1/admin',
      '/status',
      '/version',
    ]
    for (const target of paths) {
      const answer = await ask(gateway, { target, token: false })
      expect([401, 404], target).toContain(answer.status)
      expect(shown(answer)).not.toMatch(/openai\.com|127\.0\.0\.1|node_modules|at .*\.ts|version"/i)
      expect(answer.header('server')).toBeUndefined()
      expect(answer.header('x-powered-by')).toBeUndefined()
    }
  })

  test('S77 the description of the API is public, and the same whatever the server is configured for', async () => {
    const upstream = await startUpstream()
    const describe = async (env: Readonly<Record<string, string>>) => {
      const answer = await ask(await start({ env }), { target: '/openapi.json', token: false })
      expect(answer.status).toBe(200)
      const { servers: _, ...document } = JSON.parse(answer.text)
      return document
    }
    expect(await describe(toOpenAIEnv(upstream))).toEqual(await describe({ DEMO: 'true' }))
  })
})

test('S16 a token is compared as digests of one length, in constant time, whatever was sent', () => {
  const lengths: number[] = []
  const secrets: Secrets = {
    ...nodeSecrets,
    equal(left, right) {
      lengths.push(left.length, right.length)
      return nodeSecrets.equal(left, right)
    },
  }
  const settings = { access: { token: gatewayToken, allowAnonymous: false, bringYourOwnKey: false } }
  const ports = { settings, secrets } as Parameters<typeof authenticate>[1]
  const present = (token: string) => authenticate({ token, ownKey: undefined } as Credentials, ports)
  for (const token of ['x', gatewayToken.slice(0, 20), `${gatewayToken}x`, 'é'.repeat(5_000)]) {
    expect(() => present(token)).toThrow(/not valid/)
  }
  void present(gatewayToken)
  expect(new Set(lengths)).toEqual(new Set([32]))
  expect(lengths).toHaveLength(10)
  expect(nodeSecrets.equal.toString()).toContain('timingSafeEqual')
})

const secret = new RegExp([upstreamKey, deepinfraKey, azureKey, ownKey, gatewayToken].join('|'))

/** All that a caller sees. */
function shown(answer: RawAnswer): string {
  return JSON.stringify(answer.rawHeaders) + answer.text
}
