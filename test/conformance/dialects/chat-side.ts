import OpenAI from 'openai'
import { isJsonObject, type JsonObject } from '../../../src/core/json.ts'
import { gatewayToken } from '../../support/gateway.ts'
import { json, sse } from '../../support/upstream-scripts.ts'
import {
  type Call,
  type Finish,
  isPresent,
  type Question,
  type Side,
  toolSchema,
  toPieces,
  toRetryAfter,
  usage,
} from './side.ts'

// Sources, read on 2026-11-30: https://platform.openai.com/docs/api-reference/chat/object and …/chat-streaming; for
// `reasoning_content` https://api-docs.deepseek.com/guides/thinking_mode, for `reasoning_details`
// https://openrouter.ai/docs/use-cases/reasoning-tokens.

const reasons: Readonly<Record<Finish, string>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  filter: 'content_filter',
}

/** A message with the fields that OpenAI's types lack. */
type Message = OpenAI.ChatCompletionMessage & {
  reasoning_content?: string
  reasoning_details?: { signature?: string; data?: string }[]
}

export const chatSide: Side = {
  name: 'chat completions',
  model: 'custom/m',
  errors: { 400: 'invalid_request_error', 429: 'rate_limit_error', 500: 'server_error', 529: 'server_error' },
  toUser: (text, imageUrl) => ({
    role: 'user',
    content:
      imageUrl === undefined
        ? text
        : [
            { type: 'text', text },
            { type: 'image_url', image_url: { url: imageUrl } },
          ],
  }),
  toAssistant: (text) => ({ role: 'assistant', content: text }),
  toResults: (results) => results.map(({ id, text }) => ({ role: 'tool', tool_call_id: id, content: text })),
  async ask(url, model, question, isStream) {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: gatewayToken, maxRetries: 0 })
    const body = { model, ...toBody(question) } as unknown as OpenAI.ChatCompletionCreateParamsNonStreaming
    const completion = isStream
      ? await readStream(
          await client.chat.completions.create({ ...body, stream: true, stream_options: { include_usage: true } }),
        )
      : await client.chat.completions.create(body)
    const [choice] = completion.choices
    const message = choice?.message as Message
    const [detail] = message.reasoning_details ?? []
    const calls = (message.tool_calls ?? []).filter((call) => call.type === 'function').map(toCall)
    return {
      reply: {
        ...(message.reasoning_content && { reasoning: message.reasoning_content }),
        ...(detail && { signature: detail.signature ?? detail.data ?? '' }),
        ...(message.content && { text: message.content }),
        ...(calls.length > 0 && { calls }),
        finish: toFinish(choice?.finish_reason),
      },
      usage: {
        input: completion.usage?.prompt_tokens ?? 0,
        cached: completion.usage?.prompt_tokens_details?.cached_tokens ?? 0,
        output: completion.usage?.completion_tokens ?? 0,
      },
      turns: [{ ...message }],
    }
  },
  readFailure(thrown) {
    if (!(thrown instanceof OpenAI.APIError)) return undefined
    const { status, message, type, headers } = thrown
    return { status, message, type: type ?? undefined, retryAfter: toRetryAfter(headers) }
  },
  toScript(reply, { isStream, ...options }) {
    const counts = {
      prompt_tokens: usage.input,
      completion_tokens: usage.output,
      total_tokens: usage.input + usage.output,
      prompt_tokens_details: { cached_tokens: usage.cached },
    }
    const common = { id: 'chatcmpl-1', created: 1, model: 'm' }
    if (!isStream) {
      const message = {
        role: 'assistant',
        content: reply.text ?? null,
        ...(reply.reasoning && { reasoning_content: reply.reasoning }),
        ...(reply.calls && { tool_calls: reply.calls.map(fromCall) }),
      }
      const choices = [{ index: 0, message, finish_reason: reasons[reply.finish] }]
      return json(200, { ...common, object: 'chat.completion', choices, usage: counts })
    }
    const toChunk = (delta: object, finish: string | null = null) => ({
      ...common,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, finish_reason: finish }],
    })
    const calls = (reply.calls ?? []).flatMap((call, index) => {
      const { id, type, function: called } = fromCall(call)
      return [
        { tool_calls: [{ index, id, type, function: { name: called.name, arguments: '' } }] },
        ...toPieces(called.arguments).map((text) => ({ tool_calls: [{ index, function: { arguments: text } }] })),
      ]
    })
    const deltas = [
      { role: 'assistant', content: '' },
      ...toPieces(reply.reasoning ?? '').map((text) => ({ reasoning_content: text })),
      ...toPieces(reply.text ?? '').map((content) => ({ content })),
      ...calls,
    ]
    return sse(
      [
        ...deltas.map((delta) => toChunk(delta)),
        toChunk({}, reasons[reply.finish]),
        { ...toChunk({}), choices: [], usage: counts },
      ],
      options,
    )
  },
  toError: (status) =>
    json(
      status,
      { error: { message: `Failed with ${status}.`, type: 'some_error', param: null, code: null } },
      { headers: { 'retry-after': '7' } },
    ),
  readRequest({ bodyJson }) {
    const body = bodyJson as JsonObject
    const messages = body.messages as JsonObject[]
    const tools = (body.tools ?? []) as { function: { name: string } }[]
    const format = body.response_format as { json_schema?: { schema: unknown } } | undefined
    return {
      system: messages
        .filter(({ role }) => role === 'system')
        .map(textOf)
        .join('\n'),
      texts: messages
        .filter(({ role }) => role === 'user' || role === 'assistant')
        .map((message) => [String(message.role), textOf(message)] as const)
        .filter(([, text]) => text !== ''),
      images: messages.flatMap(({ content }) =>
        (Array.isArray(content) ? content : []).flatMap((part) => part.image_url?.url ?? []),
      ),
      tools: tools.map((tool) => tool.function.name),
      schema: format?.json_schema?.schema,
      reasoning: messages
        .map(({ reasoning_content: text }) => text)
        .filter((text) => typeof text === 'string')
        .map((text) => ({ text, signature: undefined })),
      calls: messages.flatMap(({ tool_calls: calls }) => (Array.isArray(calls) ? calls.map(toCall) : [])),
      results: messages
        .filter(({ role }) => role === 'tool')
        .map((message) => ({ id: String(message.tool_call_id), text: textOf(message) })),
      isStream: body.stream === true,
    }
  },
}

