import { expect, test } from 'vitest'
import { readRecords } from '../faults/read-records.ts'
import { ask, expectError, type Question } from '../support/ask.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import { chatCompletion, chatRequest, response } from '../support/fixtures.ts'
import { gatewayToken, toOpenAIEnv, upstreamKey } from '../support/gateway.ts'
import { json } from '../support/upstream-scripts.ts'
import { askForm } from './ask-form.ts'
import { chat, openKeys, shareKeys } from './open-keys.ts'
import { toForm } from './to-form.ts'

const chatWith = (fields: object): Question => ({ ...chat, body: { ...chatRequest, ...fields } })

const refused: readonly (readonly [param: string, fields: object])[] = [
  ['models', { models: ['gpt-4.1', 'gpt-5'] }],
  ['fallbacKs', { fallbacKs: ['gpt-5'] }],
  ['fallbacks', { fallbacks: ['gpt-5'] }],
  ['fallbacks', { fallbacks: [{ model: 'gpt-4.1', Model: 'gpt-5' }] }],
  ['fallbacks', { fallbacks: [{ model: 'gpt-5', messages: [] }] }],
  ['fallbacks', { fallbacks: [{ 'gpt-4.1': ['gpt-5'] }] }],
  ['context_window_fallbacks', { context_window_fallbacks: [{ 'gpt-4.1': ['gpt-5'] }] }],
  ['context_window_fallback_dict', { context_window_fallback_dict: { 'gpt-4.1': 'gpt-5' } }],
  ['context_window_fallback_dict', { context_window_fallback_dict: { 'gpt-4.1': 'gpt-5', model: 'gpt-4.1' } }],
  ['deployment_id', { deployment_id: 'gpt-5' }],
  ['user_config', { user_config: { model_group_alias: { 'gpt-4.1': 'gpt-5' } } }],
  ['router_settings_override', { router_settings_override: { fallbacks: [{ 'gpt-4.1': ['gpt-5'] }] } }],
  ['prompt_id', { prompt_id: 'p1' }],
  ['route', { route: 'fallback' }],
  ['route', { route: 'fallback', models: [] }],
  ['preset', { preset: 'dearest' }],
  ['models', { extra_body: { models: ['gpt-5'] } }],
  ['models', { providerOptions: { gateway: { models: ['gpt-5'] } } }],
  ['extra_body', { extra_body: { model: 'gpt-5' } }],
  ['extra_body', { extra_body: { Model: 'gpt-5' } }],
  ['extra_body', { extra_body: { model: 'gpt-4.1', Model: 'gpt-5' } }],
  ['tools', { tools: [{ type: 'image_generation', model: 'gpt-image-2' }] }],
  ['tools', { tools: [{ type: 'image_generation', Model: 'gpt-image-2' }] }],
  ['pluginſ', { pluginſ: [{ id: 'x', model: 'gpt-5' }] }],
  ['tools', { tools: [{ type: 'openrouter:fusion', parameters: { analysis_models: ['gpt-5'] } }] }],
  ['tools', { tools: [{ type: 'openrouter:fusion' }] }],
  ['plugins', { plugins: [{ id: 'fusion', analysis_models: ['gpt-4.1', 'gpt-5'] }] }],
  ['plugins', { plugins: [{ id: 'fusion' }] }],
  ['plugins', { plugins: [{ id: 'fusion', model: 'gpt-4.1' }] }],
  ['plugins', { plugins: [{ id: 'fusion', type: 'x', analysis_models: ['gpt-4.1'] }] }],
  ['plugins', { plugins: [{ id: 'auto-router', allowed_models: ['*'] }] }],
  ['tools', { tools: [{ type: 'openrouter:advisor', parameters: { model: 'gpt-5' } }] }],
  ['tools', { tools: [{ Type: 'openrouter:fusion' }] }],
  ['tools', { tools: [{ type: 'function', Type: 'openrouter:fusion' }] }],
  ['tools', { tools: [{ type: 'openrouter:advisor', Parameterſ: { model: 'gpt-5' } }] }],
  ['tools', { tools: [{ type: 'function', Type: 'openrouter:advisor', parameters: { model: 'gpt-5' } }] }],
  ['plugins', { plugins: [{ Id: 'fusion' }] }],
  ['plugins', { plugins: [{ id: 'fusion', Enabled: true, enabled: false }] }],
  ['plugins', { plugins: [{ id: 'fusion', enabled: 'false' }] }],
  ['plugins', { plugins: [{ id: 'fusion', Model: 'gpt-4.1' }] }],
  ['tools', { extra_body: { tools: [{ Type: 'openrouter:fusion' }] } }],
  ['tools', { tools: [{ type: 'openrouter:advisor' }] }],
  ['tools', { tools: [{ type: 'openrouter:advisor', parameters: { instructions: 'x' } }] }],
  ['tools', { tools: [{ type: 'openrouter:image_generation' }] }],
  [
    'tools',
    {
      tools: [
        {
          type: 'openrouter:subagent',
          parameters: { model: 'gpt-4.1', tools: [{ type: 'openrouter:advisor', parameters: { model: 'gpt-5' } }] },
        },
      ],
    },
  ],
]

