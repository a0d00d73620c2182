import { expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import { chatCompletion, image } from '../support/fixtures.ts'
import { gatewayToken, toOpenAIEnv, upstreamKey } from '../support/gateway.ts'
import { json } from '../support/upstream-scripts.ts'
import { openKeys } from './open-keys.ts'

const messages = [{ role: 'user', content: 'Hello' }]
const chat = '/v1/chat/completions'
const header = 'x-weir-retired-model'
const replaced = 'gpt-3.5-turbo; successor=gpt-5.6-terra'

describeOnBoth('models that their providers have shut down', (start, { startUpstream }) => {
  async function open(env = {}, script = json(200, chatCompletion)) {
    const upstream = await startUpstream()
    upstream.respond(script)
    const gateway = await start({ env: { ...toOpenAIEnv(upstream), ...env } })
    return {
      gateway,
      async exchange(target: string, body: object) {
        const response = await ask(gateway, { target, body })
        return { response, sent: (await upstream.nextRequest()).bodyJson }
      },
    }
  }

  test('case B6: the old proxy’s first message is sent to the successor of its default, in the form that it accepts', async () => {
    const { gateway, exchange } = await open()
    const { response, sent } = await exchange('/', { messages })
    expect(sent).toEqual({
      model: 'gpt-5.6-terra',
      temperature: 0.7,
      max_completion_tokens: 1000,
      reasoning_effort: 'none',
      stream: false,
      messages,
    })
    expect([response.status, response.header(header), response.header('x-weir-model')]).toEqual([
      200,
      replaced,
      'gpt-5.6-terra',
    ])
    expect(await gateway.findLog()).toMatchObject({ model: 'gpt-5.6-terra' })
  })

  test('case B6: its first image follows two shutdowns, checked by the rules of the requested model', async () => {
    const { gateway, exchange } = await open({}, json(200, image))
    const { response, sent } = await exchange('/generate-image', { prompt: 'A cat', size: '1792x1024', quality: 'hd' })
    expect(sent).toEqual({
      model: 'gpt-image-2.6-flare',
      prompt: 'A cat',
      n: 1,
      size: '1536x1024',
      quality: 'high',
    })
    expect(response.header(header)).toBe('dall-e-3; successor=gpt-image-2.6-flare')
    const refused = await ask(gateway, { target: '/generate-image', body: { prompt: 'A cat', n: 2 } })
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([400, { message: 'n must be 1 for dall-e-3.' }])
  })

  test('case B6: GraphQL uses successors too', async () => {
    const { exchange } = await open()
    const query = 'mutation ($input: ChatInput!) { getAIResponse(input: $input) { content } }'
    const { response, sent } = await exchange('/graphql', { query, variables: { input: { messages } } })
    expect(response.text).toContain(chatCompletion.choices[0]?.message.content)
    expect(sent).toMatchObject({ model: 'gpt-5.6-terra', max_completion_tokens: 1000 })
  })

  test('case B6: on the /v1 routes a retired name passes unchanged, unless `models.retired` is `all`', async () => {
    const body = { model: 'gpt-3.5-turbo', messages, max_tokens: 5 }
    const asIs = await (await open()).exchange(chat, body)
    expect([asIs.sent, asIs.response.header(header)]).toEqual([body, undefined])
    const other = await (await open({ MODELS_RETIRED: 'all' })).exchange(chat, body)
    expect(other.sent).toEqual({
      model: 'gpt-5.6-terra',
      messages,
      max_completion_tokens: 5,
      reasoning_effort: 'none',
    })
    expect(other.response.header(header)).toBe(replaced)
  })

  test('case B6: `off` replaces nothing, an alias overrides the successor, and a model in service is unchanged', async () => {
    const off = await (await open({ MODELS_RETIRED: 'off' })).exchange('/', { messages })
    expect(off.sent).toMatchObject({ model: 'gpt-3.5-turbo', max_tokens: 1000 })
    const aliased = await (await open({ MODEL_ALIASES: 'gpt-3.5-turbo=gpt-6-luna' })).exchange('/', { messages })
    expect([aliased.sent, aliased.response.header(header)]).toEqual([
      expect.objectContaining({ model: 'gpt-6-luna', max_tokens: 1000 }),
      undefined,
    ])
    const live = await (await open()).exchange('/', { model: 'gpt-6-luna', messages })
    expect(live.response.header(header)).toBeUndefined()
  })

  test('case B6: the retired models of DeepInfra’s 23 are replaced on every route, in forms too', async () => {
    const upstream = await startUpstream()
    const env = { DEEPINFRA_API_KEY: upstreamKey, DEEPINFRA_BASE_URL: `${upstream.url}/v1/openai`, TOKEN: gatewayToken }
    const gateway = await start({ env })
    upstream.respond(json(200, chatCompletion))
    const body = { model: 'moonshotai/Kimi-K2-Instruct', messages, max_tokens: 5 }
    const response = await ask(gateway, { target: chat, body })
    expect((await upstream.nextRequest()).bodyJson).toEqual({ ...body, model: 'moonshotai/Kimi-K3' })
    expect(response.header(header)).toBe('moonshotai/Kimi-K2-Instruct; successor=moonshotai/Kimi-K3')
    upstream.respond(json(200, { text: 'Hello' }))
    const boundary = 'ec3a9b1d'
    const form = (model: string) =>
      [
        `--${boundary}\r\ncontent-disposition: form-data; name="model"\r\n\r\n${model}\r\n`,
        `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="hello.wav"\r\n\r\nRIFF\r\n`,
        `--${boundary}--\r\n`,
      ].join('')
    const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` }
    const transcribed = await ask(gateway, {
      target: '/v1/audio/transcriptions',
      headers,
      body: form('openai/whisper-tiny'),
    })
    expect(transcribed.header('x-weir-model')).toBe('openai/whisper-large-v3-turbo')
    expect((await upstream.nextRequest()).bodyText).toBe(form('openai/whisper-large-v3-turbo'))
  })
})

describeOnBothStored('keys and retired models', (start, { startUpstream }) => {
  test('case B6: a key for a model also allows its successor, and records have the called model', async () => {
    const { create, call, gateway } = await openKeys({ start, startUpstream })
    const request = { target: '/', body: { messages } }
    for (const models of [['gpt-3.5-turbo'], ['openai/gpt-3.5-turbo'], ['openai/gpt-5.6-terra']]) {
      const response = await call(await create({ models }), request)
      expect([response.status, response.header(header)], String(models)).toEqual([200, replaced])
      expect(await gateway.findLog()).toMatchObject({ model: 'gpt-5.6-terra' })
    }
    const refused = await call(await create({ models: ['gpt-4.1'] }), request)
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([403, { error: { code: 'model_not_allowed' } }])
  })
})
