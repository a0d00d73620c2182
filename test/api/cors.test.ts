import { expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatChunks, chatCompletion, chatRequest, rateLimitError, rateLimitHeaders } from '../support/fixtures.ts'
import { type Gateway, toOpenAIEnv } from '../support/gateway.ts'
import type { RawResponse } from '../support/raw-client.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import { json, sse } from '../support/upstream-scripts.ts'

const chat = { target: '/v1/chat/completions', body: chatRequest }
const page = 'https://chat.example'

/** Headers that OpenAI's SDK sends from a page. */
const sdkHeaders =
  'authorization,content-type,x-stainless-arch,x-stainless-lang,x-stainless-os,x-stainless-package-version,x-stainless-retry-count,x-stainless-runtime,x-stainless-runtime-version,x-stainless-timeout'

describeOnBoth('pages of any origin', (start, { startUpstream }) => {
  test('S42 get a response to their preflight, on any path, without a key', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    for (const target of ['/v1/chat/completions', '/v1/models', '/v1/nothing', '/', '*']) {
      const headers = {
        origin: page,
        'access-control-request-method': 'POST',
        'access-control-request-headers': sdkHeaders,
      }
      const response = await ask(gateway, { method: 'OPTIONS', target, token: false, headers })
      expect(response.status, target).toBe(204)
      expect(response.body).toHaveLength(0)
      expect(response.header('access-control-allow-origin')).toBe('*')
      expect(response.header('access-control-allow-methods')).toContain('POST')
      expect(response.header('access-control-allow-headers')?.split(', ')).toEqual(sdkHeaders.split(','))
      expect(response.header('access-control-allow-credentials')).toBeUndefined()
      expect(response.header('vary')).toBe('Origin, Access-Control-Request-Headers')
      expect(response.header('x-request-id')).toMatch(/^req_/)
    }
    expect(upstream.requests).toEqual([])
  })

  test('case B5: may send every header of SDKs and agents', async () => {
    const gateway = await start({ env: toOpenAIEnv(await startUpstream()) })
    // Headers of Anthropic's, Google's and OpenRouter's SDKs, of Codex, and of Weir.
    const names = [
      ...['x-api-key', 'anthropic-version', 'anthropic-beta', 'anthropic-dangerous-direct-browser-access'],
      ...['x-goog-api-key', 'x-goog-api-client', 'http-referer', 'x-title', 'x-openrouter-title'],
      ...['session_id', 'x-session-affinity', 'x-session-id', 'x-client-request-id', 'openai-beta'],
      ...['openai-organization', 'openai-project', 'x-openai-key', 'idempotency-key', 'cf-aig-metadata', 'range'],
    ]
    const headers = { origin: page, 'access-control-request-headers': names.join(',') }
    const response = await ask(gateway, { method: 'OPTIONS', target: chat.target, token: false, headers })
    expect(response.header('access-control-allow-headers')?.split(', ')).toEqual(names)
  })

  test('are not allowed a header with an invalid name', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const headers = {
      origin: page,
      'access-control-request-headers': `X-Fine, <script>, bad name, *, ${'x'.repeat(65)}, x-also-fine`,
    }
    const response = await ask(gateway, { method: 'OPTIONS', target: chat.target, headers })
    expect(response.header('access-control-allow-headers')).toBe('x-fine, x-also-fine')
  })

  test('S41 S42 may read responses, streams and errors, and never with credentials', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    for (const response of await askForEveryKind(gateway, upstream, { origin: page })) {
      expect(response.header('access-control-allow-origin')).toBe('*')
      expect(response.header('vary')).toBe('Origin')
      expect(response.header('access-control-allow-credentials')).toBeUndefined()
      const exposed = response.header('access-control-expose-headers')?.split(', ')
      const present = response.rawHeaders.map(([name]) => name.toLowerCase())
      const custom = present.filter((name) => /^(x-(request|upstream|ratelimit|weir|should)|retry-after)/.test(name))
      expect(exposed).toEqual(expect.arrayContaining(custom))
    }
  })
})