const allowed: readonly object[] = [
  { models: ['gpt-4.1', 'gpt-4.1-mini'], route: 'fallback' },
  { models: ['openai/gpt-4.1-mini'] },
  { fallbacks: [{ model: 'gpt-4.1-mini' }] },
  { models: null, fallbacks: [], route: null, preset: '' },
  { disable_fallbacks: true, provider: { allow_fallbacks: false } },
  {
    tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: { model: {} } } } }],
  },
  { tools: [{ type: 'image_generation', model: 'gpt-4.1-mini' }] },
  { tools: [{ type: 'openrouter:web_search' }, { type: 'openrouter:advisor', parameters: { model: 'gpt-4.1-mini' } }] },
  { context_window_fallback_dict: { 'gpt-4.1': 'gpt-4.1-mini' }, deployment_id: 'gpt-4.1-mini' },
  {
    plugins: [
      { id: 'fusion', enabled: false },
      { id: 'fusion', model: 'gpt-4.1', analysis_models: ['gpt-4.1-mini'] },
    ],
  },
]

describeOnBothStored('additional models of a request', (start, { share, startUpstream }) => {
  const env = { PASSTHROUGH: 'openai' }
  const open = () => shareKeys(share, { env })
  /** Its own gateway, for a case that leaves requests at the upstream without an end. */
  const openOwn = () => openKeys({ start, startUpstream }, { env })

  test('S89 case D7: a key for some models cannot name others in the body, under any field of routers', async () => {
    const { upstream, call, create } = await open()
    const key = await create({ models: ['gpt-4.1', 'gpt-4.1-mini', 'openai/gpt-4.1-mini'] })
    for (const [param, fields] of refused)
      expectError(await call(key, chatWith(fields)), { code: 'model_not_allowed', param })
    expect(upstream.requests).toEqual([])
    for (const fields of allowed) expect((await call(key, chatWith(fields))).status, JSON.stringify(fields)).toBe(200)
    // `models` and `route` are for Weir; everything else passes unchanged.
    expect((await upstream.nextRequest()).bodyJson).toEqual(chatRequest)
    await upstream.nextRequest()
    expect((await upstream.nextRequest()).bodyJson).toEqual({ ...chatRequest, ...allowed[2] })
  })

  test('S89 case D7: the same holds for its child, but not for a key without a model list', async () => {
    const { upstream, call, create } = await open()
    const parent = await create({ models: ['gpt-4.1'] })
    const child = await create({ parent_id: parent.id })
    expectError(await call(child, chatWith({ models: ['gpt-5'] })), { code: 'model_not_allowed', param: 'models' })
    expect(upstream.requests).toEqual([])
    expect((await call(await create(), chatWith({ models: ['gpt-5'] }))).status).toBe(200)
  })

  test('S89 case D7: a model in the query is checked like one in the body, for each operation', async () => {
    const { upstream, call, create } = await open()
    const key = await create({ models: ['gpt-4.1'] })
    for (const target of ['/v1/chat/completions', '/v1/responses']) {
      const body = { ...chatRequest, input: 'x' }
      for (const query of [
        '?model=gpt-5',
        '?MODEL=gpt-5',
        '?x=1&model=gpt%2D5',
        '?models=gpt-4.1,gpt-5',
        '?models[]=gpt-5',
      ])
        expectError(await call(key, { target: target + query, body }), {
          code: 'model_not_allowed',
          param: /[?&](\w+(\[\])?)=gpt/.exec(query)?.[1] ?? '',
        })
      upstream.respond(json(200, target === '/v1/responses' ? response : chatCompletion))
      expect((await call(key, { target: `${target}?model=gpt-4.1`, body })).status).toBe(200)
    }
    expect(upstream.requests).toHaveLength(2)
  })

  test.each([
    '/v1/completions',
    '/v1/embeddings',
    '/v1/images/generations',
    '/v1/audio/speech',
    '/v1/moderations',
    '/chat/completions',
  ])('S89 case D7: neither the query nor the body of %s may name a model that the key forbids', async (target) => {
    const { upstream, call, create } = await open()
    const key = await create({ models: ['gpt-4.1'] })
    const body = { model: 'gpt-4.1', prompt: 'x', input: 'x', voice: 'alloy', messages: chatRequest.messages }
    for (const query of ['?model=gpt-5', '?models=gpt-4.1,gpt-5', '?fallbacks=gpt-5', '?route=fallback'])
      expectError(await call(key, { target: target + query, body }), {
        code: 'model_not_allowed',
        param: /\w+/.exec(query)?.[0] ?? '',
      })
    for (const fields of [{ models: ['gpt-5'] }, { fallbacks: ['gpt-5'] }, { route: 'fallback' }])
      expectError(await call(key, { target, body: { ...body, ...fields } }), {
        code: 'model_not_allowed',
        param: Object.keys(fields)[0] ?? '',
      })
    expect(upstream.requests).toEqual([])
  })

  test('S89 case D7: the query of a form may not name another model', async () => {
    const { upstream, gateway, create } = await openOwn()
    const { secret } = await create({ models: ['whisper-1'] })
    for (const parts of [
      [
        ['model', 'whisper-1'],
        ['file', Buffer.alloc(200_000), 'a.mp3'],
      ],
      [
        ['file', Buffer.alloc(200_000), 'a.mp3'],
        ['model', 'whisper-1'],
      ],
    ] as const) {
      const target = '/v1/audio/transcriptions?model=gpt-4o-transcribe'
      const result = await askForm(gateway, toForm(parts), { target, secret: secret ?? undefined })
      expectError(result, { code: 'model_not_allowed', param: 'model' })
    }
    for (const request of upstream.requests) expect(request.bodyText).not.toContain('--form-of-a-test--')
  })

  test('S89 case D7: a form with a key may name only one model, at any position', async () => {
    const { upstream, gateway, create } = await openOwn()
    const { secret } = await create({ models: ['whisper-1'] })
    const file = ['file', Buffer.alloc(200_000), 'a.mp3'] as const
    for (const name of ['fallbacks', 'models[]', 'models', 'Models[0]']) {
      const parts = [['model', 'whisper-1'] as const, file, [name, 'gpt-4o-transcribe'] as const]
      for (const ordered of [parts, [...parts].reverse()]) {
        const result = await fetch(`${gateway.url}/v1/audio/transcriptions`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${secret}`,
            'content-type': 'multipart/form-data; boundary=form-of-a-test',
          },
          body: new Uint8Array(toForm(ordered)),
        })
        expect(result.status).toBe(400)
        expect(await result.json()).toMatchObject({ error: { code: 'invalid_value', param: name } })
      }
    }
    // A form that was already being forwarded never completes.
    for (const request of upstream.requests) expect(request.bodyText).not.toContain('--form-of-a-test--')
  })

  test('S89 case D7: under a budget reserves the most expensive possible model, if the provider reports its charge', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, { ...chatCompletion, usage: { ...chatCompletion.usage, estimated_cost: 0.0012 } }))
    const prices = {
      'deepinfra/cheap': { input: 1, output: 1, max_output_tokens: 1_000 },
      'deepinfra/dear': { input: 50, output: 100, max_output_tokens: 1_000 },
      'openai/*': { input: 1, output: 1 },
    }
    const providers = {
      deepinfra: { base_url: `${upstream.url}/v1`, api_key: upstreamKey },
      openai: { base_url: `${upstream.url}/v1`, api_key: upstreamKey },
    }
    const opened = await openKeys({ start, startUpstream }, { config: { prices, providers }, env: {} })
    const key = await opened.create({ limits: { usd_per_call: 0.05 } })
    const cheap = { model: 'deepinfra/cheap' }
    const withDear = { ...cheap, fallbacks: ['cheap', 'dear'] }
    expect((await opened.call(key, chatWith(cheap))).status).toBe(200)
    const over = await opened.call(key, chatWith({ ...withDear }))
    expectError(over, { code: 'insufficient_quota', message: /this call may need 0\.1/ })
    const rich = await opened.create({ limits: { usd_per_call: 1 } })
    expect((await opened.call(rich, chatWith(withDear))).status).toBe(200)
    // The charge that the provider reports, whichever model responded.
    const records = await readRecords(opened.gateway)
    expect(records.at(-1)).toMatchObject({ model: 'cheap', cost_source: 'provider', cost_nano: 1_200_000 })
    const untold = chatWith({ model: 'openai/gpt-4.1', fallbacks: ['gpt-4.1-mini'] })
    expectError(await opened.call(rich, untold), { code: 'model_unpriced', param: 'models' })
    expectError(await opened.call(rich, chatWith({ ...cheap, route: 'fallback' })), {
      code: 'model_unpriced',
      param: 'models',
    })
    // Without a budget it passes, and its price is unknown.
    expect((await opened.call(await opened.create(), untold)).status).toBe(200)
    expect((await readRecords(opened.gateway)).at(-1)).toMatchObject({ cost_source: 'unpriced' })
  })
})

describeOnBoth('additional models of a request without a key', (start, { startUpstream }) => {
  test('S89 case D7: under `models.strict` every model of a call must be listed', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: toOpenAIEnv(upstream), config: { models: { strict: true } } })
    expectError(await ask(gateway, chatWith({ models: ['gpt-unheard-of'] })), {
      code: 'model_not_found',
      param: 'models',
    })
    expectError(await ask(gateway, chatWith({ route: 'fallback' })), { code: 'model_not_found', param: 'route' })
    expect((await ask(gateway, chatWith({ models: ['gpt-4.1-mini'] }))).status).toBe(200)
    expect(upstream.requests).toHaveLength(1)
  })

  test('S89 case D7: TOKEN may name any models, and so may a caller’s own provider key', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const env = { ...toOpenAIEnv(upstream), TOKEN: gatewayToken, BRING_YOUR_OWN_KEY: 'true' }
    const gateway = await start({ env })
    const many = chatWith({ models: ['a', 'b'], fallbacks: ['c'], route: 'fallback' })
    expect((await ask(gateway, { ...many, target: `${many.target}?model=d` })).status).toBe(200)
    expect((await ask(gateway, { ...many, headers: { 'x-openai-key': 'sk-own-key' } })).status).toBe(200)
  })
})
