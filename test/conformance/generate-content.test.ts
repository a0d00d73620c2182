import {
  ApiError,
  FinishReason,
  FunctionCallingConfigMode,
  type GenerateContentResponse,
  GoogleGenAI,
} from '@google/genai'
import { expect, test } from 'vitest'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { createGate } from '../support/gate.ts'
import { gatewayToken } from '../support/gateway.ts'
import {
  blocked,
  callStream,
  content,
  contentRequest,
  contentStream,
  functionCall,
  quotaExceeded,
  sdkRequest,
  toContentEvent,
  unavailable,
} from '../support/gemini-fixtures.ts'
import { after, json, sse } from '../support/upstream-scripts.ts'

const whole = { doneAtEnd: false }
const weather = {
  name: 'get_weather',
  parametersJsonSchema: { type: 'object', properties: { location: { type: 'string' } } },
}

const connect = (baseUrl: string, apiKey: string = gatewayToken, options: object = {}) =>
  new GoogleGenAI({ apiKey, httpOptions: { baseUrl, ...options } })

async function collect(stream: AsyncIterable<GenerateContentResponse>): Promise<readonly GenerateContentResponse[]> {
  const all: GenerateContentResponse[] = []
  for await (const chunk of stream) all.push(chunk)
  return all
}

/** Without the HTTP response, which the SDK keeps beside the content. */
const plain = ({ sdkHttpResponse: _http, ...response }: GenerateContentResponse) => JSON.parse(JSON.stringify(response))

