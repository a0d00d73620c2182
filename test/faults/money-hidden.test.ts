import { expect, test } from 'vitest'
import { openKeys, withKey } from '../api/open-keys.ts'
import { answerWithin } from '../support/answer-within.ts'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatChunksWithUsage, chatCompletion, chatRequest, response } from '../support/fixtures.ts'
import { json, sse } from '../support/upstream-scripts.ts'
import { readRecords } from './read-records.ts'

const longest = 128_000
const price = { input: 1.25, output: 10, max_output_tokens: longest }
/** A trusted router that merges container fields into the request that it forwards. */
const router = {
  prices: { 'router/gpt-5': price, 'router/gpt-4.1': price, 'router/draws': { per_image: 0.04 }, 'openai/*': price },
}
const path = {
  chat: '/v1/chat/completions',
  completions: '/v1/completions',
  responses: '/v1/responses',
  pictures: '/v1/images/generations',
} as const
const model = 'router/gpt-5'
const chat = { ...chatRequest, model }
const budget = (usd: number) => ({ limits: { budgets: [{ usd, per: 'total' }] } })

interface Hidden {
  readonly param: string
  /** The field that must be at the top level. */
  readonly field: string
  readonly fields: object
  readonly target?: string
}

const inChats: readonly Hidden[] = [
  {
    param: 'extra_body.max_tokens',
    field: 'max_tokens',
    fields: { max_tokens: 10, extra_body: { max_tokens: 100_000 } },
  },
  { param: 'extra_body.max_tokens', field: 'max_tokens', fields: { extra_body: { top_k: 5, max_tokens: null } } },
  {
    param: 'extra_body.max_completion_tokens',
    field: 'max_completion_tokens',
    fields: { extra_body: { max_completion_tokens: 9 } },
  },
  {
    param: 'extra_body.max_output_tokens',
    field: 'max_output_tokens',
    fields: { extra_body: { max_output_tokens: 9 } },
  },
  { param: 'extra_body.n', field: 'n', fields: { extra_body: { n: 128 } } },
  { param: 'extra_body.best_of', field: 'best_of', fields: { extra_body: { best_of: 20 } } },
  { param: 'extra_body.service_tier', field: 'service_tier', fields: { extra_body: { service_tier: 'priority' } } },
  { param: 'extra_body.speed', field: 'speed', fields: { extra_body: { speed: 'fast' } } },
  { param: 'extra_body.inference_geo', field: 'inference_geo', fields: { extra_body: { inference_geo: 'us' } } },
  // With these the router would not request a stream's usage, or would disable it.
  { param: 'extra_body.stream', field: 'stream', fields: { extra_body: { stream: true } } },
  {
    param: 'extra_body.stream_options',
    field: 'stream_options',
    fields: { stream: true, extra_body: { stream_options: { include_usage: false } } },
  },
  { param: 'extra_body.messages', field: 'messages', fields: { extra_body: { messages: chat.messages } } },
  {
    param: 'extra_body.web_search_options',
    field: 'web_search_options',
    fields: { extra_body: { web_search_options: {} } },
  },
  { param: 'extra_body.Max_Token\u017f', field: 'max_tokens', fields: { extra_body: { Max_Token\u017f: 9 } } },
  { param: 'extra_body.extra_body.n', field: 'n', fields: { extra_body: { extra_body: { n: 2 } } } },
  {
    param: 'providerOptions.openai.maxCompletionTokens',
    field: 'max_completion_tokens',
    fields: { providerOptions: { openai: { maxCompletionTokens: 9 } } },
  },
  {
    param: 'providerOptions.openai.serviceTier',
    field: 'service_tier',
    fields: { providerOptions: { gateway: { order: ['azure'] }, openai: { serviceTier: 'priority' } } },
  },
  {
    param: 'provider_options.anthropic.speed',
    field: 'speed',
    fields: { provider_options: { anthropic: { speed: 'fast' } } },
  },
]

