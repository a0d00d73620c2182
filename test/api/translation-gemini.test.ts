import { type GenerateContentResponse, GoogleGenAI } from '@google/genai'
import { expect, test } from 'vitest'
import { message, thinkingBlock, toolStream, toolUse } from '../support/anthropic-fixtures.ts'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import { gatewayToken } from '../support/gateway.ts'
import {
  blocked,
  callStream,
  content,
  contentStream,
  functionCall,
  quotaExceeded,
  toPartEvent,
} from '../support/gemini-fixtures.ts'
import { json, sse } from '../support/upstream-scripts.ts'
import { openKeys } from './open-keys.ts'

const key = 'goog-upstream-of-the-test-77'
const whole = { doneAtEnd: false }
const model = 'gemini-3.5-flash'
const chat = { model, messages: [{ role: 'user', content: 'Weather in San Francisco?' }] }
const tools = [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } }]
const { location } = functionCall.functionCall.args

/** The data of each event. */
const dataOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => line.slice('data: '.length))

const callOf = (index: number, id: string, name: string, input: object) => ({
  ...(index >= 0 && { index }),
  id,
  type: 'function',
  function: { name, arguments: JSON.stringify(input) },
})

describeOnBoth('A chat with Gemini', (_start, { share }) => {
  const open = () => share(({ url }) => ({ env: { GEMINI_API_KEY: key, GEMINI_BASE_URL: url, TOKEN: gatewayToken } }))

  test('is sent as contents, and its response comes back as a chat completion', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(json(200, content))
    const body = {
      ...chat,
      user: 'u',
      response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } },
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } }] },
      ],
    }
    const result = await ask(gateway, { target: '/v1/chat/completions', body })
    const sent = await upstream.nextRequest()
    expect(`${sent.method} ${sent.target}`).toBe(`POST /v1beta/models/${model}:generateContent`)
    expect(sent.headers['x-goog-api-key']).toBe(key)
    expect(JSON.parse(sent.bodyText)).toEqual({
      contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: 'aGk=' } }] }],
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      generationConfig: { responseMimeType: 'application/json', responseJsonSchema: { type: 'object' } },
    })
    expect([result.status, result.header('x-weir-dropped')]).toEqual([200, 'user'])
    expect(JSON.parse(result.text)).toMatchObject({
      id: content.responseId,
      object: 'chat.completion',
      model,
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi! I am Gemini.' }, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: 1_300,
        completion_tokens: 120,
        prompt_tokens_details: { cached_tokens: 300 },
        completion_tokens_details: { reasoning_tokens: 40 },
      },
    })
  })

  test('streams as chunks, with `[DONE]` at the end', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(sse(contentStream, whole))
    const result = await ask(gateway, { target: '/v1/chat/completions', body: { ...chat, stream: true } })
    expect((await upstream.nextRequest()).target).toBe(`/v1beta/models/${model}:streamGenerateContent?alt=sse`)
    const texts = dataOf(result.text)
    expect(texts.at(-1)).toBe('[DONE]')
    const chunks = texts.slice(0, -1).map((text) => JSON.parse(text))
    expect(chunks.map(({ choices: [{ delta }] }) => delta.content).join('')).toBe('Hello!')
    expect(chunks.at(-1).choices[0].finish_reason).toBe('stop')
  })

  test.each([
    ['`reasoning_details`', (details: readonly object[]) => ({ reasoning_details: details }), {}],
    [
      'the first call, as Google’s own chat completions have it',
      () => ({}),
      { extra_content: { google: { thought_signature: functionCall.thoughtSignature } } },
    ],
  ])('has parallel calls, whose signature returns from %s', async (_where, toSigned, extra) => {
    const { upstream, gateway } = await open()
    const other = { functionCall: { name: 'get_weather', args: { location: 'Oakland' }, id: 'call_2' } }
    upstream.respond(sse([...callStream.slice(0, 3), toPartEvent(other, 14), ...callStream.slice(3)], whole))
    const body = { ...chat, tools, reasoning_effort: 'high', stream: true }
    const first = await ask(gateway, { target: '/v1/chat/completions', body })
    expect(JSON.parse((await upstream.nextRequest()).bodyText).generationConfig).toEqual({
      thinkingConfig: { thinkingLevel: 'HIGH', includeThoughts: true },
    })
    const deltas = dataOf(first.text)
      .slice(0, -1)
      .map((text) => JSON.parse(text).choices[0].delta)
    const details = deltas.flatMap((delta) => delta.reasoning_details ?? [])
    expect(details).toEqual([
      { type: 'reasoning.encrypted', data: functionCall.thoughtSignature, index: 0, format: 'google-gemini-v1' },
    ])
    expect(deltas.map((delta) => delta.reasoning_content ?? '').join('')).toBe('The user wants the weather.')
    const started = deltas.flatMap((delta) => delta.tool_calls ?? []).filter((call) => call.id !== undefined)
    expect(started.map((call) => call.extra_content)).toEqual([
      { google: { thought_signature: functionCall.thoughtSignature } },
      undefined,
    ])
    const calls = [
      { ...callOf(-1, 'call_1', 'get_weather', { location }), ...extra },
      callOf(-1, 'call_2', 'get_weather', { location: 'Oakland' }),
    ]
    const messages = [
      ...chat.messages,
      { role: 'assistant', content: null, ...toSigned(details), tool_calls: calls },
      { role: 'tool', tool_call_id: 'call_1', content: 'Fog' },
      { role: 'tool', tool_call_id: 'call_2', content: 'Sun' },
    ]
    upstream.respond(json(200, content))
    await ask(gateway, { target: '/v1/chat/completions', body: { ...chat, tools, messages } })
    expect(JSON.parse((await upstream.nextRequest()).bodyText).contents.slice(1)).toEqual([
      { role: 'model', parts: [functionCall, other] },
      {
        role: 'user',
        parts: ['Fog', 'Sun'].map((output, at) => ({
          functionResponse: { id: `call_${at + 1}`, name: 'get_weather', response: { output } },
        })),
      },
    ])
  })

  test('gets an error of Google in OpenAI’s shape, and a blocked prompt as a filter', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(json(429, quotaExceeded))
    const failed = await ask(gateway, { target: '/v1/chat/completions', body: chat })
    expect(failed.status).toBe(429)
    expect(JSON.parse(failed.text)).toMatchObject({
      error: { message: quotaExceeded.error.message, type: 'rate_limit_error', code: null },
    })
    upstream.respond(json(200, blocked))
    const filtered = await ask(gateway, { target: '/v1/chat/completions', body: chat })
    expect(JSON.parse(filtered.text).choices[0].finish_reason).toBe('content_filter')
  })

  test('answers 502 if Gemini could not write its call, and ends a cut stream with an error', async () => {
    const { upstream, gateway } = await open()
    const malformed = { ...content, candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL', index: 0 }] }
    upstream.respond(json(200, malformed))
    const failed = await ask(gateway, { target: '/v1/chat/completions', body: chat })
    expect([failed.status, JSON.parse(failed.text).error.type]).toEqual([502, 'server_error'])
    upstream.respond(sse(contentStream.slice(0, 2), whole))
    const cut = await ask(gateway, { target: '/v1/chat/completions', body: { ...chat, stream: true } })
    expect(JSON.parse(dataOf(cut.text).at(-1) ?? '')).toMatchObject({ error: { code: 'upstream_interrupted' } })
  })

  test('is refused for a field without which it would mean something else', async () => {
    const { upstream, gateway } = await open()
    const result = await ask(gateway, { target: '/v1/chat/completions', body: { ...chat, n: 2 } })
    expectError(result, { code: 'field_not_translatable', param: 'n' })
    expect(upstream.requests).toHaveLength(0)
  })

  test('reaches Gemini as a message too', async () => {
    const { upstream, gateway } = await open()
    upstream.respond(sse(callStream, whole))
    const body = { model, max_tokens: 9, stream: true, messages: chat.messages }
    const result = await ask(gateway, { target: '/v1/messages', body })
    const events = dataOf(result.text).map((text) => JSON.parse(text))
    expect(events.filter(({ delta }) => delta !== undefined).map(({ delta }) => delta)).toEqual([
      { type: 'thinking_delta', thinking: 'The user ' },
      { type: 'thinking_delta', thinking: 'wants the weather.' },
      { type: 'signature_delta', signature: `weir:gemini::${functionCall.thoughtSignature}` },
      { type: 'input_json_delta', partial_json: JSON.stringify({ location }) },
      { stop_reason: 'tool_use', stop_sequence: null },
    ])
  })
})

