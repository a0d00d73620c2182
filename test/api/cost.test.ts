import { expect, test } from 'vitest'
import { parseSettings } from '../../src/config/parse-settings.ts'
import { createProvider } from '../../src/providers/provider-kinds.ts'
import { ask } from '../support/ask.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import { chatChunksWithUsage, chatCompletion, chatRequest, response } from '../support/fixtures.ts'
import { toOpenAIEnv } from '../support/gateway.ts'
import { json, sse } from '../support/upstream-scripts.ts'

const chat = '/v1/chat/completions'
const asksForCost = { usage: { include: true } }
const config = { prices: { 'openai/gpt-4.1': { input: 1, cached_input: 0.25, output: 10 } } }
/** 19 input and 10 output tokens. */
const wholeUsd = (19 * 1 + 10 * 10) / 1e6
/** 15 input tokens, four more from the cache, and two output tokens. */
const streamUsd = (15 * 1 + 4 * 0.25 + 2 * 10) / 1e6

describeOnBothStored('the cost of a call', (start, { startUpstream }) => {
  async function open(options: object = { config }) {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: toOpenAIEnv(upstream), ...options })
    return { upstream, gateway }
  }

  test('is added to the usage of a response on request, and every other byte is the provider’s', async () => {
    const { upstream, gateway } = await open()
    const plain = await ask(gateway, { target: chat, body: chatRequest })
    const priced = await ask(gateway, { target: chat, body: { ...chatRequest, ...asksForCost } })
    expect(plain.text).toBe(JSON.stringify(chatCompletion))
    expect(priced.text).toBe(plain.text.replace('"usage":{', `"usage":{"cost":${wholeUsd},`))
    expect(priced.header('content-length')).toBe(String(Buffer.byteLength(priced.text)))
    expect(upstream.requests).toHaveLength(2)
  })

  test('the request field is not sent to a provider that refuses it with 400', async () => {
    const { upstream, gateway } = await open()
    const written = '{ "model":"gpt-4.1", "usage" : {"include":true}, "seed":9007199254740993, "messages":[] }'
    await ask(gateway, { target: chat, body: written, headers: { 'content-type': 'application/json' } })
    expect((await upstream.nextRequest()).bodyText).toBe(
      '{ "model":"gpt-4.1",  "seed":9007199254740993, "messages":[] }',
    )
    await ask(gateway, { target: chat, body: { ...chatRequest, usage: { include: false } } })
    expect((await upstream.nextRequest()).bodyJson).toEqual(chatRequest)
  })

  test('a field of the same name with another value passes unchanged', async () => {
    const { upstream, gateway } = await open()
    for (const usage of ['all', true, null, { include: 'yes' }, [{ include: true }]]) {
      const result = await ask(gateway, { target: chat, body: { ...chatRequest, usage } })
      expect((await upstream.nextRequest()).bodyJson).toEqual({ ...chatRequest, usage })
      expect(result.text).toBe(JSON.stringify(chatCompletion))
    }
  })

  test('is in the last chunk of a stream, which is then requested and shown', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(sse(chatChunksWithUsage))
    const result = await ask(gateway, { target: chat, body: { ...chatRequest, stream: true, ...asksForCost } })
    expect((await upstream.nextRequest()).bodyJson).toEqual({
      ...{ ...chatRequest, stream: true, stream_options: { include_usage: true } },
    })
    const events = chatChunksWithUsage.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`)
    const expected = `${events.join('')}data: [DONE]\n\n`.replace('"usage":{', `"usage":{"cost":${streamUsd},`)
    expect(result.text).toBe(expected)
  })

  test('is not in a stream whose caller requests only the usage', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(sse(chatChunksWithUsage))
    const body = { ...chatRequest, stream: true, stream_options: { include_usage: true } }
    const result = await ask(gateway, { target: chat, body })
    expect(result.text).toContain('"usage":{"prompt')
    expect(result.text).not.toContain('cost')
  })

  test('equals the cost in the usage records', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(sse(chatChunksWithUsage))
    const result = await ask(gateway, { target: chat, body: { ...chatRequest, stream: true, ...asksForCost } })
    const reported = /"cost":([\d.e-]+)/.exec(result.text)?.[1]
    const line = await gateway.findLog(({ event }) => event === 'call')
    expect(line).toMatchObject({ cost_nano_usd: streamUsd * 1e9, cost_source: 'usage' })
    expect(Number(reported)).toBe(streamUsd)
  })

  test('R54 is null, not 0, without a known price', async () => {
    const { gateway } = await open({})
    const body = { ...chatRequest, model: 'openai/unheard-of', ...asksForCost }
    expect((await ask(gateway, { target: chat, body })).text).toContain('"usage":{"cost":null,"prompt')
  })

  test('is in the responses of other endpoints too', async () => {
    const { upstream, gateway } = await open()
    const ask36 = { model: 'gpt-4.1', input: 'Hello!', ...asksForCost }
    upstream.respond(json(200, response))
    const cost = (36 * 1 + 87 * 10) / 1e6
    expect((await ask(gateway, { target: '/v1/responses', body: ask36 })).text).toContain(`"usage":{"cost":${cost},`)
    const completed = { type: 'response.completed', sequence_number: 1, response }
    upstream.respond(sse([`event: response.completed\ndata: ${JSON.stringify(completed)}\n\n`], { doneAtEnd: false }))
    const streamed = await ask(gateway, { target: '/v1/responses', body: { ...ask36, stream: true } })
    expect(streamed.text).toContain(`"usage":{"cost":${cost},"input_tokens":36`)
    const vectors = { object: 'list', data: [], model: 'gpt-4.1', usage: { prompt_tokens: 8, total_tokens: 8 } }
    upstream.respond(json(200, vectors))
    expect((await ask(gateway, { target: '/v1/embeddings', body: ask36 })).text).toContain('"usage":{"cost":0.000008,')
  })

  test('is not in an error', async () => {
    const { upstream, gateway } = await open()
    const refusal = { error: { message: 'no', type: 'invalid_request_error', param: null, code: null } }
    upstream.respond(json(400, refusal))
    const result = await ask(gateway, { target: chat, body: { ...chatRequest, ...asksForCost } })
    expect([result.status, result.text]).toEqual([400, JSON.stringify(refusal)])
  })
})

describeOnBoth('the cost of a call without metering', (start, { startUpstream }) => {
  test('is null', async () => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({ env: toOpenAIEnv(upstream), config })
    const result = await ask(gateway, { target: chat, body: { ...chatRequest, ...asksForCost } })
    expect(result.text).toContain('"usage":{"cost":null,"prompt')
    expect((await upstream.nextRequest()).bodyJson).toEqual(chatRequest)
  })
})

test('the field is sent only to hosts that are known to accept it', () => {
  const accepts = (base_url: string) =>
    parseSettings({ env: {}, config: { providers: { x: { base_url } } }, platform: 'workers' })
      .providers.map(createProvider)
      .map(({ acceptsUsageField }) => acceptsUsageField)
  expect(accepts('https://openrouter.ai/api/v1')).toEqual([true])
  expect(accepts('https://api.groq.com/openai/v1')).toEqual([false])
  expect(accepts('https://openrouter.ai.example.com/v1')).toEqual([false])
})
