import { expect, test } from 'vitest'
import { echo, words } from '../pipeline/sessions/answers.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import { image, rateLimitError, rateLimitHeaders } from '../support/fixtures.ts'
import { toOpenAIEnv } from '../support/gateway.ts'
import { hangUp, json } from '../support/upstream-scripts.ts'
import { createGraphqlClient, documents, type Message } from './graphql-client.ts'

const messages = [{ role: 'user', content: 'Hello' }]
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

describeOnBothStored('the old proxy’s GraphQL documents', (_start, { share }) => {
  async function open() {
    const { upstream, gateway } = await share((scripted) => ({
      // The default models are retired; test/api/retired-models.test.ts covers their successors.
      env: { ...toOpenAIEnv(scripted), MODELS_RETIRED: 'off' },
    }))
    upstream.respond(echo)
    return { upstream, gateway, ...createGraphqlClient(gateway) }
  }

  test('GetAIResponse returns a message and sends the old defaults upstream', async () => {
    const { ask, upstream } = await open()
    const { status, headers, body } = await ask<{ getAIResponse: Message }>(documents.getAIResponse, {
      input: { messages },
    })
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8'])
    expect(body).toEqual({
      data: {
        getAIResponse: {
          id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
          content: '1: Hello',
          isUser: false,
          timestamp: expect.stringMatching(isoTime),
          success: true,
          error: null,
        },
      },
    })
    const { target, headers: sent, bodyJson } = await upstream.nextRequest()
    expect(target).toBe('/v1/chat/completions')
    expect(sent.accept).toBe('application/json, text/event-stream')
    expect(bodyJson).toEqual({ model: 'gpt-3.5-turbo', messages, temperature: 0.7, max_tokens: 1000, stream: false })
  })

  test('every parameter of ChatInput is sent upstream, 0 included; null means omitted', async () => {
    const { ask, upstream } = await open()
    const given = { temperature: 0, max_tokens: 5, top_p: 0.5, frequency_penalty: 0, presence_penalty: -1 }
    await ask(documents.getAIResponse, { input: { model: 'gpt-4.1', messages, ...given, sessionId: null } })
    expect((await upstream.nextRequest()).bodyJson).toEqual({ model: 'gpt-4.1', messages, ...given, stream: false })
    await ask(documents.getAIResponse, { input: { model: null, messages, max_completion_tokens: 7, max_tokens: null } })
    expect((await upstream.nextRequest()).bodyJson).toEqual({
      ...{ model: 'gpt-3.5-turbo', messages, temperature: 0.7, stream: false },
      max_completion_tokens: 7,
    })
  })

  test('GenerateImage returns images with lasting URLs and their parameters', async () => {
    const { ask, upstream, gateway } = await open()
    upstream.respond(json(200, image))
    const { body } = await ask(documents.generateImage, { input: { prompt: 'a white cat' } })
    expect(body).toEqual({
      data: {
        generateImage: {
          id: expect.stringMatching(/^img_[0-9a-f]{32}$/),
          prompt: 'a white cat',
          images: [{ url: expect.stringContaining(`${gateway.url}/images/img_`), b64_json: null }],
          ...{ model: 'dall-e-3', size: '1024x1024', quality: 'standard', style: 'vivid' },
          timestamp: expect.stringMatching(isoTime),
          ...{ success: true, error: null },
        },
      },
    })
    expect((await upstream.nextRequest()).bodyJson).toMatchObject({
      ...{ model: 'dall-e-3', prompt: 'a white cat', n: 1, size: '1024x1024', quality: 'standard', style: 'vivid' },
    })
  })

  test('an image parameter that the model does not accept is refused with the allowed values, before any cost', async () => {
    const { ask, upstream } = await open()
    const { body } = await ask(documents.generateImage, { input: { prompt: 'x', size: '1x1' } })
    expect(body.errors?.[0]).toMatchObject({
      message: 'size must be one of 1024x1024, 1792x1024, 1024x1792 for dall-e-3.',
      extensions: { code: 'invalid_value', status: 400, param: 'size' },
    })
    const empty = await ask(documents.generateImage, { input: { prompt: '' } })
    expect(empty.body.errors?.[0]?.message).toBe('prompt field is required for image generation')
    expect(upstream.requests).toEqual([])
  })

  test('CreateSession, SendMessage, GetAIResponse and ChatHistory share one conversation', async () => {
    const { ask, upstream } = await open()
    const created = await ask<{ createSession: { sessionId: string } }>(documents.createSession)
    expect(created.body).toEqual({
      data: { createSession: { sessionId: expect.stringMatching(/^session_[0-9a-f]{32}$/), success: true } },
    })
    const { sessionId } = created.body.data.createSession
    const sent = await ask<{ sendMessage: Message }>(documents.sendMessage, {
      input: { content: 'Call me Ada.', isUser: true, sessionId },
    })
    expect(sent.body.data.sendMessage).toMatchObject({ content: 'Call me Ada.', isUser: true, success: true })
    expect(upstream.requests).toEqual([])
    const reply = await ask<{ getAIResponse: Message }>(documents.getAIResponse, { input: { messages, sessionId } })
    expect(reply.body.data.getAIResponse.content).toBe('2: Hello')
    const history = await ask<{ chatHistory: Message[] }>(documents.chatHistory, { sessionId })
    const { id, timestamp } = reply.body.data.getAIResponse
    expect(history.body.data.chatHistory).toEqual([
      {
        id: sent.body.data.sendMessage.id,
        content: 'Call me Ada.',
        isUser: true,
        timestamp: sent.body.data.sendMessage.timestamp,
      },
      { id: expect.stringMatching(/^msg_/), content: 'Hello', isUser: true, timestamp: expect.stringMatching(isoTime) },
      { id, content: '2: Hello', isUser: false, timestamp },
    ])
  })

  test('GenerateImage in a session stores the prompt and the image URLs as text', async () => {
    const { ask, upstream } = await open()
    upstream.respond(json(200, image))
    const created = await ask<{ createSession: { sessionId: string } }>(documents.createSession)
    const { sessionId } = created.body.data.createSession
    const { body } = await ask<{ generateImage: { images: { url: string }[] } }>(documents.generateImage, {
      input: { prompt: 'a white cat', sessionId },
    })
    const history = await ask<{ chatHistory: Message[] }>(documents.chatHistory, { sessionId })
    expect(history.body.data.chatHistory.map(({ content }) => content)).toEqual([
      'a white cat',
      `![](${body.data.generateImage.images[0]?.url})`,
    ])
  })

  test('an image for an unknown session is refused before any cost', async () => {
    const { ask, upstream } = await open()
    const { body } = await ask(documents.generateImage, { input: { prompt: 'x', sessionId: 'session_0' } })
    expect(body.errors?.[0]?.extensions).toEqual({ code: 'session_not_found', status: 404 })
    expect(upstream.requests).toEqual([])
  })
})

