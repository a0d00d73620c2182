import Anthropic from '@anthropic-ai/sdk'
import { expect, test } from 'vitest'
import {
  cachedUsage,
  message,
  messageRequest,
  messageStream,
  overloaded,
  thinkingBlock,
  toMessageEvent,
  toolStream,
  toolUse,
} from '../support/anthropic-fixtures.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { createGate } from '../support/gate.ts'
import { gatewayToken } from '../support/gateway.ts'
import { after, json, sse } from '../support/upstream-scripts.ts'

const whole = { doneAtEnd: false }
const weather = {
  name: 'get_weather',
  input_schema: { type: 'object', properties: { location: { type: 'string' } } },
} satisfies Anthropic.Tool

const connect = (url: string, options: object = {}) =>
  new Anthropic({ baseURL: url, apiKey: gatewayToken, maxRetries: 0, ...options })

describeOnBoth('Anthropic’s SDK through Weir', (_start, { share }) => {
  async function open(config: object = {}) {
    const { upstream, gateway } = await share(({ url }) => ({
      env: { ANTHROPIC_API_KEY: 'sk-ant-x', ANTHROPIC_BASE_URL: url, TOKEN: gatewayToken },
      config,
    }))
    return { upstream, gateway, client: connect(gateway.url), direct: connect(upstream.url) }
  }

  test('reads a whole message, and its request id', async () => {
    const { upstream, client } = await open()
    upstream.respond(json(200, message, { headers: { 'request-id': 'req_1' } }))
    const { data, request_id } = await client.messages.create(messageRequest).withResponse()
    expect(data).toMatchObject(message)
    expect(request_id).toBe('req_1')
    expect((await upstream.nextRequest()).bodyJson).toEqual(messageRequest)
  })

  test('accepts the key as `Authorization: Bearer`, and beta features', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(json(200, message))
    const client = connect(gateway.url, { apiKey: null, authToken: gatewayToken })
    await client.beta.messages.create({ ...messageRequest, betas: ['compact-2026-01-12'] })
    const { headers } = await upstream.nextRequest()
    expect(headers).toMatchObject({ 'anthropic-beta': 'compact-2026-01-12', 'x-api-key': 'sk-ant-x' })
  })

  test.each([
    ['text', messageStream],
    ['thinking and a tool', toolStream],
  ])('streams %s, the same as without Weir', async (_what, events) => {
    const { upstream, client, direct } = await open()
    upstream.respond(sse(events, { ...whole, splitEvery: 50 }))
    const read = async (each: Anthropic) => {
      const stream = each.messages.stream({ ...messageRequest, tools: [weather] })
      const types: string[] = []
      for await (const event of stream) types.push(event.type)
      return { types, message: await stream.finalMessage() }
    }
    const through = await read(client)
    expect(through).toEqual(await read(direct))
    expect(through.types.at(-1)).toBe('message_stop')
    expect(through.message.usage).toMatchObject({ ...cachedUsage, output_tokens: 503 })
    if (events === toolStream) expect(through.message.content).toMatchObject([thinkingBlock, toolUse])
  })

  test('R17 reads heartbeats, before and within a stream', async () => {
    const { upstream, client } = await open({ streams: { hold_headers_ms: 20, heartbeat_ms: 50 } })
    const [before, within] = [createGate(), createGate()]
    const events = [...messageStream.slice(0, 4), within, ...messageStream.slice(4)]
    upstream.respond(after(before, sse(events, whole)))
    const stream = client.messages.stream(messageRequest)
    setTimeout(() => before.open(), 200)
    stream.on('text', () => setTimeout(() => within.open(), 200))
    expect(await stream.finalText()).toBe('Hello!')
  })

  test.each([
    [
      'R11 the provider reports an error',
      [...messageStream.slice(0, 4), toMessageEvent(overloaded)],
      {},
      'overloaded_error',
    ],
    ['R11 the connection breaks', messageStream, { ending: 'reset', cutAfterEvents: 4 }, 'api_error'],
    ['R12 the stream ends early', messageStream, { framing: 'close', cutAfterEvents: 7 }, 'api_error'],
  ] as const)('throws within a stream when %s', async (_when, events, options, type) => {
    const { upstream, client } = await open()
    upstream.respond(sse(events, { ...whole, ...options }))
    const stream = await client.messages.create({ ...messageRequest, stream: true })
    const seen: string[] = []
    const reading = (async () => {
      for await (const event of stream) seen.push(event.type)
    })()
    const error: unknown = await reading.catch((thrown: unknown) => thrown)
    expect(seen.slice(0, 2)).toEqual(['message_start', 'content_block_start'])
    expect(seen).not.toContain('message_stop')
    expect(error).toBeInstanceOf(Anthropic.APIError)
    expect(error).toMatchObject({ type })
  })

  test.each([
    [400, Anthropic.BadRequestError],
    [404, Anthropic.NotFoundError],
    [429, Anthropic.RateLimitError],
    [500, Anthropic.InternalServerError],
    [529, Anthropic.APIError],
  ] as const)('throws the error %i of the provider with its body', async (status, kind) => {
    const { upstream, client } = await open()
    upstream.respond(json(status, overloaded, { headers: { 'request-id': 'req_2', 'retry-after': '7' } }))
    const error: unknown = await client.messages.create(messageRequest).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(kind)
    expect(error).toMatchObject({ status, error: overloaded, requestID: 'req_2', type: 'overloaded_error' })
    expect((error as InstanceType<typeof Anthropic.APIError>).headers?.get('retry-after')).toBe('7')
  })

  test('throws an error of Weir with its type, its code and its request id', async () => {
    const { gateway } = await open()
    const client = connect(gateway.url, { apiKey: 'wrong' })
    const error: unknown = await client.messages.create(messageRequest).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Anthropic.AuthenticationError)
    expect(error).toMatchObject({
      status: 401,
      type: 'authentication_error',
      requestID: expect.stringMatching(/^req_/),
      error: { error: { code: 'invalid_api_key' } },
    })
  })

  test('retries as the provider asks', async () => {
    const { upstream, gateway } = await open()
    upstream.respondNext(json(529, overloaded, { headers: { 'retry-after-ms': '5' } }))
    upstream.respond(json(200, message))
    const client = connect(gateway.url, { maxRetries: 1 })
    expect((await client.messages.create(messageRequest)).id).toBe(message.id)
  })

  test('cancels a stream at the provider', async () => {
    // workerd notices that a caller left when it writes.
    const { upstream, client } = await open({ streams: { heartbeat_ms: 50 } })
    upstream.respond(sse(messageStream.slice(0, 5), { ...whole, ending: 'never' }))
    const stream = client.messages.stream(messageRequest)
    await new Promise<void>((resolve) => stream.on('text', () => resolve()))
    stream.abort()
    await expect(stream.done()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError)
    await (await upstream.nextRequest()).closed
  })

  test('counts tokens, and lists models over several pages', async () => {
    const { upstream, client } = await open()
    upstream.respond(json(200, { input_tokens: 2_095 }))
    const { max_tokens: _limit, ...body } = messageRequest
    expect(await client.messages.countTokens(body)).toEqual({ input_tokens: 2_095 })
    upstream.respond(json(404, overloaded))
    const ids: string[] = []
    for await (const model of client.models.list({ limit: 5 })) ids.push(model.id)
    expect(ids.length).toBeGreaterThan(10)
    expect(new Set(ids).size).toBe(ids.length)
    expect(await client.models.retrieve('claude-opus-5-5')).toMatchObject({
      display_name: 'claude-opus-5-5',
      max_tokens: 128_000,
    })
  })
})

