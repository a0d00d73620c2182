import { expect, test } from 'vitest'
import { ask, expectCommonHeaders, expectError } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { gatewayToken } from '../support/gateway.ts'

interface Model {
  readonly id: string
  readonly object: string
  readonly created: number
  readonly owned_by: string
}

/** The list that the widely copied proxy for DeepInfra gave to its clients, in its order. */
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

const deepinfraEnv = { TOKEN: gatewayToken, DEEPINFRA_API_KEY: 'deepinfra-key-of-a-test-51c0' }

describeOnBoth('the list of models', (start) => {
  test('has the 23 of DeepInfra with the owners and dates that its clients know', async () => {
    const gateway = await start({ env: deepinfraEnv })
    const answer = await ask(gateway, { target: '/v1/models' })
    expect(answer.status).toBe(200)
    expectCommonHeaders(answer)
    expect(answer.header('content-type')).toMatch(/^application\/json/)
    const { object, data } = JSON.parse(answer.text) as { object: string; data: Model[] }
    expect(object).toBe('list')
    expect(data.map(({ id }) => id)).toEqual(deepinfraIds)
    for (const model of data) {
      expect(Object.keys(model)).toEqual(['id', 'object', 'created', 'owned_by'])
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

  test('tells of one, whose id may have slashes, raw or encoded', async () => {
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
      const answer = await ask(gateway, { target })
      expect(answer.status, target).toBe(200)
      expect(JSON.parse(answer.text)).toEqual({
        id: 'openai/gpt-oss-120b',
        object: 'model',
        created: 1625980000,
        owned_by: 'openai',
      })
    }
  })

  test('tells of none that it does not have, and names the nearest', async () => {
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
    const answer = await ask(gateway, { method: 'HEAD', target: '/v1/models' })
    expect(answer.status).toBe(200)
    expectCommonHeaders(answer)
  })
})