function toBody({ system, turns, tools, schema }: Question): JsonObject {
  return {
    max_tokens: 3_000,
    messages: [...(system === undefined ? [] : [{ role: 'system', content: system }]), ...turns],
    ...(tools && { tools: tools.map((name) => ({ type: 'function', function: { name, parameters: toolSchema } })) }),
    ...(schema && { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } } }),
  }
}

function toCall({ id, function: called }: { id: string; function: { name: string; arguments: string } }): Call {
  return { id, name: called.name, input: JSON.parse(called.arguments) }
}

function fromCall({ id, name, input }: Call) {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(input) } }
}

function toFinish(reason: string | undefined): Finish {
  const found = Object.entries(reasons).find(([, name]) => name === reason)
  if (found === undefined) throw new Error(`no finish reason: ${reason}`)
  return found[0] as Finish
}

function textOf({ content }: JsonObject): string {
  if (typeof content === 'string') return content
  const parts = Array.isArray(content) ? content.filter(isJsonObject) : []
  return parts.map(({ text }) => (typeof text === 'string' ? text : '')).join('')
}

/** Joins the chunks as the SDK's helper does, and the fields that it does not know. */
async function readStream(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<OpenAI.ChatCompletion> {
  const message: Message = { role: 'assistant', content: '', refusal: null }
  const calls: OpenAI.ChatCompletionMessageFunctionToolCall[] = []
  let finish: string | null = null
  let counts: OpenAI.CompletionUsage | undefined
  for await (const { choices, usage: reported } of stream) {
    if (isPresent(reported)) counts = reported
    const [choice] = choices
    const delta = (choice?.delta ?? {}) as Partial<Message> & OpenAI.ChatCompletionChunk.Choice.Delta
    message.content += delta.content ?? ''
    if (delta.reasoning_content) message.reasoning_content = (message.reasoning_content ?? '') + delta.reasoning_content
    if (delta.reasoning_details)
      message.reasoning_details = [...(message.reasoning_details ?? []), ...delta.reasoning_details]
    for (const { index, id, function: called } of delta.tool_calls ?? []) {
      calls[index] ??= { id: id ?? '', type: 'function', function: { name: called?.name ?? '', arguments: '' } }
      const call = calls[index]
      call.function.arguments += called?.arguments ?? ''
    }
    finish = choice?.finish_reason ?? finish
  }
  if (calls.length > 0) message.tool_calls = calls
  const choices = [{ index: 0, message, finish_reason: finish, logprobs: null }]
  return { choices, usage: counts } as unknown as OpenAI.ChatCompletion
}
