import { expect, test } from 'vitest'
import { adminToken, callAdmin } from '../admin/open-admin.ts'
import { message, messageStream, ping, toMessageEvent } from '../support/anthropic-fixtures.ts'
import { ask } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import {
  chatChunksWithUsage,
  chatCompletion,
  completion,
  embeddings,
  image,
  response,
  responseEvents,
} from '../support/fixtures.ts'
import { gatewayToken } from '../support/gateway.ts'
import { blocked, content, contentRequest, contentStream } from '../support/gemini-fixtures.ts'
import type { Script } from '../support/upstream-exchange.ts'
import { answer, json, sse } from '../support/upstream-scripts.ts'

interface Row {
  readonly attempt: number
  readonly provider: string
  readonly cost_usd: string
}

interface Case {
  readonly what: string
  readonly target: string
  readonly body: object
  readonly empty: Script
  readonly full: Script
  /** What the caller receives of the second reply. */
  readonly shows: string
}

const usage = { prompt_tokens: 1000, completion_tokens: 0, total_tokens: 1000 }
const messages = [{ role: 'user', content: 'Hello!' }]
const chat = { model: 'chat', messages }
const streamed = { ...chat, stream: true }
const emptyChat = {
  ...chatCompletion,
  choices: [{ index: 0, message: { role: 'assistant', content: null }, finish_reason: 'stop' }],
  usage,
}
const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' }
const emptyChunks = [
  { ...chunk, choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] },
  { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  { ...chunk, choices: [], usage },
]
const emptyResponse = { ...response, output: [], usage: { input_tokens: 1000, output_tokens: 0, total_tokens: 1000 } }
const emptyMessage = { ...message, content: [], usage: { input_tokens: 1000, output_tokens: 0 } }
const emptyContent = {
  candidates: [{ content: { role: 'model' }, finishReason: 'STOP', index: 0 }],
  usageMetadata: { promptTokenCount: 1000, totalTokenCount: 1000 },
}
const sound = (bytes: string) => answer([bytes], { headers: { 'content-type': 'audio/mpeg' } })
const chatText = 'Hello'

