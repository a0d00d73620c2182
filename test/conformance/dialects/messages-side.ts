import Anthropic from '@anthropic-ai/sdk'
import type { JsonObject } from '../../../src/core/json.ts'
import { toMessageEvent } from '../../support/anthropic-fixtures.ts'
import { gatewayToken } from '../../support/gateway.ts'
import { json, sse } from '../../support/upstream-scripts.ts'
import { type Finish, type Question, type Reply, type Side, toolSchema, toPieces, toRetryAfter, usage } from './side.ts'

// Sources, read on 2026-11-30: https://platform.claude.com/docs/en/api/messages/create, …/build-with-claude/streaming,
// …/handling-stop-reasons and …/api/errors.

const reasons: Readonly<Record<Finish, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  filter: 'refusal',
}

type Block = { readonly type: string } & Readonly<Record<string, unknown>>

export const messagesSide: Side = {
  name: 'Messages',
  model: 'claude-sonnet-4-5',
  errors: { 400: 'invalid_request_error', 429: 'rate_limit_error', 500: 'api_error', 529: 'overloaded_error' },
  toUser: (text, imageUrl) => ({
    role: 'user',
    content:
      imageUrl === undefined
        ? text
        : [
            { type: 'text', text },
            { type: 'image', source: toSource(imageUrl) },
          ],
  }),
  toAssistant: (text) => ({ role: 'assistant', content: text }),
  toResults: (results) => [
    {
      role: 'user',
      content: results.map(({ id, text }) => ({ type: 'tool_result', tool_use_id: id, content: text })),
    },
  ],
  async ask(url, model, question, isStream) {
    const client = new Anthropic({ baseURL: url, apiKey: gatewayToken, maxRetries: 0 })
    const body = { model, ...toBody(question) } as unknown as Anthropic.MessageCreateParamsNonStreaming
    const message = isStream ? await client.messages.stream(body).finalMessage() : await client.messages.create(body)
    const thinking = message.content.find((block) => block.type === 'thinking')
    const calls = message.content.filter((block) => block.type === 'tool_use')
    const text = message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
    const counts = message.usage
    return {
      reply: {
        ...(thinking && { reasoning: thinking.thinking }),
        ...(thinking?.signature && { signature: thinking.signature }),
        ...(text !== '' && { text }),
        ...(calls.length > 0 && {
          calls: calls.map(({ id, name, input }) => ({ id, name, input: input as JsonObject })),
        }),
        finish: toFinish(message.stop_reason),
      },
      usage: {
        input: counts.input_tokens + (counts.cache_read_input_tokens ?? 0),
        cached: counts.cache_read_input_tokens ?? 0,
        output: counts.output_tokens,
      },
      turns: [{ role: 'assistant', content: message.content }],
    }
  },
  readFailure(thrown) {
    if (!(thrown instanceof Anthropic.APIError)) return undefined
    const { status, message, type, headers } = thrown
    return { status, message, type: type ?? undefined, retryAfter: toRetryAfter(headers) }
  },
  toScript(reply, { isStream, ...options }) {
    const counts = {
      input_tokens: usage.input - usage.cached,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: usage.cached,
    }
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', stop_sequence: null }
    const blocks = toBlocks(reply)
    const stop_reason = reasons[reply.finish]
    if (!isStream)
      return json(200, { ...message, content: blocks, stop_reason, usage: { ...counts, output_tokens: usage.output } })
    return sse(
      [
        toMessageEvent({
          type: 'message_start',
          message: { ...message, content: [], stop_reason: null, usage: { ...counts, output_tokens: 1 } },
        }),
        ...blocks.flatMap(toBlockEvents),
        toMessageEvent({
          type: 'message_delta',
          delta: { stop_reason, stop_sequence: null },
          usage: { output_tokens: usage.output },
        }),
        toMessageEvent({ type: 'message_stop' }),
      ],
      { doneAtEnd: false, ...options },
    )
  },
  toError: (status) =>
    json(
      status,
      {
        type: 'error',
        error: { type: status === 529 ? 'overloaded_error' : 'some_error', message: `Failed with ${status}.` },
      },
      { headers: { 'retry-after': '7' } },
    ),
  readRequest({ bodyJson }) {
    const body = bodyJson as JsonObject
    const messages = (body.messages as { role: string; content: string | Block[] }[]).map(({ role, content }) => ({
      role,
      blocks: typeof content === 'string' ? [{ type: 'text', text: content }] : content,
    }))
    const blocks = messages.flatMap((message) => message.blocks as Block[])
    const ofType = (type: string) => blocks.filter((block) => block.type === type)
    const output = body.output_config as { format?: { schema: unknown } } | undefined
    return {
      system: textOf(body.system),
      texts: messages
        .map((message) => [message.role, textOf(message.blocks)] as const)
        .filter(([, text]) => text !== ''),
      images: ofType('image').map(({ source }) => fromSource(source as Readonly<Record<string, string>>)),
      tools: ((body.tools ?? []) as { name: string }[]).map(({ name }) => name),
      schema: output?.format?.schema,
      reasoning: ofType('thinking').map(({ thinking, signature }) => ({
        text: String(thinking),
        signature: signature === undefined ? undefined : String(signature),
      })),
      calls: ofType('tool_use').map(({ id, name, input }) => ({
        id: String(id),
        name: String(name),
        input: input as JsonObject,
      })),
      results: ofType('tool_result').map(({ tool_use_id: id, content }) => ({ id: String(id), text: textOf(content) })),
      isStream: body.stream === true,
    }
  },
}

