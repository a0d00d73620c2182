import { isDeepStrictEqual } from 'node:util'
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogle } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listFields } from '../../scripts/dialects/list-fields.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { chatSide } from '../conformance/dialects/chat-side.ts'
import { geminiSide } from '../conformance/dialects/gemini-side.ts'
import { messagesSide } from '../conformance/dialects/messages-side.ts'
import { responsesSide } from '../conformance/dialects/responses-side.ts'
import type { Reply, Side } from '../conformance/dialects/side.ts'
import { type Gateway, gatewayToken, toProvidersEnv } from '../support/gateway.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'
import { startNodeGateway } from '../support/start-node-gateway.ts'
import { differences } from './oracle-differences.ts'

type Model = ReturnType<ReturnType<typeof createAnthropic>>
type CallOptions = Parameters<Model['doGenerate']>[0]
type PromptMessage = CallOptions['prompt'][number]
type Content = Awaited<ReturnType<Model['doGenerate']>>['content']
type StreamPart = Awaited<ReturnType<Model['doStream']>>['stream'] extends ReadableStream<infer Part> ? Part : never

/** A dialect of the AI SDK: its provider for a base URL and a model. */
interface Judge {
  readonly side: Side
  /** The model as its own provider names it. */
  readonly ownModel: string
  toModel(url: string, model: string): Model
}

const chat: Judge = {
  side: chatSide,
  ownModel: 'm',
  toModel: (url, model) =>
    createOpenAICompatible({
      name: 'judge',
      baseURL: `${url}/v1`,
      apiKey: gatewayToken,
      supportsStructuredOutputs: true,
      includeUsage: true,
    })(model),
}

const messages: Judge = {
  side: messagesSide,
  ownModel: 'claude-sonnet-4-5',
  toModel: (url, model) => createAnthropic({ baseURL: `${url}/v1`, apiKey: gatewayToken })(model),
}

const responses: Judge = {
  side: responsesSide,
  ownModel: 'gpt-5.5',
  toModel: (url, model) => createOpenAI({ baseURL: `${url}/v1`, apiKey: gatewayToken }).responses(model),
}

const gemini: Judge = {
  side: geminiSide,
  ownModel: 'gemini-3.5-flash',
  toModel: (url, model) => createGoogle({ baseURL: `${url}/v1beta`, apiKey: gatewayToken })(`models/${model}`),
}

const pairs = [
  { caller: chat, provider: messages },
  { caller: messages, provider: chat },
  { caller: messages, provider: responses },
  { caller: responses, provider: messages },
  { caller: chat, provider: gemini },
  { caller: messages, provider: gemini },
  { caller: responses, provider: gemini },
  { caller: gemini, provider: chat },
  { caller: gemini, provider: messages },
  { caller: gemini, provider: responses },
].map((pair) => ({ ...pair, name: `${pair.caller.side.name} → ${pair.provider.side.name}` }))

const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
} as const
const schemaWithConstants = {
  type: 'object',
  properties: {
    kind: { const: 'city' },
    // A property of this name is no keyword.
    const: { type: 'string' },
    found: {
      type: 'array',
      items: { anyOf: [{ type: 'string', const: 'none' }, { $ref: '#/$defs/place' }] },
    },
  },
  required: ['kind', 'const', 'found'],
  additionalProperties: false,
  $defs: { place: { type: 'string', const: 'place' } },
} as const
const tools = ['weather', 'clock'].map(
  (name) => ({ type: 'function', name, description: `Tells the ${name}.`, inputSchema: schema }) as const,
)
const hello: PromptMessage = { role: 'user', content: [{ type: 'text', text: 'Hello' }] }
const maxOutputTokens = 2_000
// Stored responses exist at OpenAI only, and a schema is no tool.
const providerOptions = { openai: { store: false }, anthropic: { structuredOutputMode: 'outputFormat' } }