const hidden: readonly Hidden[] = [
  ...inChats,
  {
    target: path.completions,
    param: 'extra_body.prompt',
    field: 'prompt',
    fields: { extra_body: { prompt: ['a', 'b'] } },
  },
  { target: path.completions, param: 'extra_body.suffix', field: 'suffix', fields: { extra_body: { suffix: 'x' } } },
  {
    target: path.responses,
    param: 'extra_body.tools',
    field: 'tools',
    fields: { extra_body: { tools: [{ type: 'web_search' }] } },
  },
  {
    target: path.responses,
    param: 'extra_body.max_tool_calls',
    field: 'max_tool_calls',
    fields: { extra_body: { max_tool_calls: 99 } },
  },
  {
    target: path.responses,
    param: 'extra_body.background',
    field: 'background',
    fields: { extra_body: { background: true } },
  },
  { target: path.responses, param: 'extra_body.input', field: 'input', fields: { extra_body: { input: 'x' } } },
  { target: path.pictures, param: 'extra_body.n', field: 'n', fields: { extra_body: { n: 10 } } },
  { target: path.pictures, param: 'extra_body.quality', field: 'quality', fields: { extra_body: { quality: 'high' } } },
]

/** Fields that no router reads instead of a counted field. */
const harmless: readonly object[] = [
  {
    extra_body: { google: { thinking_config: { thinking_budget: 100, include_thoughts: true }, cached_content: 'c' } },
  },
  {
    extra_body: {
      top_k: 5,
      chat_template_kwargs: { n: 1, enable_thinking: false },
      guided_json: { type: 'object', properties: { n: {}, speed: {} } },
    },
  },
  {
    extra_body: {
      metadata: { n: '1', speed: 'x' },
      user: 'u',
      thinking: { type: 'disabled' },
      reasoning: { effort: 'low' },
    },
  },
  { extra_body: 'max_tokens', providerOptions: { gateway: { order: ['azure'], only: ['azure'], user: 'u' } } },
  { metadata: { n: '1', max_tokens: '5' }, additional_drop_params: ['temperature', 'user'] },
]

describeOnBothStored('a field that only a router reads', (start, { startUpstream }) => {
  const open = async (fields: object = {}) => {
    const own = await startUpstream()
    own.respond(json(200, chatCompletion))
    const providers = {
      router: { base_url: own.url, models: ['gpt-5', 'gpt-4.1', 'draws'], output_limit: 'max_tokens' },
    }
    const opened = await openKeys({ start, startUpstream }, { config: { ...router, providers, ...fields } })
    const send = (secret: string | null, target: string, body: object) =>
      ask(opened.gateway, { target, body, ...withKey(secret) })
    return { ...opened, own, send }
  }

  test('case C4: under a budget, Weir refuses a field that limits the cost inside a container', async () => {
    const { own, create, send } = await open()
    const key = await create(budget(100))
    const child = await create({ parent_id: key.id })
    const perCall = await create({ limits: { usd_per_call: 100 } })
    for (const { param, field, fields, target = path.chat } of hidden) {
      const body = {
        ...chat,
        input: 'x',
        prompt: 'x',
        ...(target === path.pictures && { model: 'router/draws' }),
        ...fields,
      }
      for (const { secret } of param === 'extra_body.n' ? [key, child, perCall] : [key])
        expectError(await send(secret, target, body), {
          code: 'invalid_value',
          param,
          message: new RegExp(
            `because \`${field}\` is not counted there. Send it as \`${field}\` at the top level of the body`,
          ),
        })
    }
    expect(own.requests).toEqual([])
  })

  test('case C4: the router forwards the lowered limit', async () => {
    const { own, create, send } = await open()
    own.respond(answerWithin(longest))
    const key = await create(budget(0.1))
    const answer = await send(key.secret, path.chat, { ...chat, extra_body: { top_k: 5 } })
    const lowered = Number(answer.header('x-weir-max-tokens'))
    expect((await own.nextRequest()).bodyJson).toEqual({
      ...chat,
      model: 'gpt-5',
      extra_body: { top_k: 5 },
      max_tokens: lowered,
    })
  })

  test('case C4: under a budget, a request cannot make a router drop a field that limits the cost', async () => {
    const { own, create, send } = await open()
    const key = await create(budget(100))
    for (const fields of [
      { additional_drop_params: ['temperature', 'max_tokens'] },
      { additional_drop_params: ['stream_options.include_usage'] },
      { Additional_Drop_Params: ['max_completion_tokens'] },
      { extra_body: { additional_drop_params: ['max_tokens'] } },
    ]) {
      const answer = await send(key.secret, path.chat, { ...chat, ...fields })
      expectError(answer, {
        code: 'invalid_value',
        param: 'extra_body' in fields ? 'extra_body.additional_drop_params' : (Object.keys(fields)[0] ?? ''),
        message: /cannot let a router drop `\w+`, because its cost estimate includes it/,
      })
    }
    expect(own.requests).toEqual([])
  })

  test('case C4: under a budget, Weir forwards all other container fields unchanged', async () => {
    const { own, create, send } = await open()
    const key = await create(budget(100))
    for (const fields of harmless) {
      const answer = await send(key.secret, path.chat, { ...chat, max_tokens: 500, ...fields })
      expect(answer.status, JSON.stringify(fields)).toBe(200)
      expect((await own.nextRequest()).bodyJson).toEqual({ ...chat, model: 'gpt-5', max_tokens: 500, ...fields })
    }
  })

  test('case A4: a stream that a hidden field requests reaches the caller as the JSON that it requested', async () => {
    const { own, create, send } = await open()
    own.respond(sse(chatChunksWithUsage))
    const answer = await send((await create()).secret, path.chat, { ...chat, extra_body: { stream: true } })
    expect([answer.status, answer.header('content-type')]).toEqual([200, expect.stringMatching(/^application\/json/)])
    expect(JSON.parse(answer.text)).toMatchObject({ object: 'chat.completion', usage: { total_tokens: 21 } })
  })

  test('case C4: without a budget, Weir forwards each of these fields unchanged', async () => {
    const { own, create, send } = await open()
    const shadow = await create({ ...budget(100), shadow: true })
    const limited = await create({ limits: { tokens_per_minute: 100_000_000 } })
    for (const { secret } of [await create(), shadow, limited])
      for (const { fields } of inChats) {
        expect((await send(secret, path.chat, { ...chat, ...fields })).status, JSON.stringify(fields)).toBe(200)
        expect((await own.nextRequest()).bodyJson).toMatchObject(fields)
      }
  })
})