describeOnBoth('A client of Gemini', (start, { startUpstream }) => {
  test('gets a stream without comments, after which Gemini CLI reads no event', async () => {
    const upstream = await startUpstream()
    upstream.respond(sse([': a comment of the provider\n\n', ...toolStream], whole))
    const env = { ANTHROPIC_API_KEY: 'sk-ant-x', ANTHROPIC_BASE_URL: upstream.url, TOKEN: gatewayToken }
    const gateway = await start({ env })
    const target = '/v1beta/models/claude-sonnet-5-5:streamGenerateContent?alt=sse'
    const { status, text } = await ask(gateway, { target, body: { contents: [{ parts: [{ text: 'Hi' }] }] } })
    expect(status).toBe(200)
    expect(text).not.toMatch(/^:/m)
  })

  test('reaches Claude, whose signature comes back with the result', async () => {
    const upstream = await startUpstream()
    upstream.respond(sse(toolStream, whole))
    const env = { ANTHROPIC_API_KEY: 'sk-ant-x', ANTHROPIC_BASE_URL: upstream.url, TOKEN: gatewayToken }
    const gateway = await start({ env })
    const client = new GoogleGenAI({ apiKey: gatewayToken, httpOptions: { baseUrl: gateway.url } })
    const config = {
      tools: [{ functionDeclarations: [{ name: toolUse.name, parametersJsonSchema: { type: 'object' } }] }],
      thinkingConfig: { thinkingBudget: -1, includeThoughts: true },
    }
    const user = { role: 'user', parts: [{ text: 'Weather?' }] }
    const request = { model: 'claude-sonnet-5-5', config }
    const stream = await client.models.generateContentStream({ ...request, contents: [user] })
    const chunks: GenerateContentResponse[] = []
    for await (const chunk of stream) chunks.push(chunk)
    const parts = chunks.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? [])
    expect(parts).toEqual([
      { text: 'The user ', thought: true },
      { text: 'greets me.', thought: true },
      {
        functionCall: {
          id: toolUse.id,
          name: toolUse.name,
          args: { location: 'San Francisco, CA', unit: 'fahrenheit' },
        },
        thoughtSignature: btoa(`weir:messages::${thinkingBlock.signature}`),
      },
      { text: '' },
    ])
    expect(chunks.at(-1)).toMatchObject({
      candidates: [{ finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 5_995, cachedContentTokenCount: 3_000 },
    })
    const result = { functionResponse: { id: toolUse.id, name: toolUse.name, response: { output: 'Fog' } } }
    upstream.respond(json(200, message))
    const reply = await client.models.generateContent({
      ...request,
      contents: [user, { role: 'model', parts }, { role: 'user', parts: [result] }],
    })
    expect(reply.text).toBe(message.content[0]?.text)
    await upstream.nextRequest()
    const sent = await upstream.nextRequest()
    expect(`${sent.method} ${sent.target}`).toBe('POST /v1/messages')
    expect(JSON.parse(sent.bodyText).messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [
          thinkingBlock,
          {
            type: 'tool_use',
            id: toolUse.id,
            name: toolUse.name,
            input: { location: 'San Francisco, CA', unit: 'fahrenheit' },
          },
        ],
      },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: toolUse.id, content: [{ type: 'text', text: 'Fog' }] }],
      },
    ])
  })

  test('reaches a server with OpenAI’s API', async () => {
    const upstream = await startUpstream()
    upstream.respond(
      json(200, {
        id: 'c',
        model: 'm',
        choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'length' }],
        usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 },
      }),
    )
    const gateway = await start({ env: { CUSTOM_BASE_URL: `${upstream.url}/v1`, TOKEN: gatewayToken } })
    const result = await ask(gateway, {
      target: '/v1beta/models/custom%2Fm:generateContent',
      body: { contents: [{ parts: [{ text: 'Hi' }] }], safetySettings: [] },
    })
    expect(JSON.parse((await upstream.nextRequest()).bodyText)).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
    })
    expect(result.header('x-weir-dropped')).toBe('safetySettings')
    expect(JSON.parse(result.text)).toEqual({
      candidates: [{ content: { parts: [{ text: 'Hi' }], role: 'model' }, index: 0, finishReason: 'MAX_TOKENS' }],
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1, totalTokenCount: 4 },
      modelVersion: 'm',
      responseId: 'c',
    })
  })
})

describeOnBothStored('the usage of a chat with Gemini', (start, { startUpstream }) => {
  test.each([
    [false, json(200, content)],
    [true, sse(contentStream, whole)],
  ] as const)('is recorded to the nano-dollar (a stream: %s)', async (stream, script) => {
    const google = await startUpstream()
    google.respond(script)
    const env = { GEMINI_API_KEY: key, GEMINI_BASE_URL: google.url }
    const { gateway, create, call } = await openKeys({ start, startUpstream }, { env })
    const { status } = await call(await create(), { target: '/v1/chat/completions', body: { ...chat, stream } })
    expect(status).toBe(200)
    await gateway.flushLedger()
    expect(await gateway.sql('SELECT * FROM call_records')).toMatchObject([
      {
        provider: 'gemini',
        model,
        outcome: 'ok',
        input_tokens: 1_300,
        output_tokens: 120,
        // Of the input, 150 tokens are sound at the same price, and 300 were cached.
        cost_nano: 1_000 * 1_500 + 300 * 150 + 120 * 9_000,
        cost_source: 'usage',
      },
    ])
  })
})