describeOnBoth('Google’s SDK through Weir', (_start, { share }) => {
  async function open(config: object = {}) {
    const { upstream, gateway } = await share(({ url }) => ({
      env: { GEMINI_API_KEY: 'AIza-x', GOOGLE_GEMINI_BASE_URL: url, TOKEN: gatewayToken },
      config,
    }))
    return { upstream, gateway, client: connect(gateway.url), direct: connect(upstream.url) }
  }

  test.each(['v1beta', 'v1'])('reads a whole response with the version %s of the API', async (apiVersion) => {
    const { upstream, gateway } = await open()
    upstream.respond(json(200, content))
    const response = await connect(gateway.url, gatewayToken, { apiVersion }).models.generateContent(sdkRequest)
    expect(response.text).toBe('Hi! I am Gemini.')
    expect(plain(response)).toEqual(content)
    const { target, bodyJson, headers } = await upstream.nextRequest()
    expect(target).toBe('/v1beta/models/gemini-3.5-flash:generateContent')
    expect(bodyJson).toMatchObject(contentRequest)
    expect(headers).toMatchObject({ 'x-goog-api-key': 'AIza-x' })
  })

  test('sends the same with and without Weir', async () => {
    const { upstream, client, direct } = await open()
    upstream.respond(json(200, content))
    const request = {
      ...sdkRequest,
      config: {
        systemInstruction: 'Be brief.',
        maxOutputTokens: 100,
        thinkingConfig: { thinkingBudget: 50 },
        responseMimeType: 'application/json',
        responseJsonSchema: { type: 'object' },
        tools: [{ functionDeclarations: [weather] }, { googleSearch: {} }],
      },
    }
    await client.models.generateContent(request)
    await direct.models.generateContent(request)
    expect((await upstream.nextRequest()).bodyText).toBe((await upstream.nextRequest()).bodyText)
  })

  test.each([
    ['text', contentStream],
    ['thoughts and a call', callStream],
  ])('streams %s, the same as without Weir', async (_what, events) => {
    const { upstream, client, direct } = await open()
    upstream.respond(sse(events, { ...whole, splitEvery: 50 }))
    const through = await collect(await client.models.generateContentStream(sdkRequest))
    const without = await collect(await direct.models.generateContentStream(sdkRequest))
    expect(through.map(plain)).toEqual(without.map(plain))
    expect(through.at(-1)?.candidates?.[0]?.finishReason).toBe(FinishReason.STOP)
    if (events !== callStream) return
    const calls = through.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? [])
    expect(calls).toContainEqual(functionCall)
  })

  test('R17 reads heartbeats, before and within a stream', async () => {
    const { upstream, client } = await open({ streams: { hold_headers_ms: 20, heartbeat_ms: 50 } })
    const [before, within] = [createGate(), createGate()]
    upstream.respond(after(before, sse([contentStream[0] ?? '', within, ...contentStream.slice(1)], whole)))
    setTimeout(() => before.open(), 200)
    const texts: (string | undefined)[] = []
    for await (const chunk of await client.models.generateContentStream(sdkRequest)) {
      if (texts.length === 0) setTimeout(() => within.open(), 200)
      texts.push(chunk.text)
    }
    expect(texts.join('')).toBe('Hello!')
  })

  test.each([
    ['R11 the provider reports an error', [contentStream[0] ?? '', toContentEvent(unavailable)], {}],
    ['R11 the connection breaks', contentStream, { ending: 'reset', cutAfterEvents: 1 }],
    ['R12 the stream ends early', contentStream, { framing: 'close', cutAfterEvents: 1 }],
  ] as const)('throws within a stream when %s', async (_when, events, options) => {
    const { upstream, client } = await open()
    upstream.respond(sse(events, { ...whole, ...options }))
    const stream = await client.models.generateContentStream(sdkRequest)
    const error: unknown = await collect(stream).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ApiError)
    expect([502, 503]).toContain((error as ApiError).status)
  })

  test('reads a blocked prompt, whole and streamed', async () => {
    const { upstream, client } = await open()
    upstream.respond(json(200, blocked))
    const response = await client.models.generateContent(sdkRequest)
    expect(response.promptFeedback?.blockReason).toBe('PROHIBITED_CONTENT')
    upstream.respond(sse([toContentEvent(blocked)], whole))
    const [chunk] = await collect(await client.models.generateContentStream(sdkRequest))
    expect(chunk?.promptFeedback?.blockReason).toBe('PROHIBITED_CONTENT')
  })

  test.each([400, 403, 404, 429, 500, 503])('throws the error %i of the provider with its body', async (status) => {
    const { upstream, client } = await open()
    upstream.respond(json(status, quotaExceeded))
    const error: unknown = await client.models.generateContent(sdkRequest).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status, message: JSON.stringify(quotaExceeded) })
  })

  test('throws an error of Weir with its status and its code', async () => {
    const { gateway } = await open()
    const error: unknown = await connect(gateway.url, 'wrong')
      .models.generateContent(sdkRequest)
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ApiError)
    expect(JSON.parse((error as ApiError).message)).toMatchObject({
      error: { code: 401, status: 'UNAUTHENTICATED', details: [{ reason: 'INVALID_API_KEY' }] },
    })
  })

  test('cancels a stream at the provider', async () => {
    // workerd notices that a caller left when it writes.
    const { upstream, client } = await open({ streams: { heartbeat_ms: 50 } })
    upstream.respond(sse(contentStream.slice(0, 2), { ...whole, ending: 'never' }))
    const abort = new AbortController()
    const stream = await client.models.generateContentStream({ ...sdkRequest, config: { abortSignal: abort.signal } })
    const reading = (async () => {
      for await (const chunk of stream) if (chunk.text === 'lo') abort.abort()
    })()
    await expect(reading).rejects.toThrow()
    await (await upstream.nextRequest()).closed
  })

  test('counts tokens, embeds, and lists models over several pages', async () => {
    const { upstream, client } = await open()
    upstream.respond(json(200, { totalTokens: 31 }))
    expect(await client.models.countTokens(sdkRequest)).toMatchObject({ totalTokens: 31 })
    upstream.respond(json(200, { embeddings: [{ values: [0.1, 0.2] }] }))
    const embedded = await client.models.embedContent({ model: 'gemini-embedding-001', contents: ['Hi'] })
    expect(embedded.embeddings).toEqual([{ values: [0.1, 0.2] }])
    upstream.respond(json(404, unavailable))
    const names: (string | undefined)[] = []
    for await (const model of await client.models.list({ config: { pageSize: 5 } })) names.push(model.name)
    expect(names.length).toBeGreaterThan(10)
    expect(new Set(names).size).toBe(names.length)
    expect(await client.models.get({ model: 'gemini-3.5-flash' })).toMatchObject({
      name: 'models/gemini-3.5-flash',
      outputTokenLimit: 65_536,
    })
  })
})

