import { expect, test } from 'vitest'
import { openKeys } from '../api/open-keys.ts'
import { readRecords } from '../faults/read-records.ts'
import { message } from '../support/anthropic-fixtures.ts'
import { ask, expectError, type Question } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatChunksWithUsage, chatCompletion, chatRequest, rateLimitError, response } from '../support/fixtures.ts'
import { hangUp, json, sse } from '../support/upstream-scripts.ts'

const refusal = { error: { message: 'Flagged', type: 'invalid_request_error', code: 'content_policy_violation' } }
const tooLong = { error: { message: 'Too long', type: 'invalid_request_error', code: 'context_length_exceeded' } }

const chatWith = (fields: object): Question => ({
  target: '/v1/chat/completions',
  body: { messages: chatRequest.messages, ...fields },
})

describeOnBothStored('the models and providers that a caller chooses', (start, { startUpstream }) => {
  /** Two providers that list `shared`, a third of Anthropic's dialect, and a router. */
  async function open(config: object = {}) {
    const [first, second, third, router] = [
      await startUpstream(),
      await startUpstream(),
      await startUpstream(),
      await startUpstream(),
    ]
    const api_key = 'sk-upstream-0123456789'
    const providers = {
      first: { kind: 'custom', api_key, base_url: `${first.url}/v1`, models: ['shared', 'own-1'] },
      second: { kind: 'custom', api_key, base_url: `${second.url}/v1`, models: ['shared', 'own-2'] },
      third: { kind: 'anthropic', api_key: 'sk-ant-spare-0123456789', base_url: third.url },
      router: { kind: 'openrouter', api_key, base_url: `${router.url}/v1`, models: ['a/listed'] },
    }
    const prices = {
      'first/*': { input: 3, output: 3, max_output_tokens: 1_000 },
      'second/*': { input: 1, output: 9, max_output_tokens: 1_000 },
    }
    const opened = await openKeys({ start, startUpstream }, { config: { providers, prices, ...config } })
    for (const upstream of [first, second, router]) upstream.respond(json(200, chatCompletion))
    third.respond(json(200, message))
    return { ...opened, first, second, third, router, send: (fields: object) => ask(opened.gateway, chatWith(fields)) }
  }

  test('tries `models` in order after `model`, and sends none of them on', async () => {
    const { send, first, second } = await open()
    first.respond(json(429, rateLimitError))
    const answer = await send({ model: 'own-1', models: ['own-2', 'own-1'], route: 'fallback', n: 1.0 })
    expect(answer.status).toBe(200)
    expect(answer.header('x-weir-route')).toBe(
      'models; strategy=ordered; attempts=2; failed="rate_limit at first/own-1"',
    )
    for (const [upstream, model] of [
      [first, 'own-1'],
      [second, 'own-2'],
    ] as const)
      expect((await upstream.nextRequest()).bodyJson).toEqual({ model, messages: chatRequest.messages, n: 1 })
  })

  test.each([
    ['the content policy', json(400, refusal), 'content_policy'],
    ['the context window', json(400, tooLong), 'context_window'],
    ['an overload', json(503, {}), 'overload'],
    ['a refusal of a parameter', json(400, { error: { message: '`n` must be 1' } }), 'bad_request'],
  ])('goes on after %s', async (_name, script, kind) => {
    const { send, first } = await open()
    first.respond(script)
    const answer = await send({ models: ['own-1', 'third/claude-sonnet-4-5'], max_tokens: 10 })
    expect([answer.status, answer.header('x-weir-provider')]).toEqual([200, 'third'])
    expect(answer.header('x-weir-route')).toContain(`failed="${kind} at first/own-1"`)
  })

  test('never repeats a request whose outcome is not known', async () => {
    const { send, first, second } = await open()
    first.respond(hangUp())
    expect((await send({ models: ['own-1', 'own-2'] })).status).toBe(502)
    expect(second.requests).toEqual([])
  })

  test('reads the fields in Responses, Messages and completions, and in a stream', async () => {
    const { gateway, first, second, third } = await open()
    first.respond(json(429, rateLimitError))
    second.respondNext(json(200, response), json(200, { ...chatCompletion, object: 'text_completion' }))
    const models = { model: 'own-1', models: ['own-2'] }
    for (const question of [
      { target: '/v1/responses', body: { ...models, input: 'x' } },
      { target: '/v1/completions', body: { ...models, prompt: 'x' } },
    ]) {
      expect((await ask(gateway, question)).status).toBe(200)
      expect((await second.nextRequest()).bodyJson).toEqual({ ...question.body, model: 'own-2', models: undefined })
    }
    const asMessages = { models: ['own-1', 'third/claude-sonnet-4-5'], max_tokens: 10, messages: chatRequest.messages }
    expect((await ask(gateway, { target: '/v1/messages', body: asMessages })).status).toBe(200)
    expect((await third.nextRequest()).bodyJson).toMatchObject({ model: 'claude-sonnet-4-5' })
    second.respond(sse(chatChunksWithUsage))
    const streamed = await ask(gateway, chatWith({ ...models, stream: true }))
    expect(streamed.text).toContain('[DONE]')
  })

  test('chooses among the providers that list a model', async () => {
    const { send } = await open()
    const providerOf = async (provider: object, model = 'shared') =>
      (await send({ model, provider })).header('x-weir-provider')
    expect(await providerOf({})).toBe('first')
    expect(await providerOf({ order: ['SECOND'] })).toBe('second')
    expect(await providerOf({ only: ['second'] })).toBe('second')
    expect(await providerOf({ ignore: ['first'] })).toBe('second')
    expect(await providerOf({ sort: 'price' })).toBe('second')
    expect(await providerOf({ sort: { by: 'price' } })).toBe('second')
    expect(await providerOf({ max_price: { prompt: '2' } })).toBe('second')
    expect(await providerOf({ max_price: { prompt: 5, completion: 5 }, order: ['second'] })).toBe('first')
    expect(await providerOf({}, 'shared:floor')).toBe('second')
    expect(await providerOf({ order: ['first'] }, 'shared:floor')).toBe('first')
  })

  test('follows `:floor` and `:nitro` for known models, and leaves other names as they are', async () => {
    const { send, first, second } = await open()
    const cheap = await send({ model: 'shared:floor' })
    expect(cheap.header('x-weir-route')).toBe('shared; strategy=cheapest; attempts=1')
    expect((await second.nextRequest()).bodyJson).toMatchObject({ model: 'shared' })
    expect((await send({ model: 'shared:nitro' })).header('x-weir-route')).toContain('strategy=throughput')
    await send({ model: 'first/unlisted:nitro' })
    expect(first.requests.at(-1)?.bodyJson).toMatchObject({ model: 'unlisted:nitro' })
  })

  test('has no other provider without `allow_fallbacks`', async () => {
    const { send, first, second } = await open()
    first.respond(json(429, rateLimitError))
    expect((await send({ model: 'shared', provider: { allow_fallbacks: false } })).status).toBe(429)
    expect((await send({ model: 'shared', provider: { allow_fallbacks: false, order: ['first'] } })).status).toBe(429)
    expect(second.requests).toEqual([])
    const next = await send({
      models: ['shared', 'own-2'],
      provider: { allow_fallbacks: false, order: ['first', 'second'] },
    })
    expect(next.header('x-weir-model')).toBe('shared')
    expect((await send({ models: ['own-1', 'own-2'], provider: { allow_fallbacks: false } })).status).toBe(200)
  })

  test('names what was excluded, and why', async () => {
    const { send, first, second } = await open()
    const refused = async (provider: object, text: string) =>
      expectError(await send({ model: 'shared', provider }), {
        code: 'no_matching_provider',
        param: 'provider',
        message: new RegExp(text.replaceAll(/[.()]/g, '\\$&')),
      })
    await refused(
      { only: ['azure'] },
      '`first/shared`: not in `provider.only`; `second/shared`: not in `provider.only`.',
    )
    await refused(
      { ignore: ['first'], max_price: { completion: 2 } },
      '`first/shared`: in `provider.ignore`; `second/shared`: 9 USD per million output tokens, more than `provider.max_price.completion` (2).',
    )
    expectError(await send({ model: 'third/claude-unheard-of', provider: { max_price: { prompt: 1 } } }), {
      code: 'no_matching_provider',
      param: 'provider',
      message: /its price is not known/,
    })
    expect([...first.requests, ...second.requests]).toEqual([])
  })

  test.each([
    ['models', { models: 'own-1' }],
    ['models[1]', { models: ['own-1', { model: 'own-2' }] }],
    ['models', { models: Array.from({ length: 21 }, (_, index) => `m${index}`) }],
    ['provider', { provider: 'first' }],
    ['provider.order', { provider: { order: 'first' } }],
    ['provider.only[0]', { provider: { only: [1] } }],
    ['provider.sort', { provider: { sort: 'quality' } }],
    ['provider.sort.by', { provider: { sort: { by: 1 } } }],
    ['provider.sort.partition', { provider: { sort: { by: 'price', partition: 'x' } } }],
    ['provider.allow_fallbacks', { provider: { allow_fallbacks: 'no' } }],
    ['provider.max_price', { provider: { max_price: 1 } }],
    ['provider.max_price.prompt', { provider: { max_price: { prompt: '-1' } } }],
    ['provider.max_price.audio', { provider: { max_price: { audio: 1 } } }],
    ['provider.data_collection', { provider: { data_collection: 'deny' } }],
    ['provider.zdr', { provider: { zdr: true } }],
    ['Models', { Models: ['own-2'] }],
    ['modelſ', { modelſ: ['own-2'] }],
    ['Provider', { Provider: {} }],
  ])('refuses a wrong %s', async (param, fields) => {
    const { send, first } = await open()
    expectError(await send({ model: 'own-1', ...fields }), { code: 'invalid_value', param })
    expect(first.requests).toEqual([])
  })

  test('names the preferences that it does not use', async () => {
    const { send } = await open()
    const answer = await send({ model: 'own-1', provider: { preferred_min_throughput: 50, zdr: false } })
    expect([answer.status, answer.header('x-weir-dropped')]).toEqual([
      200,
      'provider.preferred_min_throughput, provider.zdr',
    ])
  })

  test('S89 case D7: judges each model like `model`: by the key, by `models.strict`, and as an alias or a route', async () => {
    const routes = { chat: { targets: [{ model: 'second/own-2' }], on_failure: { overload: ['first/own-1'] } } }
    const { call, create, send, first, second, third } = await open({
      models: { strict: true, aliases: { fast: 'own-1' } },
      routes,
    })
    const key = await create({ models: ['fast', 'second/*'] })
    for (const fields of [{ models: ['fast', 'own-1'] }, { model: 'fast', models: ['third/claude-sonnet-4-5'] }])
      expectError(await call(key, chatWith(fields)), { code: 'model_not_allowed', param: 'models' })
    expectError(await send({ models: ['fast', 'unheard-of'] }), { code: 'model_not_found', param: 'models' })
    // Of the providers that list it, the key allows one.
    expect((await call(key, chatWith({ model: 'shared', provider: {} }))).header('x-weir-provider')).toBe('second')
    expectError(await call(key, chatWith({ model: 'shared', provider: { only: ['first'] } })), {
      code: 'no_matching_provider',
      param: 'provider',
    })
    first.respond(json(503, {}))
    const served = await call(key, chatWith({ models: ['fast', 'chat'] }))
    expect(served.header('x-weir-route')).toBe('models; strategy=ordered; attempts=2; failed="overload at first/own-1"')
    second.respond(json(503, {}))
    // The steps of the operator's route stay inside what the caller accepts.
    expect((await send({ model: 'chat', provider: { ignore: ['first'] } })).status).toBe(503)
    expect(first.requests).toHaveLength(1)
    expect(third.requests).toEqual([])
  })

  test('S89 case D7: passes the fields on to a router that is the only candidate, if the key allows all models', async () => {
    const { call, create, send, first, router } = await open({ default_provider: 'router' })
    const provider = { order: ['anthropic'], data_collection: 'deny' }
    const body = { model: 'router/a/b', models: ['c/d:nitro'], provider, route: 'fallback' }
    const answer = await send(body)
    expect([answer.status, answer.header('x-weir-route')]).toEqual([200, undefined])
    expect((await router.nextRequest()).bodyJson).toEqual({ ...body, model: 'a/b', messages: chatRequest.messages })
    await send({ model: 'a/listed:nitro' })
    expect((await router.nextRequest()).bodyJson).toMatchObject({ model: 'a/listed:nitro' })
    // With another candidate beside it they are Weir's.
    await send({ ...body, models: ['own-1'], provider: { order: ['router'] } })
    expect((await router.nextRequest()).bodyJson).toEqual({ model: 'a/b', messages: chatRequest.messages })
    // So they are for a key that allows some models.
    const key = await create({ models: ['router/a/b', 'a/listed', 'c/d'] })
    await call(key, chatWith({ ...body, models: ['c/d'], provider: {} }))
    expect((await router.nextRequest()).bodyJson).toEqual({ model: 'a/b', messages: chatRequest.messages })
    await call(key, chatWith({ model: 'a/listed:nitro' }))
    expect((await router.nextRequest()).bodyJson).toMatchObject({ model: 'a/listed' })
    expect(first.requests).toEqual([])
    // The router may answer with any of them, at a price that it does not report here (case D7).
    const budgeted = await create({ limits: { usd_per_call: 1 } })
    expectError(await call(budgeted, chatWith(body)), { code: 'model_unpriced', param: 'models' })
  })

  test('books each attempt at its own price', async () => {
    const { call, create, gateway, first } = await open()
    first.respond(json(429, rateLimitError))
    const key = await create({ limits: { usd_per_call: 0.01 } })
    const answer = await call(key, chatWith({ models: ['own-1', 'own-2'], max_tokens: 100 }))
    expect(answer.status).toBe(200)
    const { prompt_tokens, completion_tokens } = chatCompletion.usage
    expect(await readRecords(gateway)).toMatchObject([
      { provider: 'first', model: 'own-1', cost_nano: 0 },
      { provider: 'second', model: 'own-2', cost_nano: prompt_tokens * 1_000 + completion_tokens * 9_000 },
    ])
  })

  test('recognises a repeated call by the caller’s own body', async () => {
    const { call, create, first, second } = await open()
    const key = await create()
    const headers = { 'idempotency-key': 'once' }
    const question = chatWith({ model: 'own-1', models: ['own-2'] })
    expect((await call(key, question, headers)).status).toBe(200)
    expect((await call(key, question, headers)).status).toBe(200)
    expectError(await call(key, chatWith({ model: 'own-1' }), headers), {
      code: 'idempotency_mismatch',
      param: 'Idempotency-Key',
    })
    expect([first.requests.length, second.requests.length]).toEqual([1, 0])
  })
})