const openai: readonly Case[] = [
  {
    what: 'JSON although a stream was requested',
    target: '/v1/chat/completions',
    body: streamed,
    empty: json(200, emptyChat),
    full: sse(chatChunksWithUsage),
    shows: chatText,
  },
  {
    what: 'a stream although JSON was requested',
    target: '/v1/chat/completions',
    body: chat,
    empty: sse(emptyChunks),
    full: json(200, chatCompletion),
    shows: chatText,
  },
  {
    what: 'the same with nothing but the usage',
    target: '/v1/chat/completions',
    body: chat,
    empty: sse(emptyChunks.slice(2)),
    full: json(200, chatCompletion),
    shows: chatText,
  },
  {
    what: 'a usage without choices',
    target: '/v1/chat/completions',
    body: chat,
    empty: json(200, { ...emptyChat, choices: null }),
    full: json(200, chatCompletion),
    shows: chatText,
  },
  {
    what: 'null',
    target: '/v1/chat/completions',
    body: chat,
    empty: json(200, null),
    full: json(200, chatCompletion),
    shows: chatText,
  },
  {
    what: '204',
    target: '/v1/chat/completions',
    body: chat,
    empty: answer([], { status: 204 }),
    full: json(200, chatCompletion),
    shows: chatText,
  },
  {
    what: 'a completion without text',
    target: '/v1/completions',
    body: { model: 'chat', prompt: 'Hello' },
    empty: json(200, { ...completion, choices: [{ index: 0, text: '', finish_reason: 'stop' }], usage }),
    full: json(200, completion),
    shows: '"text_completion"',
  },
  {
    what: 'the same as JSON in place of a stream',
    target: '/v1/completions',
    body: { model: 'chat', prompt: 'Hello', stream: true },
    empty: json(200, { ...completion, choices: [{ index: 0, text: '', finish_reason: 'stop' }], usage }),
    full: json(200, completion),
    shows: 'data: [DONE]',
  },
  {
    what: 'a response without items',
    target: '/v1/responses',
    body: { model: 'chat', input: 'Hello' },
    empty: json(200, emptyResponse),
    full: json(200, response),
    shows: '"output_text"',
  },
  {
    what: 'the same as JSON in place of a stream',
    target: '/v1/responses',
    body: { model: 'chat', input: 'Hello', stream: true },
    empty: json(200, emptyResponse),
    full: sse(responseEvents, { doneAtEnd: false }),
    shows: 'response.output_text.delta',
  },
  {
    what: 'an image response without an image',
    target: '/v1/images/generations',
    body: { model: 'chat', prompt: 'A cat' },
    empty: json(200, { created: 1, data: [], usage: { input_tokens: 1000, output_tokens: 40 } }),
    full: json(200, image),
    shows: '"created"',
  },
  {
    what: 'the same as JSON in place of a stream',
    target: '/v1/images/generations',
    body: { model: 'chat', prompt: 'A cat', stream: true },
    empty: json(200, { created: 1, data: [{ b64_json: '' }], usage: { input_tokens: 1000, output_tokens: 40 } }),
    full: json(200, image),
    shows: 'image_generation.completed',
  },
  {
    what: 'embeddings without a vector',
    target: '/v1/embeddings',
    body: { model: 'chat', input: 'Hello' },
    empty: json(200, { ...embeddings, data: [], usage: { prompt_tokens: 1000, total_tokens: 1000 } }),
    full: json(200, embeddings),
    shows: '"embedding"',
  },
  {
    what: 'speech of 0 bytes',
    target: '/v1/audio/speech',
    body: { model: 'chat', input: 'Hello', voice: 'alloy' },
    empty: sound(''),
    full: sound('ID3 hello'),
    shows: 'ID3 hello',
  },
  {
    what: 'a stream of speech without sound',
    target: '/v1/audio/speech',
    body: { model: 'chat', input: 'Hello', voice: 'alloy', stream_format: 'sse' },
    empty: sse([{ type: 'speech.audio.done', usage: { input_tokens: 1000, output_tokens: 30 } }], { doneAtEnd: false }),
    full: sse([{ type: 'speech.audio.delta', audio: 'SUQz' }, { type: 'speech.audio.done' }], { doneAtEnd: false }),
    shows: 'SUQz',
  },
  {
    what: 'a chat of the old proxy',
    target: '/',
    body: chat,
    empty: json(200, emptyChat),
    full: json(200, chatCompletion),
    shows: chatText,
  },
  {
    what: 'a chat of GraphQL',
    target: '/graphql',
    body: {
      query: 'mutation ($input: ChatInput!) { getAIResponse(input: $input) { content } }',
      variables: { input: chat },
    },
    empty: json(200, emptyChat),
    full: json(200, chatCompletion),
    shows: chatText,
  },
]

const gemini: readonly Case[] = [
  {
    what: 'content',
    target: '/v1beta/models/google:generateContent',
    body: contentRequest,
    empty: json(200, emptyContent),
    full: json(200, content),
    shows: 'I am Gemini',
  },
  {
    what: 'JSON in place of a stream',
    target: '/v1beta/models/google:streamGenerateContent?alt=sse',
    body: contentRequest,
    empty: json(200, emptyContent),
    full: sse(contentStream, { doneAtEnd: false }),
    shows: 'Hel',
  },
  {
    what: 'an embedding',
    target: '/v1beta/models/google:embedContent',
    body: { content: { parts: [{ text: 'Hello' }] } },
    empty: json(200, { embedding: {}, usageMetadata: { promptTokenCount: 1000 } }),
    full: json(200, { embedding: { values: [0.5] } }),
    shows: '0.5',
  },
]

const anthropic: readonly Case[] = [
  {
    what: 'JSON in place of a stream',
    target: '/v1/messages',
    body: { ...streamed, model: 'claude', max_tokens: 50 },
    empty: json(200, emptyMessage),
    full: sse(messageStream, { doneAtEnd: false }),
    shows: 'text_delta',
  },
  {
    what: 'a stream in place of JSON, which also broke off',
    target: '/v1/messages',
    body: { ...chat, model: 'claude', max_tokens: 50 },
    empty: sse([toMessageEvent({ type: 'message_start', message: emptyMessage }), ping], { doneAtEnd: false }),
    full: json(200, message),
    shows: 'My name is Claude',
  },
  {
    what: 'a call of a tool that is not there, for a caller of chat completions',
    target: '/v1/chat/completions',
    body: { ...chat, model: 'claude' },
    empty: json(200, { ...emptyMessage, stop_reason: 'tool_use', usage: { input_tokens: 1000, output_tokens: 40 } }),
    full: json(200, message),
    shows: 'My name is Claude',
  },
]

