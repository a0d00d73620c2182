import { describe, expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import { createGate } from '../support/gate.ts'
import { gatewayToken, toOpenAIEnv } from '../support/gateway.ts'
import {
  blocked,
  callStream,
  content,
  contentRequest,
  contentStream,
  functionCall,
  toContentEvent,
  toPartEvent,
  unavailable,
} from '../support/gemini-fixtures.ts'
import { openRawClient } from '../support/raw-client.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import { toRequestBytes } from '../support/to-request-bytes.ts'
import { after, json, sse } from '../support/upstream-scripts.ts'
import { describeNativeDialect } from './contract/native-dialect.ts'
import { openKeys } from './open-keys.ts'

const at = (method: string, model = 'gemini-3.5-flash') => `/v1beta/models/${model}:${method}`
const target = at('generateContent')
const streamTarget = at('streamGenerateContent?alt=sse')
const call = { target, body: contentRequest }
const streamed = { target: streamTarget, body: contentRequest }
const upstreamKey = 'AIza-test-upstream-5b1e'
const whole = { doneAtEnd: false }

const toEnv = (upstream: ScriptedUpstream) => ({
  GEMINI_API_KEY: upstreamKey,
  GEMINI_BASE_URL: upstream.url,
  TOKEN: gatewayToken,
})

/** The price of gemini-3.5-flash in nano-USD per token: input, sound, cache, output. */
const costNano = 850 * 1_500 + 150 * 1_500 + 300 * 150 + 120 * 9_000

const retryInfo = 'type.googleapis.com/google.rpc.RetryInfo'

/** An error of Weir in Google's shape. */
const toError = (code: number, status: string, reason: string, field?: string) => ({
  error: {
    code,
    message: expect.any(String),
    status,
    details: [
      expect.objectContaining({ reason: reason.toUpperCase() }),
      ...(field === undefined
        ? []
        : [expect.objectContaining({ fieldViolations: [expect.objectContaining({ field })] })]),
      // Google's clients see no headers, so the body names the delay (P07).
      ...(code === 429 || code === 503 ? [{ '@type': retryInfo, retryDelay: expect.stringMatching(/^\d+s$/) }] : []),
    ],
  },
})

describeNativeDialect({
  name: 'Gemini’s generateContent',
  toEnv,
  call,
  streamed,
  stream: contentStream,
  ending: 'complete',
  heartbeat: /^\n+/,
  longStream: Array.from({ length: 20 }, (_, at) => toPartEvent({ text: 'four letters of text' }, at + 1)),
  longUsage: { input_tokens: 8, output_tokens: 20 },
  failure: { status: 503, body: unavailable, event: toContentEvent(unavailable) },
  errors: {
    statuses: [400, 403, 404, 429, 500, 503],
    text: `{"error": {"code": 400, "message": "x",\n "status": "X_ERROR", "details": []}}`,
    relayed: { 'retry-after': '17' },
    removed: { server: 'scaffolding' },
  },
  refusedKey: { error: { code: 401, message: 'x', status: 'UNAUTHENTICATED' } },
  toError: (code) => ({ error: { code, status: code === 500 ? 'INTERNAL' : 'UNAVAILABLE' } }),
  toErrorEvent: (code) => new RegExp(`^data: \\{"error":\\{"code":50[24],.*"reason":"(${code})"`, 'i'),
  count: {
    request: { target: at('countTokens'), body: contentRequest },
    response: { totalTokens: 14 },
    operation: 'countTokens',
  },
})

describeOnBoth('Gemini’s generateContent', (start, { startUpstream, share }) => {
  async function open(env: Readonly<Record<string, string>> = {}, config: object = {}) {
    const opened = await share((upstream) => ({ env: { ...toEnv(upstream), ...env }, config }))
    opened.upstream.respond(json(200, content, { headers: { 'x-gemini-service-tier': 'standard' } }))
    return opened
  }

  test('passes byte for byte in both directions, with its own key', async () => {
    const { upstream, gateway } = await open()
    const written = `{ "contents":[{"role":"user", "parts":[{"text":"caf\\u00e9"}]}],"unknown":{"a":9007199254740993},
      "generation_config":{"thinking_config":{"thinking_level":"high"},"top_k" : 3},"safetySettings":[]}`
    const headers = { 'content-type': 'application/json' }
    const result = await ask(gateway, { target, body: written, headers })
    expect([result.status, result.text]).toEqual([200, JSON.stringify(content)])
    expect(result.header('x-gemini-service-tier')).toBe('standard')
    expect(result.header('x-weir-provider')).toBe('gemini')
    const sent = await upstream.nextRequest()
    expect(`${sent.method} ${sent.target}`).toBe('POST /v1beta/models/gemini-3.5-flash:generateContent')
    expect(sent.bodyText).toBe(written)
    expect(sent.headers).toMatchObject({ 'x-goog-api-key': upstreamKey })
    expect(JSON.stringify(sent.rawHeaders)).not.toContain(gatewayToken)
  })

  test.each([
    ['`x-goog-api-key`', target, { 'x-goog-api-key': gatewayToken }],
    ['`?key=`', `${target}?key=${gatewayToken}`, {}],
    ['`?key=` beside other parameters', `${target}?prettyPrint=false&key=${gatewayToken}&a=1`, {}],
    ['`Authorization`', target, { authorization: `Bearer ${gatewayToken}` }],
  ])('case B1 S22 takes the key as %s, and neither logs nor forwards it', async (_how, path, headers) => {
    const { upstream, gateway } = await open()
    const dropped = { 'x-goog-user-project': 'p', origin: 'https://a.test' }
    const kept = { 'x-goog-api-client': 'google-genai-sdk/3.3.0', 'x-gemini-new': 'x' }
    const result = await ask(gateway, {
      ...call,
      target: path,
      token: false,
      headers: { ...headers, ...dropped, ...kept },
    })
    expect(result.status).toBe(200)
    const sent = await upstream.nextRequest()
    expect(sent.target).toBe(`/v1beta/models/gemini-3.5-flash:generateContent${path.includes('a=1') ? '?a=1' : ''}`)
    expect(sent.headers).toMatchObject({ ...kept, 'x-goog-api-key': upstreamKey })
    for (const name of Object.keys(dropped)) expect(sent.headers).not.toHaveProperty(name)
    expect(JSON.stringify(sent.rawHeaders)).not.toContain(gatewayToken)
    expect(JSON.stringify(await gateway.findLog(({ event }) => event === 'call'))).not.toContain(gatewayToken)
  })

  test('S22 refuses a wrong key in the URL without repeating it, and every key in the URL elsewhere', async () => {
    const { upstream, gateway } = await open()
    const wrong = await ask(gateway, { ...call, target: `${target}?key=wrong-key-8e1f`, token: false })
    expect([wrong.status, JSON.parse(wrong.text)]).toEqual([401, toError(401, 'UNAUTHENTICATED', 'invalid_api_key')])
    expect(wrong.text).not.toContain('wrong-key-8e1f')
    for (const path of [
      `/v1/chat/completions?key=${gatewayToken}`,
      `/v1/embeddings?key=${gatewayToken}`,
      `${target}?key=${gatewayToken}&key=b`,
      `${target}?access_token=${gatewayToken}`,
    ]) {
      const result = await ask(gateway, { target: path, body: contentRequest, token: false })
      expect([result.status, result.text.includes(gatewayToken)]).toEqual([400, false])
    }
    expect(upstream.requests).toHaveLength(0)
  })

  test.each([
    '/v1/models/gemini-3.5-flash:generateContent',
    '/models/gemini-3.5-flash:generateContent',
    '/v1beta/v1beta/models/gemini-3.5-flash:generateContent',
    '//v1beta/models/gemini-3.5-flash:generateContent',
    '/v1beta/models/gemini-3.5-flash%3AgenerateContent',
    '/v1beta/models/gemini/gemini-3.5-flash:generateContent',
    '/v1beta/models/gemini%2Fgemini-3.5-flash:generateContent',
  ])('is served at %s', async (path) => {
    const { upstream, gateway } = await open()
    expect((await ask(gateway, { ...call, target: path })).status).toBe(200)
    expect((await upstream.nextRequest()).target).toBe('/v1beta/models/gemini-3.5-flash:generateContent')
  })

  test.each([
    ['a stream without `alt=sse`', at('streamGenerateContent')],
    ['a stream in JSON', at('streamGenerateContent?alt=json')],
    ['a stream in two forms', at('streamGenerateContent?alt=sse&$alt=json')],
    ['events of a whole response', at('generateContent?alt=sse')],
    ['protocol buffers', at('generateContent?$alt=proto')],
  ])('refuses %s, which Weir could not meter', async (_what, path) => {
    const { upstream, gateway } = await open()
    const result = await ask(gateway, { ...call, target: path })
    expect([result.status, JSON.parse(result.text)]).toEqual([
      400,
      toError(400, 'INVALID_ARGUMENT', 'invalid_value', 'alt'),
    ])
    expect(upstream.requests).toHaveLength(0)
  })

  test('accepts the query of Google’s older clients, and keeps system parameters from Google', async () => {
    const { upstream, gateway } = await open()
    const query = '?$alt=json;enum-encoding=int&fields=candidates&$httpHeaders=x-goog-user-project:p'
    expect((await ask(gateway, { ...call, target: `${target}${query}` })).status).toBe(200)
    expect((await upstream.nextRequest()).target).toBe('/v1beta/models/gemini-3.5-flash:generateContent')
  })

  test('converts the other form of a response (case A4)', async () => {
    const { upstream, gateway } = await open()
    expect((await ask(gateway, streamed)).text).toBe(`data: ${JSON.stringify(content)}\n\n`)
    upstream.respond(sse(callStream, whole))
    const joined = await ask(gateway, call)
    expect(JSON.parse(joined.text)).toMatchObject({
      candidates: [{ content: { parts: [{ thought: true }, functionCall] }, finishReason: 'STOP' }],
      usageMetadata: { candidatesTokenCount: 12 },
    })
  })

  test.each([
    ['blocked prompt', blocked, 'PROHIBITED_CONTENT'],
    ['candidate stopped for safety', { ...content, candidates: [{ finishReason: 'SAFETY', index: 0 }] }, 'SAFETY'],
    ['candidate without content', { ...content, candidates: [{ finishReason: 'MAX_TOKENS' }] }, 'MAX_TOKENS'],
  ])('passes a %s, whole and streamed', async (_what, body, reason) => {
    const { upstream, gateway } = await open()
    upstream.respond(json(200, body))
    const result = await ask(gateway, call)
    expect([result.status, JSON.parse(result.text)]).toEqual([200, body])
    expect(await gateway.findLog(({ event }) => event === 'call')).toMatchObject({ finish_reason: reason })
    upstream.respond(sse([toContentEvent(body)], whole))
    expect((await ask(gateway, streamed)).text).toBe(toContentEvent(body))
  })

  test('errors of Weir have Google’s shape, with the path of the field', async () => {
    const { upstream, gateway } = await open()
    const type = { 'content-type': 'application/json' }
    const config = (generationConfig: object) => ({ ...contentRequest, generationConfig })
    const cases = [
      [{ ...call, token: false }, toError(401, 'UNAUTHENTICATED', 'invalid_api_key')],
      [{ target, body: {} }, toError(400, 'INVALID_ARGUMENT', 'missing_required_parameter', 'contents')],
      [
        { target, body: config({ MaxOutputTokens: 9 }) },
        toError(400, 'INVALID_ARGUMENT', 'invalid_value', 'generationConfig.MaxOutputTokens'),
      ],
      [
        { target, body: config({ maxOutputTokens: 'many' }) },
        toError(400, 'INVALID_ARGUMENT', 'invalid_value', 'generationConfig.maxOutputTokens'),
      ],
      [
        { target, body: { ...contentRequest, model: 'models/other' } },
        toError(400, 'INVALID_ARGUMENT', 'invalid_value', 'model'),
      ],
      [
        { target, body: '{"contents":[],"contents":[{}]}', headers: type },
        toError(400, 'INVALID_ARGUMENT', 'invalid_value', 'contents'),
      ],
      [{ target, body: '{', headers: type }, toError(400, 'INVALID_ARGUMENT', 'invalid_json')],
      [{ target, method: 'GET' }, toError(405, 'UNIMPLEMENTED', 'method_not_allowed')],
      [{ target: '/v1beta/cachedContents', method: 'GET' }, toError(404, 'NOT_FOUND', 'not_found')],
      [{ target: '/v1beta/models/nope', method: 'GET' }, toError(404, 'NOT_FOUND', 'model_not_found', 'model')],
    ] as const
    for (const [request, body] of cases) {
      const result = await ask(gateway, request)
      expect([result.status, JSON.parse(result.text)]).toEqual([body.error.code, body])
    }
    const openai = await ask(gateway, {
      target: '/v1/chat/completions',
      body: {},
      headers: { 'x-goog-api-key': gatewayToken },
      token: false,
    })
    expect(JSON.parse(openai.text)).toMatchObject({ error: { param: 'messages' } })
    expect(upstream.requests.map(({ target }) => target)).toEqual(['/v1beta/models?pageSize=1000'])
  })

  test('R17 a silent stream gets blank lines, because Gemini CLI reads no event after a comment', async () => {
    const { upstream, gateway } = await open({}, { streams: { hold_headers_ms: 30, heartbeat_ms: 30 } })
    const [first, rest] = [createGate(), createGate()]
    const [start = '', ...others] = contentStream
    upstream.respond(after(first, sse([start, rest, ...others], { doneAtEnd: false })))
    const client = await openRawClient(gateway.url)
    await client.send(toRequestBytes({ ...streamed, headers: { authorization: `Bearer ${gatewayToken}` } }))
    const response = await client.startResponse()
    await response.bodyUntil('\n\n\n\n')
    first.open()
    await response.bodyUntil((bytes) => bytes.toString().endsWith('\n\n\n\n') && bytes.includes('Hel'))
    rest.open()
    const { text } = await response.whole()
    expect(text).not.toMatch(/^:/m)
    const linesOf = (stream: string) => stream.split(/[\r\n]+/).filter((line) => line !== '')
    expect(linesOf(text)).toEqual(linesOf(contentStream.join('')))
  })

  test('an alias is renamed, and an unknown model goes to Google', async () => {
    const openai = await startUpstream()
    const { upstream, gateway } = await open(toOpenAIEnv(openai), { models: { aliases: { fast: 'gemini/g-9' } } })
    for (const [model, own] of [
      ['gemini-unheard-of', 'gemini-unheard-of'],
      ['fast', 'g-9'],
    ] as const) {
      const body = { ...contentRequest, model: `models/${model}` }
      expect((await ask(gateway, { target: at('generateContent', model), body })).status).toBe(200)
      const sent = await upstream.nextRequest()
      expect(sent.target).toBe(`/v1beta/models/${own}:generateContent`)
      expect(sent.bodyJson).toEqual({ ...contentRequest, model: `models/${own}` })
    }
    expect(openai.requests).toHaveLength(0)
  })

  test('embeds at the provider, also in OpenAI’s format', async () => {
    const { upstream, gateway } = await open()
    const embedding = { values: [0.1, 0.2] }
    const part = { parts: [{ text: 'Hi' }] }
    const cases = [
      ['embedContent', { content: part, model: 'models/gemini-3.5-flash' }, { embedding }],
      ['batchEmbedContents', { requests: [{ content: part }] }, { embeddings: [embedding] }],
    ] as const
    for (const [method, body, response] of cases) {
      upstream.respond(json(200, response))
      const result = await ask(gateway, { target: at(method), body })
      expect([result.status, result.text]).toEqual([200, JSON.stringify(response)])
      const sent = await upstream.nextRequest()
      expect([sent.target, sent.bodyJson]).toEqual([at(method), body])
    }
    const response = { object: 'list', data: [], usage: { prompt_tokens: 2, total_tokens: 2 } }
    upstream.respond(json(200, response))
    const body = { model: 'gemini-embedding-001', input: 'Hi' }
    expect((await ask(gateway, { target: '/v1/embeddings', body })).text).toBe(JSON.stringify(response))
    const sent = await upstream.nextRequest()
    expect([sent.target, sent.bodyJson]).toEqual(['/v1beta/openai/embeddings', body])
    expect(sent.headers).toMatchObject({ authorization: `Bearer ${upstreamKey}` })
  })

  test('lists the models in Gemini’s shape, with those that the provider reports', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toEnv(upstream) })
    const reported = { name: 'models/gemini-new-9', displayName: 'Gemini New 9', inputTokenLimit: 2_000_000 }
    upstream.respond(json(200, { models: [{ ...reported, outputTokenLimit: 65_536, version: '001' }] }))
    const list = async (query: string) => {
      const headers = { 'x-goog-api-key': gatewayToken }
      const result = await ask(gateway, { target: `/v1beta/models${query}`, method: 'GET', headers, token: false })
      return JSON.parse(result.text)
    }
    const all = await list('?pageSize=1000')
    expect((await upstream.nextRequest()).target).toBe('/v1beta/models?pageSize=1000')
    const names: readonly string[] = all.models.map(({ name }: { name: string }) => name)
    expect(all.nextPageToken).toBeUndefined()
    expect(all.models.at(-1)).toEqual({ ...reported, supportedGenerationMethods: ['generateContent', 'countTokens'] })
    expect(all.models).toContainEqual({
      name: 'models/gemini-3.5-flash',
      displayName: 'gemini-3.5-flash',
      inputTokenLimit: 1_000_000,
      outputTokenLimit: 65_536,
      supportedGenerationMethods: ['generateContent', 'countTokens'],
    })
    expect(all.models).toContainEqual(
      expect.objectContaining({
        name: 'models/gemini-embedding-001',
        supportedGenerationMethods: ['embedContent', 'batchEmbedContents', 'countTokens'],
      }),
    )
    const first = await list('?pageSize=2')
    expect(first.models.map(({ name }: { name: string }) => name)).toEqual(names.slice(0, 2))
    const second = await list(`?pageSize=2&pageToken=${encodeURIComponent(first.nextPageToken)}`)
    expect(second.models.map(({ name }: { name: string }) => name)).toEqual(names.slice(2, 4))
    expect(await list('?pageToken=nope')).toEqual(toError(400, 'INVALID_ARGUMENT', 'invalid_value', 'pageToken'))
    const one = await ask(gateway, {
      target: `/v1beta/models/gemini-new-9?key=${gatewayToken}`,
      method: 'GET',
      token: false,
    })
    expect(JSON.parse(one.text)).toMatchObject(reported)
  })

  test('its models are listed for the clients that can call them', async () => {
    const { gateway } = await open({ ANTHROPIC_API_KEY: 'sk-ant-x', ANTHROPIC_BASE_URL: 'http://127.0.0.1:9/v1' })
    const list = async (path: string, headers: Readonly<Record<string, string>> = {}) =>
      (await ask(gateway, { target: path, method: 'GET', headers })).text
    expect(await list('/v1beta/models?pageSize=1000')).toContain('claude')
    expect(await list('/v1/models?limit=1000', { 'anthropic-version': '2023-06-01' })).toContain('gemini-3.5-flash')
    // A client that is set to version 1 is known by its key.
    expect(JSON.parse(await list('/v1/models', { 'x-goog-api-key': gatewayToken }))).toHaveProperty('models')
  })
})

