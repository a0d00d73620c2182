import { expect, test } from 'vitest'
import { readRecordsOf } from '../faults/read-records.ts'
import { createSessionClient } from '../pipeline/sessions/session-client.ts'
import { messageStart, toMessageEvent } from '../support/anthropic-fixtures.ts'
import { ask } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { gatewayToken } from '../support/gateway.ts'
import { functionCall, toPartEvent } from '../support/gemini-fixtures.ts'
import type { RawResponse } from '../support/raw-client.ts'
import { completed, textItem, toResponseEvents } from '../support/responses-fixtures.ts'
import type { ScriptedUpstream } from '../support/scripted-upstream.ts'
import { sse } from '../support/upstream-scripts.ts'

const thoughts = ['The user ', 'wants the weather.']
const text = 'Grüße aus Paris 🙂, hello'
const args = '{"location": "Paris", "unit": "celsius"}'

const toChunk = (delta: object, finish: string | null = null) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: finish }],
})

const toDelta = (index: number, delta: object) => toMessageEvent({ type: 'content_block_delta', index, delta })
const toStart = (index: number, content_block: object) =>
  toMessageEvent({ type: 'content_block_start', index, content_block })
const toStop = (index: number) => toMessageEvent({ type: 'content_block_stop', index })

/** A stream of each dialect with reasoning, text and a call, up to its success. */
const streams = {
  chat: [
    ...[
      toChunk({ role: 'assistant', content: '' }),
      ...thoughts.map((thought) => toChunk({ reasoning_content: thought })),
      toChunk({ content: text }),
      toChunk({
        tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '' } }],
      }),
      ...[args.slice(0, 15), args.slice(15)].map((part) =>
        toChunk({ tool_calls: [{ index: 0, function: { arguments: part } }] }),
      ),
      toChunk({}, 'tool_calls'),
    ].map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`),
    'data: [DONE]\n\n',
  ],
  messages: [
    messageStart,
    toStart(0, { type: 'thinking', thinking: '', signature: '' }),
    ...thoughts.map((thinking) => toDelta(0, { type: 'thinking_delta', thinking })),
    toStop(0),
    toStart(1, { type: 'text', text: '' }),
    toDelta(1, { type: 'text_delta', text }),
    toStop(1),
    toStart(2, { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} }),
    ...[args.slice(0, 15), args.slice(15)].map((partial_json) =>
      toDelta(2, { type: 'input_json_delta', partial_json }),
    ),
    toStop(2),
    toMessageEvent({
      type: 'message_delta',
      delta: { stop_reason: 'tool_use', stop_sequence: null },
      usage: { output_tokens: 9 },
    }),
    toMessageEvent({ type: 'message_stop' }),
  ],
  responses: toResponseEvents([
    {
      type: 'response.created',
      response: { id: 'resp_1', object: 'response', model: 'm', status: 'in_progress', output: [] },
    },
    { type: 'response.output_item.added', output_index: 0, item: { id: 'rs_1', type: 'reasoning', summary: [] } },
    ...thoughts.map((delta) => ({
      type: 'response.reasoning_summary_text.delta',
      item_id: 'rs_1',
      output_index: 0,
      summary_index: 0,
      delta,
    })),
    {
      type: 'response.output_item.done',
      output_index: 0,
      item: { id: 'rs_1', type: 'reasoning', summary: [{ type: 'summary_text', text: thoughts.join('') }] },
    },
    {
      type: 'response.output_item.added',
      output_index: 1,
      item: { ...textItem, id: 'msg_1', status: 'in_progress', content: [] },
    },
    {
      type: 'response.output_text.delta',
      item_id: 'msg_1',
      output_index: 1,
      content_index: 0,
      delta: text,
      logprobs: [],
    },
    { type: 'response.output_item.done', output_index: 1, item: { ...textItem, id: 'msg_1' } },
    {
      type: 'response.output_item.added',
      output_index: 2,
      item: {
        id: 'fc_1',
        type: 'function_call',
        call_id: 'call_1',
        name: 'get_weather',
        arguments: '',
        status: 'in_progress',
      },
    },
    ...[args.slice(0, 15), args.slice(15)].map((delta) => ({
      type: 'response.function_call_arguments.delta',
      item_id: 'fc_1',
      output_index: 2,
      delta,
    })),
    {
      type: 'response.output_item.done',
      output_index: 2,
      item: {
        id: 'fc_1',
        type: 'function_call',
        call_id: 'call_1',
        name: 'get_weather',
        arguments: args,
        status: 'completed',
      },
    },
    completed([]),
  ]),
  gemini: [
    ...thoughts.map((thought) => toPartEvent({ text: thought, thought: true }, 2)),
    toPartEvent({ text }, 5),
    toPartEvent(functionCall, 12),
    toPartEvent({ text: '' }, 12, { finishReason: 'STOP' }),
  ],
} as const

type Name = keyof typeof streams

const models: Record<Name, string> = {
  chat: 'chatty/m',
  messages: 'claude-sonnet-5-5',
  responses: 'responder/m',
  gemini: 'gemini-3.5-flash',
}

const requests: Record<Name, (model: string) => { target: string; body: object }> = {
  chat: (model) => ({
    target: '/v1/chat/completions',
    body: { model, stream: true, messages: [{ role: 'user', content: 'Hi' }] },
  }),
  messages: (model) => ({
    target: '/v1/messages',
    body: { model, stream: true, max_tokens: 500, messages: [{ role: 'user', content: 'Hi' }] },
  }),
  responses: (model) => ({ target: '/v1/responses', body: { model, stream: true, input: 'Hi' } }),
  gemini: (model) => ({
    target: `/v1beta/models/${model}:streamGenerateContent?alt=sse`,
    body: { contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] },
  }),
}

const names = Object.keys(streams) as Name[]
const directions = names.flatMap((from) => names.filter((to) => to !== from).map((to) => ({ from, to })))

/** The places where a stream is cut, in bytes. */
function cutsOf(name: Name): readonly (readonly [cut: string, bytes: number])[] {
  const bytes = Buffer.from(streams[name].join(''))
  const at = (part: string, add: number) => {
    const found = bytes.indexOf(part)
    if (found === -1) throw new Error(`${name} has no ${part}`)
    return found + add
  }
  const second = streams[name].findIndex((event) => event.includes(thoughts[1] ?? ''))
  const afterThoughts = Buffer.byteLength(streams[name].slice(0, second + 1).join(''))
  const argument = name === 'gemini' ? at('"args":{"loc', 12) : at(JSON.stringify(args.slice(15)).slice(1, -1), 4)
  return [
    ['after a thought', afterThoughts],
    ['within a thought', at('wants the', 5)],
    ['within a character', at('🙂', 2)],
    ['within the arguments', argument],
  ]
}

/** The last event of each dialect: what says the error, and what a success would have had. */
const ends: Record<Name, { readonly error: RegExp; readonly success: RegExp }> = {
  chat: {
    error: /\ndata: \{"error":\{.*"code":"upstream_interrupted"\}\}\n\n$/,
    success: /\[DONE\]|"finish_reason":"/,
  },
  messages: {
    error: /\nevent: error\ndata: \{"type":"error",.*"code":"upstream_interrupted"\}\}\n\n$/,
    success: /message_delta|message_stop/,
  },
  responses: { error: /\nevent: error\n.*\n\nevent: response\.failed\n.*\n\n$/, success: /response\.completed/ },
  gemini: { error: /data: \{"error":\{"code":502,.*UPSTREAM_INTERRUPTED.*\}\n\n$/, success: /finishReason/ },
}

describeOnBothStored('A translated stream that breaks off', (_start, { share }) => {
  function toOptions({ url }: ScriptedUpstream) {
    const base_url = `${url}/v1`
    const providers = {
      chatty: { kind: 'custom', base_url, api_key: 'sk-c', dialects: ['chat.completions'] },
      responder: { kind: 'custom', base_url, api_key: 'sk-r', dialects: ['responses'] },
    }
    const env = {
      ANTHROPIC_API_KEY: 'sk-ant-x',
      ANTHROPIC_BASE_URL: url,
      GEMINI_API_KEY: 'goog-x',
      GEMINI_BASE_URL: url,
      TOKEN: gatewayToken,
    }
    return { env, config: { providers } }
  }

  test.each(directions)(
    'R11 ends with an error of the client’s dialect and no success, and is charged: from $from to $to',
    async ({ from, to }) => {
      const { upstream, gateway } = await share(toOptions)
      const results: RawResponse[] = []
      for (const [cut, bytes] of cutsOf(from))
        for (const ending of ['fin', 'reset'] as const) {
          upstream.respondNext(sse([...streams[from]], { cutAfterBytes: bytes, ending }))
          const result = await ask(gateway, requests[to](models[from]))
          results.push(result)
          expect(result.isComplete, cut).toBe(true)
          expect(result.text, cut).toMatch(ends[to].error)
          expect(result.text, cut).not.toMatch(ends[to].success)
          expect(result.text, cut).toContain(thoughts[0])
          expect(result.text, cut).not.toContain('\ufffd')
        }
      const records = await readRecordsOf(gateway, ...results)
      expect(records).toHaveLength(8)
      for (const record of records) {
        expect(record).toMatchObject({ outcome: 'interrupted', error_code: 'upstream_interrupted' })
        expect(record.output_tokens).toBeGreaterThan(0)
      }
    },
  )

  test.each(names.filter((name) => name !== 'chat'))(
    'is stored in its session as `incomplete`, with the text so far: from %s',
    async (from) => {
      const { upstream, gateway } = await share(toOptions)
      const client = createSessionClient(gateway)
      const { id } = await client.create()
      const bytes = new Map(cutsOf(from)).get('within the arguments') ?? 0
      upstream.respond(sse([...streams[from]], { cutAfterBytes: bytes }))
      await client.chat(id, 'Hi', { model: models[from], stream: true })
      expect(await client.messages(id)).toMatchObject([
        { role: 'user', content: 'Hi', status: 'complete' },
        { role: 'assistant', content: text, status: 'incomplete' },
      ])
    },
  )
})