describeOnBoth('Anthropic’s SDK with the demo', (_start, { share }) => {
  async function open() {
    const { gateway } = await share(() => ({ env: { DEMO: 'true', DEMO_WORD_DELAY_MS: '0', TOKEN: gatewayToken } }))
    return connect(gateway.url)
  }
  const request = { ...messageRequest, model: 'demo/chat' }

  test('reads a message, whole and streamed', async () => {
    const client = await open()
    const reply = await client.messages.create(request)
    const stream = client.messages.stream(request)
    const streamed = await stream.finalMessage()
    expect(reply).toMatchObject({ role: 'assistant', stop_reason: 'end_turn', model: 'demo/chat' })
    expect(streamed.content).toEqual(reply.content)
    expect(streamed.usage).toMatchObject({ ...reply.usage })
    expect(await stream.finalText()).toContain('> Hello, Claude')
    expect(await client.messages.create({ ...request, max_tokens: 3 })).toMatchObject({
      stop_reason: 'max_tokens',
      usage: { output_tokens: 3 },
    })
  })

  test('calls a tool, takes its result, and counts tokens', async () => {
    const client = await open()
    const tools = [weather]
    const stream = client.messages.stream({ ...request, tools, tool_choice: { type: 'tool', name: 'get_weather' } })
    const called = await stream.finalMessage()
    expect(called.stop_reason).toBe('tool_use')
    const [use] = called.content
    if (use?.type !== 'tool_use') throw new Error('no tool was called')
    expect(use).toMatchObject({ name: 'get_weather', input: { location: expect.any(String) } })
    const result = { type: 'tool_result', tool_use_id: use.id, content: 'It is sunny.' } as const
    const { content } = await client.messages.create({
      ...request,
      tools,
      messages: [
        ...request.messages,
        { role: 'assistant', content: called.content },
        { role: 'user', content: [result] },
      ],
    })
    expect(JSON.stringify(content)).toContain('It is sunny.')
    expect((await client.messages.countTokens({ ...request, tools })).input_tokens).toBeGreaterThan(5)
  })

  test('throws the errors that a model name requests', async () => {
    const client = await open()
    const failing = (model: string) => client.messages.create({ ...request, model }).catch((thrown: unknown) => thrown)
    expect(await failing('demo/error-429')).toBeInstanceOf(Anthropic.RateLimitError)
    expect(await failing('demo/error-503')).toMatchObject({ status: 503, type: 'overloaded_error' })
    const stream = client.messages.stream({ ...request, model: 'demo/cut' })
    await expect(stream.finalMessage()).rejects.toMatchObject({ type: 'api_error' })
  })
})
