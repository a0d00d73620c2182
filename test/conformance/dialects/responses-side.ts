import OpenAI from 'openai'
import type { JsonObject } from '../../../src/core/json.ts'
import { gatewayToken } from '../../support/gateway.ts'
import { toResponseEvents } from '../../support/responses-fixtures.ts'
import { json, sse } from '../../support/upstream-scripts.ts'
import { type Question, type Reply, type Side, toolSchema, toPieces, toRetryAfter, usage } from './side.ts'

// Sources, read on 2026-11-30: https://platform.openai.com/docs/api-reference/responses/object and
// …/responses-streaming, and the types of openai 7.57.0.

type Item = { readonly type: string } & Readonly<Record<string, unknown>>

export const responsesSide: Side = {
  name: 'Responses',
  model: 'openai/gpt-5.5',
  errors: { 400: 'invalid_request_error', 429: 'rate_limit_error', 500: 'server_error', 529: 'server_error' },
  toUser: (text, imageUrl) => ({
    type: 'message',
    role: 'user',
    content:
      imageUrl === undefined
        ? text
        : [
            { type: 'input_text', text },
            { type: 'input_image', image_url: imageUrl, detail: 'auto' },
          ],
  }),
  toAssistant: (text) => ({ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] }),
  toResults: (results) => results.map(({ id, text }) => ({ type: 'function_call_output', call_id: id, output: text })),
  async ask(url, model, question, isStream) {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: gatewayToken, maxRetries: 0 })
    const body = { model, ...toBody(question) } as unknown as OpenAI.Responses.ResponseCreateParamsNonStreaming
    const response = isStream ? await readStream(client, body) : await client.responses.create(body)
    const reasoning = response.output.find((item) => item.type === 'reasoning')
    const calls = response.output.filter((item) => item.type === 'function_call')
    const text = response.output
      .flatMap((item) => (item.type === 'message' ? item.content : []))
      .map((part) => (part.type === 'output_text' ? part.text : ''))
      .join('')
    return {
      reply: {
        ...(reasoning && { reasoning: reasoning.summary.map((part) => part.text).join('') }),
        ...(reasoning?.encrypted_content && { signature: reasoning.encrypted_content }),
        ...(text !== '' && { text }),
        ...(calls.length > 0 && {
          calls: calls.map(({ call_id, name, arguments: input }) => ({ id: call_id, name, input: JSON.parse(input) })),
        }),
        finish: toFinish(response, calls.length > 0),
      },
      usage: {
        input: response.usage?.input_tokens ?? 0,
        cached: response.usage?.input_tokens_details.cached_tokens ?? 0,
        output: response.usage?.output_tokens ?? 0,
      },
      turns: response.output.map((item) => ({ ...item })),
    }
  },
  readFailure(thrown) {
    if (!(thrown instanceof OpenAI.APIError)) return undefined
    const { status, message, type, headers } = thrown
    return { status, message, type: type ?? undefined, retryAfter: toRetryAfter(headers) }
  },
  toScript(reply, { isStream, ...options }) {
    const isCut = reply.finish === 'length' || reply.finish === 'filter'
    const output = toItems(reply)
    const response = {
      id: 'resp_1',
      object: 'response',
      created_at: 1,
      status: isCut ? 'incomplete' : 'completed',
      error: null,
      incomplete_details: isCut ? { reason: reply.finish === 'length' ? 'max_output_tokens' : 'content_filter' } : null,
      model: 'gpt-5.5',
      output,
      usage: {
        input_tokens: usage.input,
        input_tokens_details: { cached_tokens: usage.cached },
        output_tokens: usage.output,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: usage.input + usage.output,
      },
    }
    if (!isStream) return json(200, response)
    const created = { ...response, status: 'in_progress', output: [], usage: null, incomplete_details: null }
    const events = [
      { type: 'response.created', response: created },
      ...output.flatMap(toItemEvents),
      { type: isCut ? 'response.incomplete' : 'response.completed', response },
    ]
    return sse(toResponseEvents(events), { doneAtEnd: false, ...options })
  },
  toError: (status) =>
    json(
      status,
      { error: { message: `Failed with ${status}.`, type: 'some_error', param: null, code: null } },
      { headers: { 'retry-after': '7' } },
    ),
  readRequest({ bodyJson }) {
    const body = bodyJson as JsonObject
    const items = body.input as Item[]
    const ofType = (type: string) => items.filter((item) => item.type === type)
    const messages = items.filter(({ type, role }) => type === 'message' || role !== undefined)
    const text = body.text as { format?: { schema: unknown } } | undefined
    return {
      system: [
        body.instructions,
        ...messages
          .filter(({ role }) => role === 'system' || role === 'developer')
          .map(({ content }) => textOf(content)),
      ]
        .filter((each) => typeof each === 'string')
        .join('\n'),
      texts: messages
        .filter(({ role }) => role === 'user' || role === 'assistant')
        .map(({ role, content }) => [String(role), textOf(content)] as const)
        .filter(([, found]) => found !== ''),
      images: messages.flatMap(({ content }) =>
        (Array.isArray(content) ? content : []).flatMap((part) => part.image_url ?? []),
      ),
      tools: ((body.tools ?? []) as { name: string }[]).map(({ name }) => name),
      schema: text?.format?.schema,
      reasoning: ofType('reasoning').map(({ summary, encrypted_content: signature }) => ({
        text: textOf(summary),
        signature: typeof signature === 'string' ? signature : undefined,
      })),
      calls: ofType('function_call').map(({ call_id: id, name, arguments: input }) => ({
        id: String(id),
        name: String(name),
        input: JSON.parse(String(input)),
      })),
      results: ofType('function_call_output').map(({ call_id: id, output }) => ({
        id: String(id),
        text: textOf(output),
      })),
      isStream: body.stream === true,
    }
  },
}