const requests: Readonly<Record<string, CallOptions>> = {
  'a plain prompt': { prompt: [hello], maxOutputTokens },
  'instructions and turns': {
    maxOutputTokens,
    prompt: [
      { role: 'system', content: 'Be brief.' },
      hello,
      { role: 'assistant', content: [{ type: 'text', text: 'Hi!' }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'How are you?' },
          { type: 'text', text: 'And your friend?' },
        ],
      },
    ],
  },
  'sampling and stops': { prompt: [hello], maxOutputTokens, temperature: 0.5, stopSequences: ['END'] },
  'a limit on nucleus': { prompt: [hello], maxOutputTokens, topP: 0.5 },
  'an image as bytes': { maxOutputTokens, prompt: [toFile('image/png', 'iVBORw0KGgo=')] },
  'a document': { maxOutputTokens, prompt: [toFile('application/pdf', 'JVBERi0=', 'a.pdf')] },
  'an image by its URL': {
    maxOutputTokens,
    prompt: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          {
            type: 'file',
            mediaType: 'image/png',
            data: { type: 'url', url: new URL('https://example.com/a.png') },
          },
        ],
      },
    ],
  },
  tools: { prompt: [hello], maxOutputTokens, tools },
  'a required tool': { prompt: [hello], maxOutputTokens, tools, toolChoice: { type: 'required' } },
  'a named tool': { prompt: [hello], maxOutputTokens, tools, toolChoice: { type: 'tool', toolName: 'clock' } },
  'calls and their results': {
    maxOutputTokens,
    tools,
    prompt: [
      hello,
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Let me see.' },
          { type: 'tool-call', toolCallId: 'call_1', toolName: 'weather', input: { city: 'Jena' } },
          { type: 'tool-call', toolCallId: 'call_2', toolName: 'clock', input: { city: 'Jena' } },
        ],
      },
      {
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: 'call_1', toolName: 'weather', output: { type: 'text', value: 'Sunny' } },
          { type: 'tool-result', toolCallId: 'call_2', toolName: 'clock', output: { type: 'json', value: { h: 9 } } },
        ],
      },
    ],
  },
  'a schema': { prompt: [hello], maxOutputTokens, responseFormat: { type: 'json', name: 'answer', schema } },
}

/** The AI SDK writes constants in another way for Gemini, also where Weir is between. */
const requestsOfGemini: typeof requests = {
  'a schema with constants': {
    prompt: [hello],
    maxOutputTokens,
    responseFormat: { type: 'json', name: 'answer', schema: schemaWithConstants },
  },
}

const calls = [
  { id: 'call_1', name: 'weather', input: { city: 'Jena' } },
  { id: 'call_2', name: 'clock', input: { city: 'Jena' } },
]

const replies: Readonly<Record<string, Reply>> = {
  text: { text: 'Hello there.', finish: 'stop' },
  'text cut by the limit': { text: 'Hello th', finish: 'length' },
  'a filter': { text: 'Hello', finish: 'filter' },
  'parallel calls': { text: 'Let me see.', calls, finish: 'tool-calls' },
  'reasoning and text': { reasoning: 'They greet me.', signature: 'EqQBCgIYAhIM', text: 'Hello.', finish: 'stop' },
}

let gateway: Gateway
let upstream: ScriptedUpstream

beforeAll(async () => {
  upstream = await startScriptedUpstream()
  gateway = await startNodeGateway({
    env: toProvidersEnv(upstream),
  })
})

afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

const seen = new Set<string>()

describe.each(pairs)('The AI SDK, $name', ({ caller, provider, name }) => {
  const direct = () => provider.toModel(upstream.url, provider.ownModel)
  const through = () => caller.toModel(gateway.url, provider.side.model)

  /** Returns the paths that differ and are not in the table. */
  function findUnlisted(theirs: JsonObject, ours: JsonObject): readonly string[] {
    return diff(theirs, ours)
      .filter(({ path }) => {
        const listed = differences.find((each) => each.pair === name && each.path === path)
        if (listed !== undefined) seen.add(`${name} ${path}`)
        return listed === undefined
      })
      .map(({ path, theirs: expected, ours: found }) => `${path}: ${toText(expected)} ≠ ${toText(found)}`)
  }

  async function send(model: Model, options: CallOptions, reply: Reply) {
    upstream.respondNext(provider.side.toScript(reply, { isStream: false }))
    const result = await model.doGenerate({ ...options, providerOptions })
    return { result, body: (await upstream.nextRequest()).bodyJson as JsonObject }
  }

  test.each(Object.entries({ ...requests, ...(provider === gemini && requestsOfGemini) }))(
    'sends the provider the same request without Weir: %s',
    async (_what, options) => {
      const reply = { text: 'Hi', finish: 'stop' } as const
      const theirs = await send(direct(), options, reply)
      const ours = await send(through(), options, reply)
      expect(findUnlisted(theirs.body, ours.body)).toEqual([])
    },
  )

  test('sends back reasoning and calls as without Weir', async () => {
    const reply: Reply = { reasoning: 'They greet me.', signature: 'EqQBCgIYAhIM', calls, finish: 'tool-calls' }
    const secondOf = async (model: Model) => {
      const { result } = await send(model, { prompt: [hello], maxOutputTokens, tools }, reply)
      const prompt = [hello, toAssistant(result.content), toResults()]
      return (await send(model, { prompt, maxOutputTokens, tools }, { text: 'Hi', finish: 'stop' })).body
    }
    expect(findUnlisted(await secondOf(direct()), await secondOf(through()))).toEqual([])
  })

  test.each(Object.entries(replies))('reads the same parts as without Weir: %s', async (_what, reply) => {
    const read = async (model: Model) => {
      upstream.respondNext(provider.side.toScript(reply, { isStream: true }))
      const { stream } = await model.doStream({ prompt: [hello], maxOutputTokens, tools, providerOptions })
      const parts: StreamPart[] = []
      for await (const part of stream) parts.push(part)
      await upstream.nextRequest()
      return { parts: joinParts(parts) }
    }
    expect(findUnlisted(await read(direct()), await read(through()))).toEqual([])
  })
})