describeOnBoth('requests without an Origin', (start, { runtime, startUpstream }) => {
  test.each(['*', page])('get only `Vary: Origin` and no CORS headers if CORS_ORIGINS is %s', async (CORS_ORIGINS) => {
    const upstream = await startUpstream()
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), CORS_ORIGINS } })
    for (const response of await askForEveryKind(gateway, upstream, {})) {
      expect(corsHeadersOf(response)).toEqual([])
      expect(response.header('vary')).toBe('Origin')
    }
    const options = await ask(gateway, { method: 'OPTIONS', target: chat.target })
    expect([options.status, corsHeadersOf(options)]).toEqual([204, []])
    expect(options.header('vary')).toBe('Origin, Access-Control-Request-Headers')
  })

  test.runIf(runtime === 'workerd')(
    'get no CORS headers from a misconfigured Worker either; a page gets them',
    async () => {
      const gateway = await start({ env: { CORS_ORIGINS: 'not an origin' } })
      const response = await ask(gateway, chat)
      expect([response.status, corsHeadersOf(response), response.header('vary')]).toEqual([503, [], 'Origin'])
      const toPage = await ask(gateway, { ...chat, headers: { origin: page } })
      expect([toPage.status, toPage.header('vary')]).toEqual([503, 'Origin'])
      expect(toPage.header('access-control-allow-origin')).toBe('*')
    },
  )
})

describeOnBoth('pages of listed origins', (start, { startUpstream }) => {
  const CORS_ORIGINS = 'https://chat.example, http://localhost:5173'

  test('S41 get their own origin back, and any other origin gets no CORS headers', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), CORS_ORIGINS } })
    for (const origin of ['https://chat.example', 'http://localhost:5173']) {
      const response = await ask(gateway, { ...chat, headers: { origin } })
      expect(response.header('access-control-allow-origin')).toBe(origin)
      expect(response.header('access-control-expose-headers')).toContain('x-request-id')
      expect(response.header('vary')).toContain('Origin')
    }
    const foreign = [
      'https://evil.example',
      'https://chat.example.evil.example',
      'https://evilchat.example',
      'https://CHAT.example',
      'https://chat.example:444',
      'http://chat.example',
      'https://chat.example/',
      'https://chat.example, https://evil.example',
      'null',
      '*',
      '',
    ]
    for (const origin of foreign) {
      for (const method of ['POST', 'OPTIONS']) {
        const body = method === 'POST' ? chatRequest : undefined
        const response = await ask(gateway, { method, target: chat.target, body, headers: { origin } })
        expect(response.header('access-control-allow-origin'), origin).toBeUndefined()
        expect(response.header('access-control-allow-credentials')).toBeUndefined()
        expect(response.header('vary')).toContain('Origin')
      }
    }
  })

  test('may read errors too', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), CORS_ORIGINS } })
    const response = await ask(gateway, { ...chat, token: false, headers: { origin: page } })
    expect(response.status).toBe(401)
    expect(response.header('access-control-allow-origin')).toBe(page)
  })
})

/** One response of each kind: complete and streamed, of Weir and of the upstream, success and error. */
async function askForEveryKind(
  gateway: Gateway,
  upstream: ScriptedUpstream,
  headers: Readonly<Record<string, string>>,
): Promise<readonly RawResponse[]> {
  upstream.respondNext(
    json(200, chatCompletion),
    sse(chatChunks),
    json(429, rateLimitError, { headers: rateLimitHeaders }),
  )
  const responses = [
    await ask(gateway, { ...chat, headers }),
    await ask(gateway, { ...chat, body: { ...chatRequest, stream: true }, headers }),
    await ask(gateway, { ...chat, headers }),
    await ask(gateway, { target: '/v1/models', headers }),
    await ask(gateway, { ...chat, token: false, headers }),
    await ask(gateway, { target: '/v1/nothing', headers }),
    await ask(gateway, { method: 'PUT', target: chat.target, headers }),
    await ask(gateway, { ...chat, body: '{', headers }),
    await ask(gateway, { target: '/graphql', body: { query: '{ __typename }' }, headers }),
    await ask(gateway, { target: '/livez', headers }),
  ]
  expect(responses.map(({ status }) => status)).toEqual([200, 200, 429, 200, 401, 404, 405, 400, 200, 200])
  return responses
}

function corsHeadersOf({ rawHeaders }: RawResponse): readonly string[] {
  return rawHeaders.map(([name]) => name.toLowerCase()).filter((name) => name.startsWith('access-control-'))
}