function toBody({ system, turns, tools, schema }: Question): JsonObject {
  return {
    max_output_tokens: 3_000,
    store: false,
    include: ['reasoning.encrypted_content'],
    input: turns,
    ...(system !== undefined && { instructions: system }),
    ...(tools && { tools: tools.map((name) => ({ type: 'function', name, parameters: toolSchema, strict: false })) }),
    ...(schema && { text: { format: { type: 'json_schema', name: 'answer', schema, strict: true } } }),
  }
}

function toItems({ reasoning, signature, text, calls = [] }: Reply): readonly Item[] {
  return [
    ...(reasoning === undefined
      ? []
      : [
          {
            id: 'rs_1',
            type: 'reasoning',
            summary: [{ type: 'summary_text', text: reasoning }],
            encrypted_content: signature,
          },
        ]),
    ...(text === undefined
      ? []
      : [
          {
            id: 'msg_1',
            type: 'message',
            status: 'completed',
            role: 'assistant',
            content: [{ type: 'output_text', text, annotations: [], logprobs: [] }],
          },
        ]),
    ...calls.map(({ id, name, input }, index) => ({
      id: `fc_${index}`,
      type: 'function_call',
      status: 'completed',
      call_id: id,
      name,
      arguments: JSON.stringify(input),
    })),
  ]
}

function toItemEvents(item: Item, output_index: number): readonly Item[] {
  const at = { item_id: item.id, output_index }
  const added = { type: 'response.output_item.added', output_index }
  const done = { type: 'response.output_item.done', output_index, item }
  if (item.type === 'reasoning') {
    const text = textOf(item.summary)
    const part = { type: 'summary_text', text }
    return [
      { ...added, item: { ...item, summary: [], encrypted_content: '' } },
      { type: 'response.reasoning_summary_part.added', ...at, summary_index: 0, part: { ...part, text: '' } },
      ...toPieces(text).map((delta) => ({
        type: 'response.reasoning_summary_text.delta',
        ...at,
        summary_index: 0,
        delta,
      })),
      { type: 'response.reasoning_summary_text.done', ...at, summary_index: 0, text },
      { type: 'response.reasoning_summary_part.done', ...at, summary_index: 0, part },
      done,
    ]
  }
  if (item.type === 'message') {
    const text = textOf(item.content)
    const part = { type: 'output_text', text, annotations: [], logprobs: [] }
    return [
      { ...added, item: { ...item, status: 'in_progress', content: [] } },
      { type: 'response.content_part.added', ...at, content_index: 0, part: { ...part, text: '' } },
      ...toPieces(text).map((delta) => ({
        type: 'response.output_text.delta',
        ...at,
        content_index: 0,
        delta,
        logprobs: [],
      })),
      { type: 'response.output_text.done', ...at, content_index: 0, text, logprobs: [] },
      { type: 'response.content_part.done', ...at, content_index: 0, part },
      done,
    ]
  }
  return [
    { ...added, item: { ...item, status: 'in_progress', arguments: '' } },
    ...toPieces(String(item.arguments)).map((delta) => ({
      type: 'response.function_call_arguments.delta',
      ...at,
      delta,
    })),
    { type: 'response.function_call_arguments.done', ...at, name: item.name, arguments: item.arguments },
    done,
  ]
}

/** Reads the stream to its last event, which has the whole response. */
async function readStream(
  client: OpenAI,
  body: OpenAI.Responses.ResponseCreateParamsNonStreaming,
): Promise<OpenAI.Responses.Response> {
  const stream = await client.responses.create({ ...body, stream: true })
  let last: OpenAI.Responses.Response | undefined
  for await (const event of stream) {
    if (event.type === 'response.completed' || event.type === 'response.incomplete') last = event.response
  }
  if (last === undefined) throw new Error('The stream ended early.')
  return last
}

function toFinish({ incomplete_details: details }: OpenAI.Responses.Response, hasCalls: boolean) {
  if (details?.reason === 'max_output_tokens') return 'length'
  if (details?.reason === 'content_filter') return 'filter'
  return hasCalls ? 'tool-calls' : 'stop'
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  const parts = Array.isArray(content) ? (content as Item[]) : []
  return parts.map(({ text }) => (typeof text === 'string' ? text : '')).join('')
}