describeOnBothStored('the usage of generateContent', (start, { startUpstream }) => {
  async function open(config: object = {}) {
    const google = await startUpstream()
    google.respond(json(200, content))
    const env = { GEMINI_API_KEY: upstreamKey, GEMINI_BASE_URL: google.url }
    const opened = await openKeys({ start, startUpstream }, { env, config })
    const records = async () => {
      await opened.gateway.flushLedger()
      return await opened.gateway.sql('SELECT * FROM call_records ORDER BY opened_at, id')
    }
    return { ...opened, google, records }
  }

  test.each([
    ['whole', call, json(200, content)],
    ['streamed', streamed, sse(contentStream, whole)],
  ] as const)('%s is recorded to the nano-dollar, with every kind of token', async (_form, request, script) => {
    const { google, create, call: ask, records } = await open()
    google.respond(script)
    const result = await ask(await create(), request)
    expect(result.status).toBe(200)
    expect(await records()).toMatchObject([
      {
        id: result.header('x-generation-id'),
        operation: 'generateContent',
        provider: 'gemini',
        model: 'gemini-3.5-flash',
        finish_reason: 'STOP',
        outcome: 'ok',
        input_tokens: 1_300,
        output_tokens: 120,
        cost_nano: costNano,
        cost_source: 'usage',
      },
    ])
  })

  test('of searches and of the flex tier is charged at their prices', async () => {
    const { google, create, call: ask, records } = await open()
    const usageMetadata = { promptTokenCount: 100, candidatesTokenCount: 10, serviceTier: 'flex' }
    const groundingMetadata = { webSearchQueries: ['a', 'b'] }
    const candidates = [{ ...content.candidates[0], groundingMetadata }]
    google.respond(json(200, { ...content, candidates, usageMetadata }))
    await ask(await create(), {
      target,
      body: { ...contentRequest, tools: [{ googleSearch: {} }], serviceTier: 'flex' },
    })
    expect(await records()).toMatchObject([{ cost_nano: 100 * 750 + 10 * 4_500 + 2 * 14_000_000 }])
  })

  test('of embeddings without a count is estimated', async () => {
    const { google, create, call: ask, records } = await open()
    google.respond(json(200, { embedding: { values: [0.1] } }))
    const body = { content: { parts: [{ text: 'a'.repeat(3_500) }] } }
    await ask(await create(), { target: at('embedContent', 'gemini-embedding-001'), body })
    const [record] = await records()
    expect(record).toMatchObject({ operation: 'embedContent', cost_source: 'estimated', output_tokens: 0 })
    expect(record?.cost_nano).toBeGreaterThanOrEqual(150_000)
  })

  test('missing from a response is estimated from its text', async () => {
    const { google, create, call: ask, records } = await open()
    const { usageMetadata: _usage, ...uncounted } = content
    google.respond(json(200, uncounted))
    await ask(await create(), call)
    const [record] = await records()
    expect(record).toMatchObject({ cost_source: 'estimated' })
    expect(record?.output_tokens).toBeGreaterThan(3)
  })

  describe('under a budget (case C4)', () => {
    const vouched = { providers: { gemini: { output_limit: 'max_tokens' } } }
    const budget = (usd: number) => ({ limits: { budgets: [{ usd, per: 'total' }] } })
    const toBody = (generationConfig: object) => ({ ...contentRequest, generationConfig })

    test('reserves the longest reply of the model, because Google promises no limit', async () => {
      const { google, create, call: ask } = await open()
      const result = await ask(await create(budget(0.2)), { target, body: toBody({ maxOutputTokens: 100 }) })
      expect([result.status, JSON.parse(result.text)]).toEqual([
        429,
        toError(429, 'RESOURCE_EXHAUSTED', 'insufficient_quota'),
      ])
      expect(google.requests).toHaveLength(0)
    })

    test('has the limit lowered above the budget for thinking, if the operator vouches for it', async () => {
      const { google, create, call: ask } = await open(vouched)
      const generationConfig = { topK: 3, thinkingConfig: { thinkingBudget: 8_000 }, maxOutputTokens: 60_000 }
      const result = await ask(await create(budget(0.2)), { target, body: toBody(generationConfig) })
      expect(result.status).toBe(200)
      const sent = (await google.nextRequest()).bodyJson as { generationConfig: { maxOutputTokens: number } }
      const { maxOutputTokens } = sent.generationConfig
      expect(result.header('x-weir-max-tokens')).toBe(String(maxOutputTokens))
      expect(sent).toEqual(toBody({ ...generationConfig, maxOutputTokens }))
      expect(maxOutputTokens).toBeGreaterThanOrEqual(9_000)
      expect(maxOutputTokens).toBeLessThan(30_000)
    })

    test('is refused where a cut would break the answer, and names what would fit', async () => {
      const { google, create, call: ask } = await open(vouched)
      const body = toBody({ responseMimeType: 'application/json', maxOutputTokens: 60_000 })
      const result = await ask(await create(budget(0.05)), { target, body })
      expect([result.status, JSON.parse(result.text)]).toEqual([
        429,
        toError(429, 'RESOURCE_EXHAUSTED', 'insufficient_quota'),
      ])
      expect(result.text).toMatch(/needs the whole reply.*`generationConfig\.maxOutputTokens: \d+` would fit/)
      expect(google.requests).toHaveLength(0)
    })
  })
})