function toBody({ system, turns, tools, schema }: Question): JsonObject {
  return {
    max_tokens: 3_000,
    messages: turns,
    ...(system !== undefined && { system }),
    ...(tools && { tools: tools.map((name) => ({ name, input_schema: toolSchema })) }),
    ...(schema && { output_config: { format: { type: 'json_schema', schema } } }),
  }
}

function toBlocks({ reasoning, signature = '', text, calls = [] }: Reply): readonly Block[] {
  return [
    ...(reasoning === undefined ? [] : [{ type: 'thinking', thinking: reasoning, signature }]),
    ...(text === undefined ? [] : [{ type: 'text', text }]),
    ...calls.map((call) => ({ type: 'tool_use', ...call })),
  ]
}

function toBlockEvents(block: Block, index: number): readonly string[] {
  const [empty, deltas] = toParts(block)
  return [
    { type: 'content_block_start', index, content_block: empty },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ].map(toMessageEvent)
}

function toParts(block: Block): readonly [Block, readonly object[]] {
  if (block.type === 'tool_use') {
    const pieces = toPieces(JSON.stringify(block.input))
    return [{ ...block, input: {} }, pieces.map((text) => ({ type: 'input_json_delta', partial_json: text }))]
  }
  if (block.type === 'text')
    return [{ ...block, text: '' }, toPieces(String(block.text)).map((text) => ({ type: 'text_delta', text }))]
  return [
    { ...block, thinking: '', signature: '' },
    [
      ...toPieces(String(block.thinking)).map((thinking) => ({ type: 'thinking_delta', thinking })),
      { type: 'signature_delta', signature: block.signature },
    ],
  ]
}

function toFinish(reason: string | null): Finish {
  const found = Object.entries(reasons).find(([, name]) => name === reason)
  if (found === undefined) throw new Error(`no stop reason: ${reason}`)
  return found[0] as Finish
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  const blocks = Array.isArray(content) ? (content as Block[]) : []
  return blocks.map(({ text }) => (typeof text === 'string' ? text : '')).join('')
}

function toSource(url: string): JsonObject {
  const [, media_type, data] = /^data:([^;]+);base64,(.*)$/.exec(url) ?? []
  return data === undefined ? { type: 'url', url } : { type: 'base64', media_type, data }
}

function fromSource({ type, url, media_type, data }: Readonly<Record<string, string>>): string {
  return type === 'url' ? String(url) : `data:${media_type};base64,${data}`
}
