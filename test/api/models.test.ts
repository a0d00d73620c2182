import { expect, test } from 'vitest'
import { ask, expectCommonHeaders, expectError } from '../support/ask.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import { gatewayToken, toOpenAIEnv } from '../support/gateway.ts'
import { json, answer as script } from '../support/upstream-scripts.ts'
import { openKeys } from './open-keys.ts'

interface Model {
  readonly id: string
  readonly object: string
  readonly created: number
  readonly owned_by: string
}

/** The list of the widely copied proxy for DeepInfra, in its order. */
const deepinfraIds = [
  'deepseek-ai/DeepSeek-V3.1',
  'deepseek-ai/DeepSeek-R1-0528-Turbo',
  'deepseek-ai/DeepSeek-V3-0324-Turbo',
  'openai/gpt-oss-120b',
  'zai-org/GLM-4.5',
  'zai-org/GLM-4.5-Air',
  'moonshotai/Kimi-K2-Instruct',
  'meta-llama/Llama-3.3-70B-Instruct',
  'Qwen/Qwen3-Coder-480B-A35B-Instruct-Turbo',
  'Qwen/Qwen3-Coder-480B-A35B-Instruct',
  'bigcode/starcoder2-15b',
  'Phind/Phind-CodeLlama-34B-v2',
  'allenai/olmOCR-7B-0725-FP8',
  'openai/whisper-tiny',
  'mistralai/Voxtral-Small-24B-2507',
  'mistralai/Voxtral-Mini-3B-2507',
  'Qwen/Qwen3-235B-A22B-Thinking-2507',
  'Qwen/Qwen3-235B-A22B-Instruct-2507',
  'Qwen/Qwen3-30B-A3B',
  'Qwen/Qwen3-32B',
  'Qwen/Qwen3-14B',
  'Gryphe/MythoMax-L2-13b',
  'openchat/openchat_3.5',
]

const deepinfraEnv = {
  TOKEN: gatewayToken,
  DEEPINFRA_API_KEY: 'deepinfra-key-of-a-test-51c0',
  DEEPINFRA_BASE_URL: 'http://127.0.0.1:9/v1/openai',
}