test('every listed difference from the AI SDK still shows', () => {
  expect(differences.map(({ pair, path }) => `${pair} ${path}`).filter((each) => !seen.has(each))).toEqual([])
})

function toFile(mediaType: string, data: string, filename?: string): PromptMessage {
  return {
    role: 'user',
    content: [
      { type: 'text', text: 'What is it?' },
      { type: 'file', mediaType, data: { type: 'data', data }, ...(filename !== undefined && { filename }) },
    ],
  }
}

/** The reply as the AI SDK puts it into the next prompt. */
function toAssistant(content: Content): PromptMessage {
  return {
    role: 'assistant',
    content: content.flatMap((part) => {
      if (part.type !== 'text' && part.type !== 'reasoning' && part.type !== 'tool-call') return []
      const { providerMetadata: providerOptions, ...others } = part
      const input = others.type === 'tool-call' ? { input: JSON.parse(others.input) } : {}
      return [{ ...others, ...input, ...(providerOptions && { providerOptions }) }]
    }),
  }
}

function toResults(): PromptMessage {
  return {
    role: 'tool',
    content: calls.map(({ id, name }) => ({
      type: 'tool-result',
      toolCallId: id,
      toolName: name,
      output: { type: 'text', value: 'Fine' },
    })),
  }
}

/** Joins the deltas of a block, and leaves out what each provider of the AI SDK names in its own way. */
function joinParts(parts: readonly StreamPart[]): readonly JsonObject[] {
  const joined: JsonObject[] = []
  for (const part of parts) {
    const last = joined.at(-1)
    switch (part.type) {
      case 'text-start':
      case 'reasoning-start':
      case 'tool-input-start':
        joined.push({
          type: part.type.replace('-start', ''),
          text: '',
          ...('toolName' in part && { name: part.toolName }),
        })
        break
      case 'text-delta':
      case 'reasoning-delta':
      case 'tool-input-delta':
        if (last !== undefined) joined[joined.length - 1] = { ...last, text: `${last.text}${part.delta}` }
        break
      case 'tool-call':
        joined.push({ type: 'tool-call', id: part.toolCallId, name: part.toolName, value: part.input })
        break
      case 'error':
        joined.push({ type: 'error', error: String(part.error) })
        break
      case 'finish': {
        const { inputTokens, outputTokens } = part.usage
        joined.push({
          type: 'finish',
          reason: part.finishReason.unified,
          usage: {
            total: inputTokens.total,
            noCache: inputTokens.noCache,
            cacheRead: inputTokens.cacheRead,
            output: outputTokens.total,
          },
        })
      }
    }
  }
  return joined
}

function diff(theirs: JsonObject, ours: JsonObject) {
  const [expected, found] = [listFields(theirs), listFields(ours)]
  return [...new Set([...expected.keys(), ...found.keys()])].flatMap((path) => {
    const [one, other] = [expected.get(path), found.get(path)]
    if (!(one ?? other)?.isLeaf || isDeepStrictEqual(one?.values, other?.values)) return []
    return [{ path, theirs: one?.values, ours: other?.values }]
  })
}

function toText(values: readonly unknown[] | undefined): string {
  return values === undefined ? 'absent' : JSON.stringify(values)
}
