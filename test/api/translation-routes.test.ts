import { expect, test } from 'vitest'
import { createGraphqlClient, documents, type ReplyEvent, readEvents, stream } from '../graphql/graphql-client.ts'
import { createSessionClient } from '../pipeline/sessions/session-client.ts'
import { message, messageStream, overloaded, toolStream, toolUse } from '../support/anthropic-fixtures.ts'
import { ask } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { gatewayToken } from '../support/gateway.ts'
import { content, contentStream } from '../support/gemini-fixtures.ts'
import { json, sse } from '../support/upstream-scripts.ts'

const messages = [{ role: 'user', content: 'Hi' }]
const unended = { doneAtEnd: false }
const tools = [{ type: 'function', function: { name: toolUse.name, parameters: { type: 'object' } } }]

interface Streamed {
  readonly streamAIResponse: ReplyEvent
}

describeOnBothStored('A provider of another dialect', (start, { startUpstream }) => {
  async function open() {
    const upstream = await startUpstream()
    const env = {
      ANTHROPIC_API_KEY: 'a',
      ANTHROPIC_BASE_URL: upstream.url,
      GEMINI_API_KEY: 'g',
      GEMINI_BASE_URL: upstream.url,
      TOKEN: gatewayToken,
    }
    const gateway = await start({ env })
    return { upstream, gateway, graphql: createGraphqlClient(gateway), sessions: createSessionClient(gateway) }
  }

  test.each([
    ['claude-sonnet-5-5', message, messageStream, message.content[0]?.text],
    ['gemini-3.5-flash', content, contentStream, 'Hi! I am Gemini.'],
  ])('replies to GraphQL, whole and as a subscription, in a session: %s', async (model, whole, events, text) => {
    const { upstream, graphql } = await open()
    upstream.respondNext(json(200, whole), sse([...events], unended), json(529, overloaded))
    const input = { messages, model }
    expect((await graphql.ask(documents.getAIResponse, { input })).body.data).toMatchObject({
      getAIResponse: { content: text, success: true },
    })
    const created = await graphql.ask<{ createSession: { sessionId: string } }>(documents.createSession)
    const { sessionId } = created.body.data.createSession
    const response = await graphql.subscribe(stream, { input: { ...input, sessionId } })
    const replies = readEvents<Streamed>(await response.text()).map(({ data }) => data.streamAIResponse)
    expect(replies.map(({ delta }) => delta).join('')).toBe('Hello!')
    expect(replies.at(-1)?.message).toMatchObject({ content: 'Hello!', isComplete: true, position: 2 })
    expect((await graphql.ask(documents.chatHistory, { sessionId })).body.data).toMatchObject({
      chatHistory: [{ content: 'Hi' }, { content: 'Hello!' }],
    })
    expect((await graphql.ask(documents.getAIResponse, { input })).body.errors).toMatchObject([
      { message: 'Overloaded', extensions: { status: 529 } },
    ])
  })

  test('replies to the old proxy’s routes, with their defaults and both forms of an error', async () => {
    const { upstream, gateway } = await open()
    upstream.respondNext(json(200, message), json(529, overloaded))
    const old = { target: '/', body: { model: 'claude-sonnet-5-5', messages } }
    const result = await ask(gateway, old)
    expect(JSON.parse(result.text)).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { content: message.content[0]?.text } }],
    })
    expect(result.header('x-weir-dropped')).toBe('temperature')
    expect((await upstream.nextRequest()).bodyJson).toMatchObject({ max_tokens: 1_000 })
    const failed = await ask(gateway, old)
    expect([failed.status, JSON.parse(failed.text)]).toMatchObject([529, { message: 'Overloaded' }])
    const image = await ask(gateway, {
      target: '/generate-image',
      body: { model: 'claude-sonnet-5-5', prompt: 'A cat' },
    })
    expect([image.status, JSON.parse(image.text)]).toMatchObject([501, { error: { code: 'operation_not_supported' } }])
  })

  test.each([
    ['whole', json(200, { ...message, content: [toolUse], stop_reason: 'tool_use' })],
    ['as a stream', sse(toolStream, unended)],
  ])('stores a reply in its session as complete, and sends it back with its call: %s', async (how, script) => {
    const { upstream, sessions } = await open()
    const { id } = await sessions.create()
    upstream.respondNext(script, json(200, message))
    const fields = { model: 'claude-sonnet-5-5', tools, stream: how !== 'whole' }
    await sessions.chat(id, 'Weather?', fields)
    expect(await sessions.messages(id)).toMatchObject([
      { role: 'user', status: 'complete' },
      { role: 'assistant', status: 'complete', tool_calls: [{ id: toolUse.id }] },
    ])
    await sessions.chat(id, [{ role: 'tool', tool_call_id: toolUse.id, content: 'Sunny' }], {
      ...fields,
      stream: false,
    })
    await upstream.nextRequest()
    expect((await upstream.nextRequest()).bodyJson).toMatchObject({
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Weather?' }] },
        { role: 'assistant', content: [toolUse] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: toolUse.id }] },
      ],
    })
  })
})