describeOnBoth('the list of models', (start, { startUpstream }) => {
  test('has the 23 of DeepInfra with their known owners and dates', async () => {
    const gateway = await start({ env: deepinfraEnv })
    const response = await ask(gateway, { target: '/v1/models' })
    expect(response.status).toBe(200)
    expectCommonHeaders(response)
    expect(response.header('content-type')).toMatch(/^application\/json/)
    const { object, data } = JSON.parse(response.text) as { object: string; data: Model[] }
    expect(object).toBe('list')
    expect(data.map(({ id }) => id)).toEqual(deepinfraIds)
    for (const model of data) {
      expect(Object.keys(model).slice(0, 4)).toEqual(['id', 'object', 'created', 'owned_by'])
      expect(model.object).toBe('model')
      expect(model.owned_by).toBe(model.id.split('/')[0])
      expect(model.created).toBeGreaterThan(1_600_000_000)
    }
    expect(data.find(({ id }) => id === 'deepseek-ai/DeepSeek-V3.1')?.created).toBe(1624980000)
    expect(data.find(({ id }) => id === 'openai/gpt-oss-120b')?.created).toBe(1625980000)
  })

  test('has every configured model and alias once, in the order of the providers', async () => {
    const providers = {
      first: { base_url: 'http://127.0.0.1:1/v1', models: ['a', 'shared', 'x/y'] },
      second: { base_url: 'http://127.0.0.1:1/v1', models: ['shared', 'b'] },
    }
    const config = { providers, models: { aliases: { fast: 'second/b', a: 'second/b' } } }
    const gateway = await start({ env: { TOKEN: gatewayToken }, config })
    const { data } = JSON.parse((await ask(gateway, { target: '/v1/models' })).text) as { data: Model[] }
    expect(data.map(({ id, owned_by }) => [id, owned_by])).toEqual([
      ['a', 'first'],
      ['shared', 'first'],
      ['x/y', 'x'],
      ['b', 'second'],
      ['fast', 'weir'],
    ])
  })

  test('retrieves one, whose id may contain slashes, raw or encoded', async () => {
    const gateway = await start({ env: deepinfraEnv })
    const targets = [
      '/v1/models/openai/gpt-oss-120b',
      '/v1/models/openai%2Fgpt-oss-120b',
      '/v1/models/openai%2fgpt-oss-120b',
      '/v1/models/openai/gpt-oss-120b/',
      '/models/openai/gpt-oss-120b',
      '/v1/v1/models/openai%2Fgpt-oss-120b',
      '//v1/models/openai/gpt-oss-120b?x=1',
    ]
    for (const target of targets) {
      const response = await ask(gateway, { target })
      expect(response.status, target).toBe(200)
      expect(JSON.parse(response.text)).toMatchObject({
        id: 'openai/gpt-oss-120b',
        object: 'model',
        created: 1625980000,
        owned_by: 'openai',
      })
    }
  })

  test('rejects an unknown id and suggests the nearest', async () => {
    const gateway = await start({ env: deepinfraEnv })
    const unknown = { code: 'model_not_found', param: 'model' } as const
    expectError(await ask(gateway, { target: '/v1/models/openai%2Fgpt-oss-12b' }), {
      ...unknown,
      message: /`openai\/gpt-oss-120b`/,
    })
    expectError(await ask(gateway, { target: '/v1/models/__proto__' }), unknown)
    expectError(await ask(gateway, { target: '/v1/models/constructor' }), unknown)
    expectError(await ask(gateway, { target: '/v1/models/%e4%b8%ad' }), unknown)
    expectError(await ask(gateway, { target: `/v1/models/${'x'.repeat(8_000)}` }), {
      ...unknown,
      message: /^.{1,300}$/,
    })
    expectError(await ask(gateway, { target: '/v1/models/%ff' }), { code: 'bad_request', message: /percent-encoding/ })
  })

  test('answers HEAD without a body', async () => {
    const gateway = await start({ env: deepinfraEnv })
    const response = await ask(gateway, { method: 'HEAD', target: '/v1/models' })
    expect(response.status).toBe(200)
    expectCommonHeaders(response)
  })

  test('has the context window, the maximum output, the modalities and the shutdown date, if known', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(500, {}))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const { data } = JSON.parse((await ask(gateway, { target: '/v1/models' })).text) as { data: Model[] }
    expect(data.find(({ id }) => id === 'gpt-4o')).toEqual({
      id: 'gpt-4o',
      object: 'model',
      created: 0,
      owned_by: 'openai',
      context_length: 128_000,
      top_provider: { max_completion_tokens: 16_384 },
      architecture: { input_modalities: ['text', 'image', 'file'], output_modalities: ['text'] },
      shutdown_date: '2027-01-14',
    })
    expect(data.find(({ id }) => id === 'gpt-image-2.6-flare')).toMatchObject({
      architecture: { output_modalities: ['image'] },
    })
    const gone = new Set(['dall-e-3', 'gpt-3.5-turbo', 'gpt-5.2-chat-latest'])
    expect(data.filter(({ id }) => gone.has(id))).toEqual([])
  })

  test('has the retired models of DeepInfra’s 23 with their shutdown date, because their successors serve them', async () => {
    const gateway = await start({ env: deepinfraEnv })
    const response = await ask(gateway, { target: '/v1/models/moonshotai/Kimi-K2-Instruct' })
    expect(JSON.parse(response.text)).toMatchObject({ shutdown_date: '2026-06-08' })
  })

  test('adds details that the provider reports to a model listed only by name', async () => {
    const upstream = await startUpstream()
    const details = { created: 1_715_367_049, context_length: 200_000 }
    upstream.respond(json(200, { object: 'list', data: [{ id: 'gpt-4o', owned_by: 'system', ...details }] }))
    const config = { models: { aliases: { fast: 'gpt-4o' } } }
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const { data } = JSON.parse((await ask(gateway, { target: '/v1/models' })).text) as { data: Model[] }
    expect(data.find(({ id }) => id === 'gpt-4o')).toMatchObject({
      ...details,
      owned_by: 'openai',
      shutdown_date: '2027-01-14',
    })
    expect(data.find(({ id }) => id === 'fast')).toMatchObject({ created: 0, owned_by: 'weir' })
    expect(JSON.parse((await ask(gateway, { target: '/v1/models/gpt-4o' })).text)).toMatchObject(details)
  })

  test('includes models that a provider lists, requests each list once, and skips a provider that is down', async () => {
    const [first, second] = [await startUpstream(), await startUpstream()]
    first.respond(
      json(200, {
        object: 'list',
        data: [{ id: 'llama4', created: 7, owned_by: 'meta' }, { id: 'a' }, { id: 3 }, 'x'],
      }),
    )
    second.respond(
      json(200, { data: [{ id: 'org/b', context_length: 4_096, shutdown_date: '2031-01-01' }, { id: 'c d' }] }),
    )
    const providers = {
      first: { base_url: `${first.url}/v1`, models: ['a'], api_key: 'the-key-of-the-first' },
      second: { base_url: `${second.url}/v1` },
      down: { base_url: 'http://127.0.0.1:1/v1', models: ['z'] },
    }
    const gateway = await start({ env: { TOKEN: gatewayToken }, config: { providers } })
    for (let round = 0; round < 2; round++) {
      const { data } = JSON.parse((await ask(gateway, { target: '/v1/models' })).text) as { data: Model[] }
      expect(data).toEqual([
        { id: 'a', object: 'model', created: 0, owned_by: 'first' },
        { id: 'z', object: 'model', created: 0, owned_by: 'down' },
        { id: 'llama4', object: 'model', created: 7, owned_by: 'meta' },
        {
          id: 'second/org/b',
          object: 'model',
          created: 0,
          owned_by: 'second',
          context_length: 4_096,
          shutdown_date: '2031-01-01',
        },
      ])
    }
    const request = await first.nextRequest()
    expect([request.method, request.target, request.headers.authorization]).toEqual([
      'GET',
      '/v1/models',
      'Bearer the-key-of-the-first',
    ])
    expect([first.requests.length, second.requests.length]).toEqual([1, 1])
  })

  test('case D6: hides a key that a provider repeats in its list, escaped or not', async () => {
    const upstream = await startUpstream()
    const escaped = [...'the-key-of-the-first'].map((letter) => `\\u00${letter.charCodeAt(0).toString(16)}`).join('')
    const list = `{"data":[{"id":"x-the-key-of-the-first"},{"id":"y","owned_by":"${escaped}"}]}`
    upstream.respond(script([list], { headers: { 'content-type': 'application/json' } }))
    const providers = { first: { base_url: `${upstream.url}/v1`, api_key: 'the-key-of-the-first' } }
    const gateway = await start({ env: { TOKEN: gatewayToken }, config: { providers } })
    const { data } = JSON.parse((await ask(gateway, { target: '/v1/models' })).text) as { data: Model[] }
    expect(data.map(({ id, owned_by }) => [id, owned_by])).toEqual([
      ['x-[hidden]', 'first'],
      ['y', '[hidden]'],
    ])
  })

  test('lists only callable models under `models.strict`, and requests no provider’s list', async () => {
    const upstream = await startUpstream()
    const providers = { first: { base_url: `${upstream.url}/v1`, models: ['a'] } }
    const gateway = await start({ env: { TOKEN: gatewayToken, MODELS_STRICT: 'true' }, config: { providers } })
    const { data } = JSON.parse((await ask(gateway, { target: '/v1/models' })).text) as { data: Model[] }
    expect(data.map(({ id }) => id)).toEqual(['a'])
    expect(upstream.requests).toEqual([])
  })
})

describeOnBothStored('the list of models for a key', (start, { startUpstream }) => {
  test('has those models of a provider’s list that the key allows', async () => {
    const { upstream, create, call } = await openKeys({ start, startUpstream })
    upstream.respond(json(200, { data: [{ id: 'team-a-1' }, { id: 'team-b-1' }] }))
    const list = async (models: readonly string[]) => {
      const { text } = await call(await create({ models }), { target: '/v1/models', method: 'GET' })
      return (JSON.parse(text) as { data: Model[] }).data.map(({ id }) => id)
    }
    expect(await list(['team-a-*'])).toEqual(['team-a-1'])
    expect(await list(['openai/team-b-*', 'gpt-6-luna'])).toEqual(['gpt-6-luna', 'team-b-1'])
  })
})