describeOnBothStored('a result without content', (start, { startUpstream }) => {
  async function open() {
    const [first, second] = [await startUpstream(), await startUpstream()]
    const custom = (url: string) => ({ kind: 'custom', base_url: `${url}/v1` })
    const own = (kind: string, url: string) => ({ kind, api_key: `key-of-${kind}-0123456789`, base_url: url })
    const gateway = await start({
      env: { TOKEN: gatewayToken, ADMIN_TOKEN: adminToken },
      config: {
        providers: {
          a1: custom(first.url),
          a2: custom(second.url),
          c1: own('anthropic', first.url),
          c2: own('anthropic', second.url),
          g1: own('gemini', first.url),
          g2: own('gemini', second.url),
        },
        routes: {
          chat: { targets: [{ model: 'a1/m' }, { model: 'a2/m' }] },
          claude: { targets: [{ model: 'c1/m' }, { model: 'c2/m' }] },
          google: { targets: [{ model: 'g1/m' }, { model: 'g2/m' }] },
        },
        prices: Object.fromEntries(['a1', 'c1', 'g1'].map((id) => [`${id}/m`, { input: 1, output: 1 }])),
      },
    })
    const admin = (endpoint: string, body?: unknown) => callAdmin(gateway.url, endpoint, { body })
    return { gateway, first, second, admin }
  }

  test.each([
    { name: 'OpenAI’s operations', cases: openai },
    { name: 'Gemini’s', cases: gemini },
    { name: 'Anthropic’s', cases: anthropic },
  ])('is replaced by that of the next target in $name, and the operator pays it', async ({ cases }) => {
    const { gateway, first, second, admin } = await open()
    for (const [at, { what, target, body, empty, full, shows }] of cases.entries()) {
      const name = `${target}: ${what}`
      first.respondNext(empty)
      second.respondNext(full)
      const answered = await ask(gateway, { target, body })
      expect([answered.status, second.requests.length], name).toEqual([200, at + 1])
      expect(answered.text, name).toContain(shows)
      if (target !== '/graphql')
        expect(answered.header('x-weir-route'), name).toContain('attempts=2; failed="empty at ')
    }
    await gateway.flushLedger()
    const records = (await admin('GET /records?key_id=operator&format=json')).body as unknown as readonly Row[]
    expect(records).toHaveLength(cases.length)
    for (const { provider, attempt } of records) expect([provider.at(-1), attempt]).toEqual(['1', 1])
    // 1,000 tokens of input at 1 USD a million. Some report none, so their input is estimated.
    const counted = records.filter(({ cost_usd }) => Number(cost_usd) >= 0.001)
    const uncounted = cases.filter(({ what }) => ['null', '204', 'speech of 0 bytes'].includes(what))
    expect(counted).toHaveLength(cases.length - uncounted.length)
    for (const { cost_usd } of records) expect(Number(cost_usd)).toBeGreaterThan(0)
  })

  test.each([false, true])(
    'is no fault if a policy blocked it, and the next of the caller’s models answers (stream: %s)',
    async (stream) => {
      const { gateway, first, second, admin } = await open()
      const events = [`data: ${JSON.stringify(blocked)}\n\n`]
      first.respond(stream ? sse(events, { doneAtEnd: false }) : json(200, blocked))
      second.respond(stream ? sse(messageStream, { doneAtEnd: false }) : json(200, message))
      const body = { models: ['g1/m', 'c2/m'], messages, stream }
      const answered = await ask(gateway, { target: '/v1/chat/completions', body })
      expect(answered.text).toContain(stream ? '"content":"Hello"' : 'My name is Claude')
      expect(answered.header('x-weir-route')).toContain('failed="content_policy at g1/m"')
      await gateway.flushLedger()
      expect((await admin('GET /records?key_id=operator&format=json')).body).toEqual([])
    },
  )
})
