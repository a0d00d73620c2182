import { expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import { gatewayToken } from '../support/gateway.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import { html500, json, reset } from '../support/upstream-scripts.ts'
import { openKeys } from './open-keys.ts'

/** Three providers at one server, and one without a counter. */
const toEnv = ({ url }: ScriptedUpstream) => ({
  OPENAI_API_KEY: 'sk-upstream-of-the-test',
  OPENAI_BASE_URL: `${url}/v1`,
  ANTHROPIC_API_KEY: 'sk-ant-upstream-of-the-test',
  ANTHROPIC_BASE_URL: url,
  GEMINI_API_KEY: 'AIza-upstream-of-the-test',
  GEMINI_BASE_URL: url,
  CUSTOM_BASE_URL: `${url}/v1`,
  CUSTOM_DIALECTS: 'chat.completions',
  TOKEN: gatewayToken,
})

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }

/** One request in each dialect: instructions, a question and a tool. */
const requests = {
  messages: {
    system: 'Be brief.',
    messages: [{ role: 'user', content: 'Hello' }],
    tools: [{ name: 'weather', description: 'Looks it up.', input_schema: schema }],
  },
  gemini: {
    systemInstruction: { parts: [{ text: 'Be brief.' }] },
    contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
    tools: [{ functionDeclarations: [{ name: 'weather', description: 'Looks it up.', parametersJsonSchema: schema }] }],
  },
  responses: {
    instructions: 'Be brief.',
    input: 'Hello',
    tools: [{ type: 'function', name: 'weather', description: 'Looks it up.', parameters: schema }],
  },
} as const

/** The calls of each API's clients. */
const clients = {
  messages: (model: string) => ({
    target: '/v1/messages/count_tokens',
    body: { model, thinking: { type: 'disabled' }, ...requests.messages },
  }),
  gemini: (model: string) => ({
    target: `/v1beta/models/${model}:countTokens`,
    body: { generateContentRequest: { model: `models/${model}`, ...requests.gemini } },
  }),
  responses: (model: string) => ({ target: '/v1/responses/input_tokens', body: { model, ...requests.responses } }),
} as const

const counts = {
  messages: (tokens: unknown) => ({ input_tokens: tokens }),
  gemini: (tokens: unknown) => ({ totalTokens: tokens }),
  responses: (tokens: unknown) => ({ object: 'response.input_tokens', input_tokens: tokens }),
} as const

/** The counter of each provider, and the request that it receives of another API's client. */
const providers = {
  messages: {
    model: 'anthropic/claude-sonnet-5-5',
    target: '/v1/messages/count_tokens',
    sent: {
      model: 'claude-sonnet-5-5',
      system: 'Be brief.',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
      tools: requests.messages.tools,
    },
  },
  gemini: {
    model: 'gemini/gemini-3.5-flash',
    target: '/v1beta/models/gemini-3.5-flash:countTokens',
    sent: { generateContentRequest: { model: 'models/gemini-3.5-flash', ...requests.gemini } },
  },
  responses: {
    model: 'openai/gpt-5.5',
    target: '/v1/responses/input_tokens',
    sent: {
      model: 'gpt-5.5',
      instructions: 'Be brief.',
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello' }] }],
      tools: [expect.objectContaining({ type: 'function', name: 'weather', parameters: schema })],
    },
  },
} as const

const apis = ['messages', 'gemini', 'responses'] as const
const pairs = apis.flatMap((client) =>
  apis.filter((api) => api !== client).map((provider) => [client, provider] as const),
)

