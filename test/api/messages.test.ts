import { describe, expect, test } from 'vitest'
import {
  cachedUsage,
  message,
  messageRequest,
  messageStart,
  messageStop,
  messageStream,
  overloaded,
  ping,
  toMessageDelta,
  toMessageEvent,
  toTextDelta,
} from '../support/anthropic-fixtures.ts'
import { ask } from '../support/ask.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import { gatewayToken, toOpenAIEnv } from '../support/gateway.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import { json, sse } from '../support/upstream-scripts.ts'
import { describeNativeDialect } from './contract/native-dialect.ts'
import { openKeys } from './open-keys.ts'

const target = '/v1/messages'
const countTarget = '/v1/messages/count_tokens'
const call = { target, body: messageRequest }
const streamed = { target, body: { ...messageRequest, stream: true } }
const version = { 'anthropic-version': '2023-06-01' }
const upstreamKey = 'sk-ant-test-upstream-5b1e'
const whole = { doneAtEnd: false }

const toEnv = (upstream: ScriptedUpstream) => ({
  ANTHROPIC_API_KEY: upstreamKey,
  ANTHROPIC_BASE_URL: upstream.url,
  TOKEN: gatewayToken,
})

/** The price of claude-sonnet-5-5 in nano-USD per token: input, cache, five minutes, an hour, output. */
const costNano = 2_095 * 2_000 + 3_000 * 100 + 500 * 2_500 + 400 * 4_000 + 503 * 10_000

/** An error of Weir in Anthropic's shape. */
const toError = (type: string, code: string, more: object = {}) => ({
  type: 'error',
  error: { type, message: expect.any(String), code, ...more },
  request_id: expect.stringMatching(/^req_/),
})

const fourLetters = Array.from({ length: 20 }, () => toTextDelta('four letters of text'))
const longStream = [messageStart, ...fourLetters]

describeNativeDialect({
  name: 'Anthropic’s Messages',
  toEnv,
  call,
  streamed,
  stream: messageStream,
  ending: 'never',
  heartbeat: /^(: keep-alive\n\n)+/,
  longStream,
  longUsage: { input_tokens: 5_995 },
  failure: { status: 529, body: overloaded, event: toMessageEvent(overloaded) },
  errors: {
    statuses: [400, 403, 404, 413, 429, 500, 529],
    text: `{"type":"error", "error":{"type":"x_error","message":"prompt is too long: 2 > 1"},"request_id":"r"}`,
    relayed: {
      'retry-after': '17',
      'anthropic-ratelimit-tokens-remaining': '0',
      'x-should-retry': 'true',
      'request-id': 'r',
    },
    removed: { 'anthropic-organization-id': 'secret' },
  },
  refusedKey: { type: 'error', error: { type: 'authentication_error', message: 'x' } },
  toError: () => ({ type: 'error', error: { type: 'api_error' } }),
  // SDKs find it by its name.
  toErrorEvent: (code) =>
    new RegExp(`^event: error\\ndata: \\{"type":"error","error":\\{"type":"api_error",.*"code":"(${code})"`),
  count: {
    request: { target: countTarget, body: { ...messageRequest, max_tokens: undefined } },
    response: { input_tokens: 14 },
    operation: 'messages.count_tokens',
  },
})

