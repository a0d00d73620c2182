import { expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatCompletion } from '../support/fixtures.ts'
import { gatewayToken, upstreamKey } from '../support/gateway.ts'
import { json } from '../support/upstream-scripts.ts'

/** The list of the DeepInfra proxy. */
const ids = [
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

interface ModelList {
  readonly object: string
  readonly data: readonly {
    readonly id: string
    readonly object: string
    readonly created: number
    readonly owned_by: string
  }[]
}

describeOnBoth('the DeepInfra proxy’s 23 models', (start, { startUpstream }) => {
  const deepinfra = (url: string) => ({
    DEEPINFRA_API_KEY: upstreamKey,
    DEEPINFRA_BASE_URL: `${url}/v1/openai`,
    TOKEN: gatewayToken,
  })
  const nowhere = 'http://127.0.0.1:9'

  test.each(['/v1/models', '/models', '/v1/v1/models', '//v1/models', '/v1/models/'])(
    'GET %s lists them in the format of OpenAI',
    async (target) => {
      const gateway = await start({ env: deepinfra(nowhere) })
      const response = await ask(gateway, { target })
      expect(response.status).toBe(200)
      const { object, data } = JSON.parse(response.text) as ModelList
      expect(object).toBe('list')
      expect(data.map(({ id }) => id)).toEqual(ids)
      for (const card of data) {
        expect(Object.keys(card).slice(0, 4)).toEqual(['id', 'object', 'created', 'owned_by'])
        expect(card).toMatchObject({ object: 'model', owned_by: card.id.split('/')[0] })
        expect(Number.isInteger(card.created)).toBe(true)
      }
      const created = new Map(data.map((card) => [card.id, card.created]))
      expect(created.get('deepseek-ai/DeepSeek-V3.1')).toBe(1624980000)
      expect(created.get('openai/gpt-oss-120b')).toBe(1625980000)
    },
  )

  test('lists every other configured model as well', async () => {
    const env = { ...deepinfra(nowhere), CUSTOM_BASE_URL: `${nowhere}/v1`, CUSTOM_MODELS: 'llama3' }
    const gateway = await start({ env: { ...env, MODEL_ALIASES: 'fast=llama3' } })
    const { data } = JSON.parse((await ask(gateway, { target: '/v1/models' })).text) as ModelList
    const listed = data.map(({ id }) => id)
    expect(listed).toEqual(expect.arrayContaining([...ids, 'llama3', 'fast']))
    expect(new Set(listed).size).toBe(listed.length)
  })

  test('finds each by its id, raw or with an encoded slash', async () => {
    const gateway = await start({ env: deepinfra(nowhere) })
    for (const id of ids) {
      const owner = id.split('/')[0]
      for (const name of [id, encodeURIComponent(id)]) {
        const response = await ask(gateway, { target: `/v1/models/${name}` })
        expect(response.status, name).toBe(200)
        expect(JSON.parse(response.text)).toMatchObject({ id, object: 'model', owned_by: owner })
      }
    }
  })

  test('a chat with each reaches DeepInfra under the same name', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: { ...deepinfra(upstream.url), MODELS_RETIRED: 'off' } })
    for (const model of ids) {
      const body = { model, messages: [{ role: 'user', content: 'Hello' }] }
      expect((await ask(gateway, { target: '/v1/chat/completions', body })).status).toBe(200)
      const request = await upstream.nextRequest()
      expect([request.target, request.bodyJson]).toEqual(['/v1/openai/chat/completions', body])
    }
  })

  test('an image for olmOCR reaches DeepInfra unchanged', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: deepinfra(upstream.url) })
    const content = [
      { type: 'text', text: 'What does it say?' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
    ]
    const body = { model: 'allenai/olmOCR-7B-0725-FP8', messages: [{ role: 'user', content }] }
    expect((await ask(gateway, { target: '/v1/chat/completions', body })).status).toBe(200)
    expect((await upstream.nextRequest()).bodyJson).toEqual(body)
  })

  test.each(['openai/whisper-tiny', 'mistralai/Voxtral-Small-24B-2507', 'mistralai/Voxtral-Mini-3B-2507'])(
    '%s transcribes audio',
    async (model) => {
      const upstream = await startUpstream()
      upstream.respond(json(200, { text: 'Hello' }))
      const gateway = await start({ env: { ...deepinfra(upstream.url), MODELS_RETIRED: 'off' } })
      const boundary = 'ec3a9b1d'
      const parts = [
        `--${boundary}\r\ncontent-disposition: form-data; name="model"\r\n\r\n${model}\r\n`,
        `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="hello.wav"\r\n\r\nRIFF\r\n`,
        `--${boundary}--\r\n`,
      ]
      const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` }
      const response = await ask(gateway, { target: '/v1/audio/transcriptions', headers, body: parts.join('') })
      expect([response.status, response.text]).toEqual([200, '{"text":"Hello"}'])
      const request = await upstream.nextRequest()
      expect([request.target, request.bodyText]).toEqual(['/v1/openai/audio/transcriptions', parts.join('')])
    },
  )
})