describeOnBoth('a count of tokens', (_start, { share }) => {
  const open = () => share((upstream) => ({ env: toEnv(upstream) }))

  test.each(pairs)('of %s’ client is the count of %s’ own counter', async (client, provider) => {
    const { upstream, gateway } = await open()
    upstream.respond(json(200, counts[provider](2_095)))
    const { model, target, sent } = providers[provider]
    const result = await ask(gateway, clients[client](model))
    expect([result.status, JSON.parse(result.text)]).toEqual([200, counts[client](2_095)])
    expect(result.header('x-weir-estimated')).toBeUndefined()
    const received = await upstream.nextRequest()
    expect(received.target).toBe(target)
    expect(received.bodyJson).toMatchObject(sent)
    // Counters refuse what does not count.
    for (const field of ['max_tokens', 'store', 'include', 'stream'])
      expect(received.bodyJson).not.toHaveProperty(field)
  })

  test('of Responses reaches OpenAI byte for byte', async () => {
    const { upstream, gateway } = await open()
    const response = { object: 'response.input_tokens', input_tokens: 31 }
    upstream.respond(json(200, response))
    const body = { model: 'gpt-5.5', input: 'Hello', personality: 'friendly' }
    const result = await ask(gateway, { target: '/v1/responses/input_tokens', body })
    expect([result.status, result.text]).toEqual([200, JSON.stringify(response)])
    const sent = await upstream.nextRequest()
    expect([sent.target, sent.bodyText]).toEqual(['/v1/responses/input_tokens', JSON.stringify(body)])
  })

  test.each(apis)(
    'in %s’ format is an estimate that says so if no counter exists, and reaches no provider',
    async (client) => {
      const { upstream, gateway } = await open()
      const result = await ask(gateway, clients[client]('custom/m'))
      const [name] = Object.keys(counts[client](0)).slice(-1)
      expect([result.status, result.header('x-weir-estimated')]).toEqual([200, name])
      expect(JSON.parse(result.text)).toEqual(counts[client](expect.any(Number)))
      expect(JSON.parse(result.text)[name ?? '']).toBeGreaterThanOrEqual(4)
      expect(upstream.requests).toHaveLength(0)
    },
  )

  test.each([
    ['404', json(404, { error: { message: 'Not Found' } })],
    ['405', json(405, { detail: 'Method Not Allowed' })],
    ['an error with 200', json(200, { error: 'Unexpected endpoint or method.' })],
    ['a 200 without a count', json(200, { ok: true })],
  ])('is an estimate if the server answers its path with %s', async (_what, script) => {
    const { upstream, gateway } = await open()
    upstream.respond(script)
    for (const client of ['messages', 'responses'] as const) {
      const result = await ask(gateway, clients[client]('openai/gpt-5.5'))
      expect([result.status, result.header('x-weir-estimated')]).toEqual([200, 'input_tokens'])
      expect((await upstream.nextRequest()).target).toBe('/v1/responses/input_tokens')
    }
  })

  test.each([
    ['a refusal', json(400, { error: { message: 'Bad tool.', type: 'invalid_request_error' } }), 400, 'Bad tool.'],
    ['a limit', json(429, { error: { message: 'Slow down.', type: 'requests' } }), 429, 'Slow down.'],
    ['a page', html500(), 500, 'The provider answered 500'],
    ['a lost connection', reset(), 502, 'provider'],
  ] as const)('is %s of the counter, in the caller’s format', async (_what, script, status, message) => {
    const { upstream, gateway } = await open()
    upstream.respond(script)
    const result = await ask(gateway, clients.messages('openai/gpt-5.5'))
    expect([result.status, JSON.parse(result.text)]).toMatchObject([status, { type: 'error' }])
    expect(JSON.parse(result.text).error.message).toContain(message)
  })

  test('is refused for a conversation that only OpenAI stores', async () => {
    const { upstream, gateway } = await open()
    const { target, body } = clients.responses('anthropic/claude-sonnet-5-5')
    const result = await ask(gateway, { target, body: { ...body, previous_response_id: 'resp_1' } })
    expect([result.status, JSON.parse(result.text).error.code]).toEqual([400, 'field_not_translatable'])
    expect(upstream.requests).toHaveLength(0)
  })
})

describeOnBothStored('the record of a translated count', (start, { startUpstream }) => {
  test('has no tokens and no cost, whether a provider counted or Weir estimated', async () => {
    const upstream = await startUpstream()
    const { gateway, create, call } = await openKeys({ start, startUpstream }, { env: toEnv(upstream) })
    const key = await create({ limits: { budgets: [{ usd: 0.000001, per: 'total' }] } })
    for (const [model, script] of [
      ['anthropic/claude-sonnet-5-5', json(200, counts.messages(2_095))],
      ['openai/gpt-5.5', json(404, {})],
    ] as const) {
      upstream.respond(script)
      expect((await call(key, clients.gemini(model))).status).toBe(200)
    }
    const free = { operation: 'countTokens', input_tokens: 0, output_tokens: 0, cost_nano: 0 }
    await gateway.flushLedger()
    const records = await gateway.sql('SELECT * FROM call_records ORDER BY opened_at, id')
    expect(records).toMatchObject([
      { ...free, provider: 'anthropic', outcome: 'ok' },
      {
        operation: 'countTokens',
        input_tokens: null,
        output_tokens: null,
        cost_nano: 0,
        provider: 'openai',
        status: 404,
      },
      { ...free, provider: 'openai', outcome: 'ok', status: 200 },
    ])
  })
})