describeOnBoth('Anthropic’s Messages', (start, { startUpstream, share }) => {
  async function open(env: Readonly<Record<string, string>> = {}, config: object = {}) {
    const opened = await share((upstream) => ({ env: { ...toEnv(upstream), ...env }, config }))
    opened.upstream.respond(json(200, message, { headers: { 'request-id': 'req_of_the_provider' } }))
    return opened
  }

  test('pass byte for byte in both directions, with their own key', async () => {
    const { upstream, gateway } = await open()
    const written = `{ "model":"claude-sonnet-5-5", "max_tokens" : 128000,"unknown":{"a":9007199254740993},
      "system":[{"type":"text","text":"x-anthropic-billing-header","cache_control":{"type":"ephemeral"}}],
      "messages":[{"role":"system","content":"s"},{"role":"user","content":"caf\\u00e9"}],"thinking":{"type":"adaptive"}}`
    const headers = { 'content-type': 'application/json' }
    const result = await ask(gateway, { target: `${target}?beta=true`, body: written, headers })
    expect([result.status, result.text]).toEqual([200, JSON.stringify(message)])
    expect(result.header('request-id')).toBe('req_of_the_provider')
    expect(result.header('x-weir-provider')).toBe('anthropic')
    const sent = await upstream.nextRequest()
    expect(`${sent.method} ${sent.target}`).toBe('POST /v1/messages?beta=true')
    expect(sent.bodyText).toBe(written)
    expect(sent.headers).toMatchObject({ 'x-api-key': upstreamKey, ...version })
    expect(JSON.stringify(sent.rawHeaders)).not.toContain(gatewayToken)
  })

  test('case B1 keep the headers of Anthropic and of agents, and take the key as `x-api-key`', async () => {
    const { upstream, gateway } = await open()
    const headers = {
      'anthropic-version': '2099-01-01',
      'anthropic-beta': 'context-1m-2025-08-07,compact-2026-01-12',
      'anthropic-anything-new': 'x',
      'x-claude-code-session-id': '54c1eb09-bc4c-4d2f-98eb-6d2ab2d5e2fe',
      'x-app': 'cli',
      'x-stainless-lang': 'js',
    }
    const dropped = { 'x-api-key': gatewayToken, origin: 'https://a.test', 'anthropic-workspace-id': 'w' }
    expect((await ask(gateway, { ...call, token: false, headers: { ...headers, ...dropped } })).status).toBe(200)
    const sent = (await upstream.nextRequest()).headers
    expect(sent).toMatchObject({ ...headers, 'x-api-key': upstreamKey })
    expect(sent).not.toHaveProperty('origin')
    expect(sent).not.toHaveProperty('anthropic-workspace-id')
  })

  test.each(['/messages', '/v1/v1/messages', '//v1/messages', '/v1/messages/'])('are served at %s', async (path) => {
    const { upstream, gateway } = await open()
    expect((await ask(gateway, { ...call, target: path })).status).toBe(200)
    expect((await upstream.nextRequest()).target).toBe('/v1/messages')
  })

  test('convert the other form of a response (case A4)', async () => {
    const { upstream, gateway } = await open()
    const result = await ask(gateway, streamed)
    expect(result.text).toMatch(
      /^event: message_start\n[\s\S]*event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/,
    )
    upstream.respond(sse(messageStream, whole))
    const joined = await ask(gateway, call)
    expect(JSON.parse(joined.text)).toMatchObject({ content: [{ text: 'Hello!' }], usage: cachedUsage })
  })

  test('errors of Weir have Anthropic’s shape, with the id in body and header', async () => {
    const { upstream, gateway } = await open()
    const cases = [
      [{ ...call, token: false }, 401, toError('authentication_error', 'invalid_api_key')],
      [
        { target, body: { ...messageRequest, max_tokens: undefined } },
        400,
        toError('invalid_request_error', 'missing_required_parameter', { param: 'max_tokens' }),
      ],
      [
        {
          target,
          body: '{"model":"a","model":"b","max_tokens":1,"messages":[]}',
          headers: { 'content-type': 'application/json' },
        },
        400,
        toError('invalid_request_error', 'invalid_value', { param: 'model' }),
      ],
      [
        { target, body: '{', headers: { 'content-type': 'application/json' } },
        400,
        toError('invalid_request_error', 'invalid_json'),
      ],
      [{ target, method: 'GET' }, 405, toError('invalid_request_error', 'method_not_allowed')],
      [
        { target: '/v1/messages/batches', method: 'GET', headers: version },
        404,
        toError('not_found_error', 'not_found'),
      ],
      [
        { target: '/v1/models/nope', method: 'GET', headers: version },
        404,
        toError('not_found_error', 'model_not_found', { param: 'model' }),
      ],
    ] as const
    for (const [request, status, body] of cases) {
      const result = await ask(gateway, request)
      expect([result.status, JSON.parse(result.text)]).toEqual([status, body])
      expect(JSON.parse(result.text).request_id).toBe(result.header('request-id'))
    }
    const openai = await ask(gateway, { target: '/v1/chat/completions', body: {}, headers: version })
    expect(JSON.parse(openai.text)).toMatchObject({ error: { param: 'messages' } })
    expect(upstream.requests.map(({ target }) => target)).toEqual(['/v1/models?limit=1000'])
  })

  test('an unknown model goes to a provider of the dialect', async () => {
    const openai = await startUpstream()
    const { upstream, gateway } = await open(toOpenAIEnv(openai))
    for (const model of ['claude-unheard-of-20991231', 'anthropic/claude-opus-5-5'])
      expect((await ask(gateway, { target, body: { ...messageRequest, model } })).status).toBe(200)
    expect((await upstream.nextRequest()).bodyJson).toMatchObject({ model: 'claude-unheard-of-20991231' })
    expect((await upstream.nextRequest()).bodyJson).toMatchObject({ model: 'claude-opus-5-5' })
    expect(openai.requests).toHaveLength(0)
  })

  test('list the models in Anthropic’s shape for its clients, with those that the provider reports', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toEnv(upstream) })
    const reported = {
      type: 'model',
      id: 'claude-new-7',
      display_name: 'Claude New 7',
      created_at: '2026-11-01T00:00:00Z',
      max_input_tokens: 1_000_000,
    }
    upstream.respond(json(200, { data: [reported], has_more: false, first_id: reported.id, last_id: reported.id }))
    const list = async (query: string) =>
      JSON.parse((await ask(gateway, { target: `/v1/models${query}`, method: 'GET', headers: version })).text)
    const all = await list('?limit=1000')
    expect((await upstream.nextRequest()).target).toBe('/v1/models?limit=1000')
    const ids: readonly string[] = all.data.map(({ id }: { id: string }) => id)
    expect(all).toMatchObject({ has_more: false, first_id: ids[0], last_id: ids.at(-1) })
    expect(ids).toContain('claude-sonnet-5-5')
    expect(ids).not.toContain('claude-sonnet-5.5')
    expect(all.data.at(-1)).toEqual({ ...reported, max_tokens: null })
    const first = await list('?limit=2')
    expect(first).toMatchObject({ has_more: true, first_id: ids[0], last_id: ids[1] })
    expect(await list(`?limit=2&after_id=${ids[1]}`)).toMatchObject({ first_id: ids[2], last_id: ids[3] })
    expect(await list(`?limit=2&before_id=${ids[3]}`)).toMatchObject({ first_id: ids[1], last_id: ids[2] })
    expect(await list('?after_id=nope')).toEqual(
      toError('invalid_request_error', 'invalid_value', { param: 'after_id' }),
    )
    const one = await ask(gateway, { target: '/v1/models/claude-new-7', method: 'GET', headers: version })
    expect(JSON.parse(one.text)).toMatchObject(reported)
  })

  test('their models and those of OpenAI are listed for both clients, because each can call all', async () => {
    const openai = { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' }
    const { gateway } = await open(openai, { models: { aliases: { fast: 'claude-haiku-4-5', plain: 'gpt-4.1' } } })
    const list = async (headers: Readonly<Record<string, string>>) => {
      const { text } = await ask(gateway, { target: '/v1/models?limit=1000', method: 'GET', headers })
      return (JSON.parse(text) as { data: readonly { id: string }[] }).data.map(({ id }) => id)
    }
    const [forOpenAI, forAnthropic] = [await list({}), await list(version)]
    const both = ['gpt-4.1', 'plain', 'claude-sonnet-5-5', 'fast']
    expect(forOpenAI).toEqual(expect.arrayContaining(both))
    expect(forAnthropic).toEqual(expect.arrayContaining(both))
    const wanted = { target: '/v1/models/claude-sonnet-5-5', method: 'GET' }
    expect((await ask(gateway, wanted)).status).toBe(200)
    expect((await ask(gateway, { ...wanted, headers: version })).status).toBe(200)
  })

  test('the probe of Claude Code does no harm', async () => {
    const { gateway } = await open()
    const result = await ask(gateway, { target: '/api/hello', method: 'HEAD', headers: version })
    expect([result.status, result.text]).toEqual([404, ''])
    expect((await ask(gateway, call)).status).toBe(200)
  })
})