const panels: readonly object[] = [
  { plugins: [{ id: 'fusion', model: 'gpt-4.1', analysis_models: ['gpt-5', 'gpt-4.1'] }] },
  { plugins: [{ id: 'fusion' }] },
  { plugins: [{ Id: 'fusion' }] },
  { tools: [{ type: 'openrouter:fusion', parameters: { model: 'gpt-5', analysis_models: ['gpt-5'] } }] },
  { tools: [{ type: 'openrouter:advisor', parameters: { model: 'gpt-5' } }] },
  { tools: [{ type: 'openrouter:subagent' }] },
  { tools: [{ type: 'x', parameters: { tools: [{ type: 'openrouter:advisor' }] } }] },
  { extra_body: { plugins: [{ id: 'fusion' }] } },
]

describeOnBothStored('additional models of a request', (start, { startUpstream }) => {
  const open = async () => {
    const own = await startUpstream()
    own.respond(json(200, chatCompletion))
    const providers = { router: { base_url: own.url, models: ['gpt-5', 'gpt-4.1'], output_limit: 'max_tokens' } }
    const prices = { ...router.prices, 'router/gpt-image-2': { per_image: 0.2 } }
    return { ...(await openKeys({ start, startUpstream }, { config: { prices, providers } })), own }
  }

  test('case D7 case C4: under a budget, Weir refuses panels and helper models, because their total cost has no maximum', async () => {
    const { own, create, call } = await open()
    const key = await create(budget(100))
    for (const fields of panels)
      expectError(await call(key, { target: path.chat, body: { ...chat, ...fields } }), {
        code: 'invalid_value',
        param: 'plugins' in fields || 'extra_body' in fields ? 'plugins' : 'tools',
        message: /A key with a budget cannot use .* to call further models.* Leave them out/,
      })
    expect(own.requests).toEqual([])
    const free = await create()
    for (const fields of panels)
      expect((await call(free, { target: path.chat, body: { ...chat, ...fields } })).status).toBe(200)
  })

  test('case D7 case C4: Weir counts the image model of a response, and refuses a second one', async () => {
    const { own, gateway, create, call } = await open()
    own.respond(json(200, response))
    const key = await create(budget(100))
    const draw = (...models: readonly string[]) => ({
      target: path.responses,
      body: { model, input: 'x', tools: models.map((each) => ({ type: 'image_generation', model: each })) },
    })
    expect((await call(key, draw('gpt-image-2'))).status).toBe(200)
    expect((await readRecords(gateway)).at(-1)?.reserved_nano).toBeGreaterThan(400_000_000)
    expectError(await call(key, draw('gpt-image-2', 'gpt-4.1')), { code: 'invalid_value', param: 'tools' })
  })
})