describeOnBoth('GraphQL on a server without storage', (_start, { share }) => {
  async function open() {
    const { upstream, gateway } = await share((scripted) => ({ env: toOpenAIEnv(scripted) }))
    upstream.respond(words('Hi'))
    return { upstream, gateway, ...createGraphqlClient(gateway) }
  }

  test('SendMessage without a session returns its message, and ChatHistory an empty list', async () => {
    const { ask, upstream } = await open()
    const sent = await ask<{ sendMessage: Message }>(documents.sendMessage, {
      input: { content: 'Hello', isUser: true },
    })
    expect(sent.body.data.sendMessage).toMatchObject({ content: 'Hello', isUser: true, success: true, error: null })
    const { body } = await ask(documents.chatHistory)
    expect(body).toEqual({ data: { chatHistory: [] } })
    expect(upstream.requests).toEqual([])
  })

  test('sessions are refused with advice for the operator', async () => {
    const { ask } = await open()
    const { body } = await ask(documents.createSession)
    expect(body).toMatchObject({
      data: { createSession: null },
      errors: [
        {
          message: expect.stringContaining('STORAGE_PATH'),
          extensions: { code: 'storage_not_configured', status: 503 },
        },
      ],
    })
  })

  test('an upstream error becomes an entry with only its message, code and status', async () => {
    const { ask, upstream } = await open()
    upstream.respond(json(429, rateLimitError, { headers: rateLimitHeaders }))
    const { status, body } = await ask(documents.getAIResponse, { input: { messages } })
    expect(status).toBe(200)
    expect(body).toEqual({
      data: { getAIResponse: null },
      errors: [
        {
          message: rateLimitError.error.message,
          locations: [{ line: 1, column: 46 }],
          path: ['getAIResponse'],
          extensions: { code: 'rate_limit_exceeded', status: 429 },
        },
      ],
    })
  })

  test('an invalid response or an unreachable upstream becomes an error of Weir', async () => {
    const { ask, upstream } = await open()
    upstream.respond(json(200, { nothing: 'useful' }))
    const invalid = await ask(documents.getAIResponse, { input: { messages } })
    expect(invalid.body.errors?.[0]?.extensions).toEqual({ code: 'upstream_invalid_answer', status: 502 })
    upstream.respond(hangUp())
    const lost = await ask(documents.getAIResponse, { input: { messages } })
    expect(lost.body.errors?.[0]?.extensions).toEqual({ code: 'upstream_unreachable', status: 502 })
  })

  test('logs one line for each call of a request, and one for the request', async () => {
    const { ask, gateway } = await open()
    const { headers } = await ask(
      'mutation($input: ChatInput!) { one: getAIResponse(input: $input) { id } two: getAIResponse(input: $input) { id } }',
      { input: { messages } },
    )
    await gateway.findLog(({ route }) => route === 'graphql')
    const lines = gateway.logs().filter((line) => line.request_id === headers.get('x-request-id'))
    expect(lines.map(({ route, outcome }) => [route, outcome])).toEqual([
      ['chat.completions', 'ok'],
      ['chat.completions', 'ok'],
      ['graphql', 'ok'],
    ])
  })
})