describeOnBoth('an upgrade to WebSocket', (start, { runtime, startUpstream }) => {
  const upgrade = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'openai-beta': 'responses_websockets=2026-02-06',
  }

  test.each(['/v1/responses', '/responses', '/v1/realtime'])('at %s is answered 426, and calls go on', async (path) => {
    const upstream = await startUpstream()
    upstream.respond(json(200, { object: 'response', status: 'completed', output: [] }))
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), PASSTHROUGH: 'openai' } })
    const result = await ask(gateway, { target: path, method: 'GET', headers: upgrade })
    expect(result.status).toBe(426)
    // workerd removes the header.
    expect(result.header('upgrade')).toBe(runtime === 'node' ? 'websocket' : undefined)
    expect(JSON.parse(result.text)).toMatchObject({ error: { code: 'websocket_not_supported' } })
    expect(upstream.requests).toHaveLength(0)
    expect((await ask(gateway, { target: '/v1/responses', body: { model: 'gpt-5.5', input: 'x' } })).status).toBe(200)
  })
})

describeOnBothStored('the usage of Messages', (start, { startUpstream }) => {
  async function open(config: object = {}) {
    const anthropic = await startUpstream()
    anthropic.respond(json(200, message))
    const env = { ANTHROPIC_API_KEY: upstreamKey, ANTHROPIC_BASE_URL: anthropic.url }
    const opened = await openKeys({ start, startUpstream }, { env, config })
    const records = async () => {
      await opened.gateway.flushLedger()
      return await opened.gateway.sql('SELECT * FROM call_records ORDER BY opened_at, id')
    }
    return { ...opened, anthropic, records }
  }

  test.each([
    ['whole', call, json(200, message)],
    ['streamed', streamed, sse(messageStream, whole)],
  ] as const)('%s is recorded to the nano-dollar, with every kind of token', async (_form, request, script) => {
    const { anthropic, create, call: ask, records } = await open()
    anthropic.respond(script)
    const key = await create()
    const metadata = { user_id: '{"device_id":"d1","account_uuid":"","session_id":"s1"}' }
    const headers = { 'x-claude-code-session-id': 's1', 'x-claude-code-agent-id': 'a1' }
    const result = await ask(key, { ...request, body: { ...request.body, metadata } }, headers)
    expect(result.status).toBe(200)
    expect(await records()).toMatchObject([
      {
        id: result.header('x-generation-id'),
        operation: 'messages',
        provider: 'anthropic',
        model: 'claude-sonnet-5-5',
        end_user: 'd1',
        finish_reason: 'end_turn',
        outcome: 'ok',
        input_tokens: 5_995,
        output_tokens: 503,
        cost_nano: costNano,
        cost_source: 'usage',
        tag_1: 'session:s1',
      },
    ])
  })

  test('of searches and of the fast tier is charged at their prices', async () => {
    const { anthropic, create, call: ask, records } = await open()
    const usage = { input_tokens: 100, output_tokens: 10, server_tool_use: { web_search_requests: 2 }, speed: 'fast' }
    anthropic.respond(json(200, { ...message, model: 'claude-opus-5-5', usage }))
    await ask(await create(), { target, body: { ...messageRequest, model: 'claude-opus-5-5', speed: 'fast' } })
    expect(await records()).toMatchObject([{ cost_nano: 2 * (100 * 4_000 + 10 * 20_000) + 2 * 10_000_000 }])
  })

  test('a stream cut after its first event is charged for its input and what passed', async () => {
    const { anthropic, create, call: ask, records } = await open()
    anthropic.respond(sse(longStream, { ...whole, framing: 'close' }))
    await ask(await create(), streamed)
    const [record] = await records()
    expect(record).toMatchObject({ outcome: 'interrupted', input_tokens: 5_995, cost_source: 'estimated' })
    expect(record?.output_tokens).toBeGreaterThan(60)
  })

  describe('under a budget (case C4)', () => {
    const config = { providers: { anthropic: { output_limit: 'max_tokens' } } }
    const long = { ...messageRequest, max_tokens: 128_000 }
    const budget = (usd: number) => ({ limits: { budgets: [{ usd, per: 'total' }] } })

    test('has the limit of the request lowered, above the budget for thinking', async () => {
      const { anthropic, create, call: ask } = await open(config)
      const key = await create(budget(0.2))
      const thinking = { type: 'enabled', budget_tokens: 8_000 }
      const result = await ask(key, { target, body: { ...long, thinking } })
      expect(result.status).toBe(200)
      const sent = (await anthropic.nextRequest()).bodyJson as { max_tokens: number; thinking: object }
      expect(result.header('x-weir-max-tokens')).toBe(String(sent.max_tokens))
      expect(sent.thinking).toEqual(thinking)
      expect(sent.max_tokens).toBeGreaterThanOrEqual(9_024)
      expect(sent.max_tokens).toBeLessThan(20_000)
    })

    test('a chat with Claude has Anthropic’s limit lowered, and is charged for what Claude reports', async () => {
      const { anthropic, create, call: ask, records } = await open(config)
      anthropic.respond(sse(messageStream, whole))
      const { model, messages } = messageRequest
      const body = { model, messages, max_completion_tokens: 128_000, n: 1, service_tier: 'priority', stream: true }
      const result = await ask(await create(budget(0.2)), { target: '/v1/chat/completions', body })
      expect(result.status).toBe(200)
      const sent = (await anthropic.nextRequest()).bodyJson as { max_tokens: number }
      expect(result.header('x-weir-max-tokens')).toBe(String(sent.max_tokens))
      expect(sent.max_tokens).toBeLessThan(20_000)
      expect(sent).not.toHaveProperty('service_tier')
      expect(result.text).not.toContain('usage')
      expect(await records()).toMatchObject([{ outcome: 'ok', input_tokens: 5_995, cost_source: 'usage' }])
    })

    test('is refused where a cut would break the answer, and names what would fit', async () => {
      const { anthropic, create, call: ask } = await open(config)
      const key = await create(budget(0.05))
      const forced = { ...long, tools: [{ name: 'x', input_schema: {} }], tool_choice: { type: 'tool', name: 'x' } }
      const result = await ask(key, { target, body: forced })
      expect([result.status, JSON.parse(result.text)]).toEqual([429, toError('rate_limit_error', 'insufficient_quota')])
      expect(result.text).toMatch(/`tool_choice` needs the whole reply.*`max_tokens: \d+` would fit/)
      expect(result.header('x-should-retry')).toBe('false')
      expect(anthropic.requests).toHaveLength(0)
    })

    test('is refused where a tool calls another model, whose cost has no bound', async () => {
      const { create, call: ask } = await open(config)
      const tools = [{ type: 'advisor_20260301', name: 'advisor', model: 'claude-opus-5-5' }]
      const result = await ask(await create(budget(1)), { target, body: { ...messageRequest, tools } })
      expect([result.status, JSON.parse(result.text)]).toEqual([
        400,
        toError('invalid_request_error', 'invalid_value', { param: 'tools' }),
      ])
    })

    test('a reply that ends at the lowered limit is not stored as the answer of its key', async () => {
      const { anthropic, create, call: ask } = await open(config)
      const key = await create(budget(0.2))
      anthropic.respond(sse([messageStart, toTextDelta('x'), ping, toMessageDelta('max_tokens'), messageStop], whole))
      const headers = { 'idempotency-key': 'one' }
      const body = { ...long, stream: true }
      expect((await ask(key, { target, body }, headers)).header('idempotent-replayed')).toBeUndefined()
      expect((await ask(key, { target, body }, headers)).header('idempotent-replayed')).toBeUndefined()
    })
  })
})