describeOnBoth('Google’s SDK with the demo', (_start, { share }) => {
  async function open() {
    const { gateway } = await share(() => ({ env: { DEMO: 'true', DEMO_WORD_DELAY_MS: '0', TOKEN: gatewayToken } }))
    return connect(gateway.url)
  }
  const request = { ...sdkRequest, model: 'demo/chat' }

  test('reads a response, whole and streamed', async () => {
    const client = await open()
    const reply = await client.models.generateContent(request)
    const chunks = await collect(await client.models.generateContentStream(request))
    expect(reply.candidates?.[0]).toMatchObject({ finishReason: 'STOP', content: { role: 'model' } })
    expect(reply.modelVersion).toBe('demo/chat')
    expect(reply.text).toContain('> Hello, Gemini')
    expect(chunks.map(({ text }) => text ?? '').join('')).toBe(reply.text)
    expect(chunks.at(-1)?.usageMetadata).toEqual(reply.usageMetadata)
    expect(await client.models.generateContent({ ...request, config: { maxOutputTokens: 3 } })).toMatchObject({
      candidates: [{ finishReason: 'MAX_TOKENS' }],
      usageMetadata: { candidatesTokenCount: 3 },
    })
  })

  test('calls a function, takes its result, and counts tokens', async () => {
    const client = await open()
    const config = {
      tools: [{ functionDeclarations: [weather] }],
      toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } },
    }
    const chunks = await collect(await client.models.generateContentStream({ ...request, config }))
    const [called] = chunks.flatMap(({ functionCalls = [] }) => functionCalls)
    expect(called).toMatchObject({ name: 'get_weather', args: { location: expect.any(String) } })
    const response = await client.models.generateContent({
      ...request,
      config,
      contents: [
        ...contentRequest.contents,
        { role: 'model', parts: [{ functionCall: called ?? {} }] },
        { role: 'user', parts: [{ functionResponse: { name: 'get_weather', response: { sky: 'sunny' } } }] },
      ],
    })
    expect(response.text).toContain('sunny')
    expect((await client.models.countTokens(request)).totalTokens).toBeGreaterThan(3)
  })

  test('writes structured output in either kind of schema, and embeds', async () => {
    const client = await open()
    const properties = { city: { type: 'string' }, people: { type: 'integer' } }
    for (const schema of [
      { responseJsonSchema: { type: 'object', properties, required: ['city', 'people'] } },
      {
        responseSchema: {
          type: 'OBJECT',
          properties: { city: { type: 'STRING' }, people: { type: 'INTEGER' } },
          required: ['city', 'people'],
        },
      },
    ]) {
      const config = { responseMimeType: 'application/json', ...schema }
      const { text = '' } = await client.models.generateContent({ ...request, config: config as object })
      expect(JSON.parse(text)).toEqual({ city: expect.any(String), people: expect.any(Number) })
    }
    const { embeddings = [] } = await client.models.embedContent({
      model: 'demo/embedding',
      contents: ['one', 'two'],
      config: { outputDimensionality: 8 },
    })
    expect(embeddings.map(({ values = [] }) => values.length)).toEqual([8, 8])
  })

  test('throws the errors that a model name requests', async () => {
    const client = await open()
    const failing = (model: string) =>
      client.models.generateContent({ ...request, model }).catch((thrown: unknown) => thrown)
    expect(await failing('demo/error-429')).toMatchObject({ status: 429 })
    expect(await failing('demo/error-503')).toMatchObject({ status: 503 })
    const stream = await client.models.generateContentStream({ ...request, model: 'demo/cut' })
    await expect(collect(stream)).rejects.toBeInstanceOf(ApiError)
  })
})
