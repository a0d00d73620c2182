import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../src/core/json.ts'
import { chatCompletions } from '../../src/dialects/chat-completions.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { messages } from '../../src/dialects/messages.ts'
import { responses } from '../../src/dialects/responses.ts'
import { createChatWriter } from '../../src/translation/chat/write-reply.ts'
import { DroppedFields } from '../../src/translation/fields.ts'
import type { ReplyContext, ReplyEvent } from '../../src/translation/reply.ts'
import { readResponsesPrompt } from '../../src/translation/responses/read-prompt.ts'
import { createResponsesReader } from '../../src/translation/responses/read-reply.ts'
import { toFlatName } from '../../src/translation/responses/tool-names.ts'
import { createResponsesWriter } from '../../src/translation/responses/write-reply.ts'
import { canTranslate, ReplyTranslation, translateRequest } from '../../src/translation/translate.ts'
import {
  completed,
  functionCall,
  reasoningItem,
  response,
  responseUsage,
  textEvents,
  textItem,
  toCallEvents,
} from '../support/responses-fixtures.ts'

const request = { isStream: false }
const target = { model: 'gpt-5.5', limitField: 'max_output_tokens', maxOutputTokens: 128_000 }

const translate = (body: JsonObject, from: Dialect, to: Dialect, model = target.model) =>
  translateRequest(body, from, to, request, { ...target, model })

/** Returns the request as a chat, and the fields that it lost. */
const toChat = (body: JsonObject) => translate({ input: 'x', ...body }, responses, chatCompletions)

/** Returns a chat as a request of Responses, and the fields that it lost. */
const fromChat = (body: JsonObject, model?: string) =>
  translate({ messages: [{ role: 'user', content: 'x' }], ...body }, chatCompletions, responses, model)

const read = (body: JsonObject) => readResponsesPrompt(body, new DroppedFields())

const weather = { type: 'function', name: 'get_weather', parameters: { type: 'object' } }

test('Responses, chat completions and Messages are translated into each other', () => {
  const all = [responses, chatCompletions, messages]
  for (const from of all) for (const to of all) expect(canTranslate(from, to)).toBe(true)
})

describe('A request of Responses', () => {
  test('keeps its settings in a chat, where they have other names', () => {
    const { body, dropped } = toChat({
      instructions: 'Be brief.',
      max_output_tokens: 100,
      reasoning: { effort: 'low', summary: 'auto' },
      text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true }, verbosity: 'low' },
      include: ['message.output_text.logprobs', 'reasoning.encrypted_content'],
      top_logprobs: 2,
      tools: [{ ...weather, strict: false }],
      tool_choice: { type: 'function', name: 'get_weather' },
      parallel_tool_calls: false,
      service_tier: 'flex',
      metadata: { a: 'b' },
      user: 'u',
      prompt_cache_key: 'k',
      store: false,
      truncation: 'disabled',
    })
    expect(dropped).toEqual([])
    expect(body).toEqual({
      model: 'gpt-5.5',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'x' },
      ],
      max_output_tokens: 100,
      tools: [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object' }, strict: false } }],
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
      parallel_tool_calls: false,
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true } },
      reasoning_effort: 'low',
      logprobs: true,
      top_logprobs: 2,
      user: 'u',
      prompt_cache_key: 'k',
      service_tier: 'flex',
      metadata: { a: 'b' },
      verbosity: 'low',
    })
  })

  test('names what it loses: hosted tools and their items, and what only OpenAI can do', () => {
    const { body, dropped } = toChat({
      input: [
        { role: 'user', content: 'x' },
        { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'q' } },
        { ...textItem, phase: 'final_answer' },
      ],
      tools: [weather, { type: 'web_search' }, { type: 'mcp', server_label: 's' }],
      include: ['web_search_call.action.sources'],
      truncation: 'auto',
      max_tool_calls: 3,
      top_logprobs: 1,
      context_management: [{ type: 'compaction' }],
      reasoning: { context: 'all_turns' },
    })
    expect(body.messages).toEqual([
      { role: 'user', content: 'x' },
      { role: 'assistant', content: 'Hello, world' },
    ])
    expect([...dropped].sort()).toEqual([
      'context_management',
      'include.web_search_call.action.sources',
      'input[].phase',
      'input[].web_search_call',
      'max_tool_calls',
      'reasoning.context',
      'tools[].mcp',
      'tools[].web_search',
      'top_logprobs',
      'truncation',
    ])
  })

  test.each([
    ['prompt', { prompt: { id: 'pmpt_1' } }],
    ['input[0].id', { input: [{ type: 'item_reference', id: 'msg_1' }] }],
    ['input[0].id', { input: [{ id: 'msg_1' }] }],
    ['input[0].type', { input: [{ type: 'compaction', encrypted_content: 'e' }] }],
    ['tool_choice', { tools: [weather, { type: 'web_search' }], tool_choice: { type: 'web_search_preview' } }],
    ['tool_choice', { tools: [{ type: 'web_search' }], tool_choice: 'required' }],
    ['tool_choice', { tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'web_search' }] } }],
    ['text.format.type', { text: { format: { type: 'grammar' } } }],
  ])('is refused at `%s` if it would mean something else', (param, body) => {
    expect(() => toChat(body)).toThrow(expect.objectContaining({ code: 'field_not_translatable', param }))
  })

  test('has instructions in every role of them, pictures, files, and outputs with pictures', () => {
    const pixel = 'data:image/png;base64,AAAA'
    const { system, turns } = read({
      instructions: 'one',
      input: [
        { role: 'developer', content: 'two' },
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_image', image_url: pixel, detail: 'low' },
            { type: 'input_image', file_id: 'file_1', detail: 'auto' },
            { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,BBBB' },
            { type: 'input_file', file_url: 'https://x.test/b.pdf' },
          ],
        },
        { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image', image_url: pixel }] },
        { role: 'system', content: [{ type: 'input_text', text: 'three' }] },
      ],
    })
    expect(system.map(({ text }) => text)).toEqual(['one', 'two', 'three'])
    const png = { kind: 'base64', mediaType: 'image/png', data: 'AAAA' }
    expect(turns).toMatchObject([
      {
        role: 'user',
        parts: [
          { kind: 'image', source: png, detail: { value: 'low' } },
          { kind: 'image', source: { kind: 'file-id', id: 'file_1' }, detail: undefined },
          { kind: 'file', source: { mediaType: 'application/pdf', data: 'BBBB' }, name: { value: 'a.pdf' } },
          { kind: 'file', source: { kind: 'url', url: 'https://x.test/b.pdf' } },
        ],
      },
      { role: 'assistant', parts: [{ kind: 'tool-call', id: 'c', name: 'f', input: '{}' }] },
      { role: 'user', parts: [{ kind: 'tool-result', id: 'c', parts: [{ kind: 'image', source: png }] }] },
    ])
  })

  test('offers the tools of a namespace, and those that a later item adds, under flat names', () => {
    const inner = { type: 'function', name: 'open' }
    const { tools, settings } = read({
      input: [{ type: 'additional_tools', role: 'developer', tools: [{ type: 'custom', name: 'late' }] }],
      tools: [{ type: 'namespace', name: 'browser', tools: [inner] }],
      tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ ...inner, namespace: 'browser' }] },
    })
    expect(tools.map(({ name, schema }) => [name, schema])).toEqual([
      ['browser__open', { type: 'object', properties: {} }],
      ['late', undefined],
    ])
    expect(settings.toolChoice?.value).toEqual({ kind: 'allowed', names: ['browser__open'], isRequired: false })
  })
})

describe('A flat name', () => {
  test('joins the namespace and the name', () => {
    expect([toFlatName('run', undefined), toFlatName('run', 'mcp')]).toEqual(['run', 'mcp__run'])
  })

  test('is at most 64 characters long, differs for other tools, and is the same in every turn', () => {
    const long = 'n'.repeat(80)
    const names = [
      toFlatName(`${long}1`, 'a'),
      toFlatName(`${long}2`, 'a'),
      toFlatName('b.c', 'a'),
      toFlatName('b_c', 'a'),
    ]
    for (const name of names) expect(name).toMatch(/^[\w-]{1,64}$/)
    expect(new Set(names).size).toBe(4)
    expect(toFlatName(`${long}1`, 'a')).toBe(names[0])
  })
})

describe('A chat sent as Responses', () => {
  test('keeps custom tools with their grammar, and which tools are allowed', () => {
    const grammar = { syntax: 'lark', definition: 'start: "a"' }
    const custom = { name: 'patch', format: { type: 'grammar', grammar } }
    const call = { id: 'c', type: 'custom', custom: { name: 'patch', input: 'text' } }
    const { body, dropped } = fromChat({
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', tool_calls: [call] },
        { role: 'tool', tool_call_id: 'c', content: 'done' },
      ],
      tools: [{ type: 'custom', custom }],
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [{ type: 'custom', custom: { name: 'patch' } }] },
      },
    })
    expect(dropped).toEqual([])
    expect(body).toMatchObject({
      input: [
        { role: 'user' },
        { type: 'custom_tool_call', call_id: 'c', name: 'patch', input: 'text' },
        { type: 'custom_tool_call_output', call_id: 'c', output: 'done' },
      ],
      tools: [{ type: 'custom', name: 'patch', format: { type: 'grammar', ...grammar } }],
      tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'custom', name: 'patch' }] },
    })
  })

  test('is not stored, and loses by name what Responses do not have', () => {
    const { body, dropped } = fromChat({
      store: true,
      seed: 1,
      stop: ['a'],
      temperature: 0.5,
      verbosity: 'low',
      user: 'u',
    })
    expect(body).toEqual({
      model: 'gpt-5.5',
      input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'x' }] }],
      store: false,
      include: ['reasoning.encrypted_content'],
      text: { verbosity: 'low' },
      user: 'u',
    })
    expect([...dropped].sort()).toEqual(['seed', 'stop', 'store', 'temperature'])
  })

  test('has a temperature, log probabilities and no reasoning with a model that does not reason', () => {
    const sent = { temperature: 0.5, top_p: 0.9, logprobs: true, top_logprobs: 3, reasoning_effort: 'low' }
    const { body, dropped } = fromChat({ ...sent, max_tokens: 900_000 }, 'gpt-4.1')
    expect(body).toMatchObject({
      temperature: 0.5,
      top_p: 0.9,
      top_logprobs: 3,
      include: ['message.output_text.logprobs'],
      max_output_tokens: 128_000,
    })
    expect(body).not.toHaveProperty('reasoning')
    expect(dropped).toEqual(['reasoning_effort'])
  })

  test('has only OpenAI’s own reasoning, and none that nothing follows', () => {
    const thinking = (signature: string) => ({ type: 'thinking', thinking: 't', signature })
    const { body, dropped } = translate(
      {
        max_tokens: 100,
        messages: [
          { role: 'user', content: 'x' },
          {
            role: 'assistant',
            content: [thinking('weir:responses:rs_1:enc'), thinking('claude'), { type: 'text', text: 'a' }],
          },
          { role: 'user', content: 'y' },
          { role: 'assistant', content: [thinking('weir:responses:rs_2:cut')] },
          { role: 'user', content: 'z' },
        ],
      },
      messages,
      responses,
    )
    expect(body.input).toEqual([
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'x' }] },
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 't' }], encrypted_content: 'enc' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'a' }] },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'y' }] },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'z' }] },
    ])
    expect(dropped).toEqual(['messages[].content[]'])
  })
})

/** Reads the events of a stream. */
function readAll(events: readonly JsonObject[]): readonly ReplyEvent[] {
  const reader = createResponsesReader()
  return [...events.flatMap((event) => reader.read(event)), ...reader.end()]
}

const start = { kind: 'start', id: response.id, model: response.model }
const finish = (reason: string, raw = 'completed') => ({
  kind: 'finish',
  finish: { reason, raw },
  usage: {
    counts: expect.objectContaining({
      inputTokens: 1_000,
      outputTokens: 50,
      cachedInputTokens: 600,
      reasoningTokens: 30,
    }),
    cost: undefined,
  },
})
const textBlock = [
  { kind: 'open', block: { kind: 'text' } },
  { kind: 'delta', text: 'Hello, world', logprobs: undefined },
  { kind: 'close', signature: undefined },
]
const callBlock = ({ call_id: id, name }: { readonly call_id: string; readonly name: string }, ...texts: string[]) => [
  { kind: 'open', block: { kind: 'tool-call', id, name } },
  ...texts.map((text) => ({ kind: 'delta', text })),
  { kind: 'close', signature: undefined },
]

describe('A stream of Responses', () => {
  test('is read to the end with its deltas, and nothing of what repeats them', () => {
    expect(readAll(textEvents)).toEqual([
      start,
      { kind: 'open', block: { kind: 'text' } },
      { kind: 'delta', text: 'Hello', logprobs: undefined },
      { kind: 'delta', text: ', world', logprobs: undefined },
      { kind: 'close', signature: undefined },
      finish('stop'),
    ])
  })

  test('is read from finished items if it has no deltas, and from its last event if it has no items', () => {
    const all = [reasoningItem, textItem, functionCall]
    const expected = [
      start,
      { kind: 'open', block: { kind: 'reasoning' } },
      { kind: 'delta', text: 'The user greets me.', logprobs: undefined },
      { kind: 'delta', text: '\n\n' },
      { kind: 'delta', text: 'I look up the weather.', logprobs: undefined },
      {
        kind: 'close',
        signature: { dialect: 'responses', value: reasoningItem.encrypted_content, id: reasoningItem.id },
      },
      ...textBlock,
      ...callBlock(functionCall, functionCall.arguments),
      finish('tool-calls'),
    ]
    const items = all.map((item, output_index) => ({ type: 'response.output_item.done', output_index, item }))
    expect(readAll([{ type: 'response.created', response }, ...items, completed(all)])).toEqual(expected)
    expect(readAll([completed(all)])).toEqual(expected)
  })

  test('is read item by item if its calls alternate', () => {
    const [one, two] = [functionCall, { ...functionCall, call_id: 'call_2' }] as const
    const [first, second] = [toCallEvents(one, 0), toCallEvents(two, 1)]
    const mixed = first.flatMap((event, index) => [event, second[index] ?? event])
    const deltas = [functionCall.arguments.slice(0, 5), functionCall.arguments.slice(5)]
    expect(readAll([{ type: 'response.created', response }, ...mixed, completed([one, two])])).toEqual([
      start,
      ...callBlock(one, ...deltas),
      ...callBlock(two, ...deltas),
      finish('tool-calls'),
    ])
  })

  test('has refusals, log probabilities, raw reasoning and calls of custom tools; other events are left out', () => {
    const logprobs = [{ token: 'a', logprob: -1, top_logprobs: [] }]
    const custom = { type: 'custom_tool_call', id: 'ctc_1', call_id: 'c', name: 'patch', input: 'raw' }
    const events = [
      { type: 'response.web_search_call.searching', output_index: 0, item_id: 'ws_1' },
      { type: 'response.output_item.done', output_index: 0, item: { type: 'web_search_call', id: 'ws_1' } },
      { type: 'response.reasoning_text.delta', output_index: 1, content_index: 0, delta: 'r' },
      { type: 'response.output_item.done', output_index: 1, item: { type: 'reasoning', id: 'rs_1', summary: [] } },
      { type: 'response.output_text.delta', output_index: 2, content_index: 0, delta: 'a', logprobs },
      { type: 'response.refusal.delta', output_index: 2, content_index: 1, delta: 'no' },
      { type: 'response.output_item.done', output_index: 2, item: { type: 'message', content: [] } },
      { type: 'response.output_item.added', output_index: 3, item: { ...custom, input: '' } },
      { type: 'response.custom_tool_call_input.delta', output_index: 3, delta: 'raw' },
      { type: 'response.output_item.done', output_index: 3, item: custom },
      { type: 'response.of_tomorrow', output_index: 4 },
    ]
    const close = { kind: 'close', signature: undefined }
    expect(readAll(events)).toEqual([
      { kind: 'open', block: { kind: 'reasoning' } },
      { kind: 'delta', text: 'r', logprobs: undefined },
      close,
      { kind: 'open', block: { kind: 'text' } },
      { kind: 'delta', text: 'a', logprobs },
      close,
      { kind: 'open', block: { kind: 'refusal' } },
      { kind: 'delta', text: 'no', logprobs: undefined },
      close,
      { kind: 'open', block: { kind: 'tool-call', id: 'c', name: 'patch', isCustom: true } },
      { kind: 'delta', text: 'raw' },
      close,
    ])
  })

  test.each([
    ['max_output_tokens', 'length'],
    ['content_filter', 'filter'],
  ])('that ends with `%s` finishes with `%s`', (reason, expected) => {
    const incomplete = { ...response, status: 'incomplete', incomplete_details: { reason } }
    const events = [...textEvents.slice(0, -1), { type: 'response.incomplete', response: incomplete }]
    expect(readAll(events).at(-1)).toEqual(finish(expected, reason))
  })
})

const context = (body: JsonObject = {}): ReplyContext => ({
  request: body,
  id: 'ab12',
  now: 1_700_000_000,
  model: 'm',
  wantsUsage: true,
})

const usage = { counts: { inputTokens: 1_000, outputTokens: 50, cachedInputTokens: 600, reasoningTokens: 30 } }
const signature = { dialect: 'gemini', value: 'g' } as const

describe('The events of a translated response', () => {
  test('are those of OpenAI, in its order, numbered and with the ids of their items', () => {
    const writer = createResponsesWriter(context({ tools: [weather], temperature: 0.5 }))
    const events = (
      [
        { kind: 'start', id: 'x', model: 'claude' },
        { kind: 'open', block: { kind: 'reasoning' } },
        { kind: 'delta', text: 'hm' },
        { kind: 'close', signature },
        { kind: 'open', block: { kind: 'text' } },
        { kind: 'delta', text: 'Hi' },
        { kind: 'close' },
        { kind: 'open', block: { kind: 'tool-call', id: 'c', name: 'get_weather' } },
        { kind: 'close' },
        { kind: 'finish', finish: { reason: 'tool-calls', raw: 'tool_use' }, usage },
      ] as const
    ).flatMap((event) => writer.write(event))
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index))
    expect(events.map(({ type, item_id: id = '' }) => `${type} ${id}`.trim())).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.reasoning_summary_part.added rs_ab120',
      'response.reasoning_summary_text.delta rs_ab120',
      'response.reasoning_summary_text.done rs_ab120',
      'response.reasoning_summary_part.done rs_ab120',
      'response.output_item.done',
      'response.output_item.added',
      'response.content_part.added msg_ab121',
      'response.output_text.delta msg_ab121',
      'response.output_text.done msg_ab121',
      'response.content_part.done msg_ab121',
      'response.output_item.done',
      'response.output_item.added',
      'response.function_call_arguments.done fc_ab122',
      'response.output_item.done',
      'response.completed',
    ])
    const part = { type: 'output_text', text: 'Hi', annotations: [], logprobs: [] }
    expect(events.at(-1)?.response).toEqual({
      id: 'resp_ab12',
      object: 'response',
      created_at: 1_700_000_000,
      completed_at: 1_700_000_000,
      status: 'completed',
      background: false,
      error: null,
      incomplete_details: null,
      instructions: null,
      max_output_tokens: null,
      max_tool_calls: null,
      metadata: {},
      model: 'claude',
      output: [
        {
          id: 'rs_ab120',
          type: 'reasoning',
          summary: [{ type: 'summary_text', text: 'hm' }],
          encrypted_content: 'weir:gemini::g',
        },
        { id: 'msg_ab121', type: 'message', status: 'completed', role: 'assistant', content: [part] },
        {
          id: 'fc_ab122',
          type: 'function_call',
          status: 'completed',
          call_id: 'c',
          name: 'get_weather',
          arguments: '{}',
        },
      ],
      parallel_tool_calls: true,
      previous_response_id: null,
      prompt_cache_key: null,
      reasoning: { effort: null, summary: null },
      safety_identifier: null,
      store: false,
      temperature: 0.5,
      text: { format: { type: 'text' } },
      tool_choice: 'auto',
      tools: [weather],
      top_logprobs: 0,
      top_p: null,
      truncation: 'disabled',
      usage: responseUsage,
      user: null,
    })
  })

  test('have the input of a custom tool as text, in one delta if a function stood for the tool', () => {
    const inputs = (block: Extract<ReplyEvent, { kind: 'open' }>['block'], texts: readonly string[]) => {
      const writer = createResponsesWriter(context({ tools: [{ type: 'custom', name: 'patch' }] }))
      const deltas = texts.map((text) => ({ kind: 'delta', text }) as const)
      const events: ReplyEvent[] = [{ kind: 'open', block }, ...deltas, { kind: 'close' }]
      return events
        .flatMap((event) => writer.write(event))
        .map(({ type, delta, input }) => [type, delta ?? input])
        .slice(1, -1)
    }
    const call = { kind: 'tool-call', id: 'c', name: 'patch' } as const
    expect(inputs(call, ['{"input":', '"a\\nb"}'])).toEqual([
      ['response.custom_tool_call_input.delta', 'a\nb'],
      ['response.custom_tool_call_input.done', 'a\nb'],
    ])
    expect(inputs({ ...call, isCustom: true }, ['{"input":', '1}'])).toEqual([
      ['response.custom_tool_call_input.delta', '{"input":'],
      ['response.custom_tool_call_input.delta', '1}'],
      ['response.custom_tool_call_input.done', '{"input":1}'],
    ])
  })

  test('have no part for reasoning that shows only its signature', () => {
    const writer = createResponsesWriter(context())
    const events = (
      [
        { kind: 'open', block: { kind: 'reasoning' } },
        { kind: 'close', signature },
      ] as const
    ).flatMap((event) => writer.write(event))
    expect(events.map(({ type }) => type)).toEqual(['response.output_item.added', 'response.output_item.done'])
    expect(events[1]?.item).toEqual({
      id: 'rs_ab120',
      type: 'reasoning',
      summary: [],
      encrypted_content: 'weir:gemini::g',
    })
  })
})

test('The chunks of a chat become a response, with raw reasoning as its summary and calls in turn', () => {
  const translation = new ReplyTranslation(chatCompletions, responses, context({ stream: true }))
  const call = (index: number, more: object) => ({ tool_calls: [{ index, ...more }] })
  const chunks = [
    { reasoning_content: 'hm' },
    { content: 'Hi' },
    call(0, { id: 'c0', type: 'function', function: { name: 'f', arguments: '{"a"' } }),
    call(1, { id: 'c1', type: 'function', function: { name: 'g', arguments: '{}' } }),
    call(0, { function: { arguments: ':1}' } }),
  ].map((delta) => ({ id: 'x', model: 'm', choices: [{ index: 0, delta, finish_reason: null }] }))
  const end = {
    choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }],
    usage: { prompt_tokens: 3, completion_tokens: 2 },
  }
  const text = [...chunks, end].map((chunk) => translation.toEvents(chunk, '')).join('') + translation.toLastEvents()
  expect(text).not.toContain('[DONE]')
  const data = text.split('\n').findLast((line) => line.startsWith('data: ')) ?? ''
  expect(JSON.parse(data.slice('data: '.length))).toMatchObject({
    type: 'response.completed',
    response: {
      output: [
        { type: 'reasoning', summary: [{ text: 'hm' }] },
        { type: 'message', content: [{ text: 'Hi' }] },
        { type: 'function_call', call_id: 'c0', name: 'f', arguments: '{"a":1}' },
        { type: 'function_call', call_id: 'c1', name: 'g', arguments: '{}' },
      ],
      usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
    },
  })
})

describe('A chat gets from another dialect', () => {
  const write = (block: Extract<ReplyEvent, { kind: 'open' }>['block'], texts: readonly string[], body: JsonObject) => {
    const writer = createChatWriter(context(body))
    const events: ReplyEvent[] = [
      { kind: 'open', block },
      ...texts.map((text) => ({ kind: 'delta', text }) as const),
      { kind: 'close' },
    ]
    return events
      .flatMap((event) => writer.write(event))
      .map(({ choices }) => (choices as { delta: unknown }[])[0]?.delta)
  }
  const toDelta = (call: object) => ({ tool_calls: [{ index: 0, ...call }] })
  const custom = { tools: [{ type: 'custom', custom: { name: 'patch' } }] }

  test('the call of a custom tool, for which a function stood', () => {
    expect(write({ kind: 'tool-call', id: 'c', name: 'patch' }, ['{"input":', '"a\\nb"}'], custom)).toEqual([
      toDelta({ id: 'c', type: 'custom', custom: { name: 'patch', input: '' } }),
      toDelta({ custom: { input: 'a\nb' } }),
    ])
  })

  test('the call of a custom tool as text, where the provider has such tools', () => {
    expect(write({ kind: 'tool-call', id: 'c', name: 'patch', isCustom: true }, ['a', 'b'], custom)).toEqual([
      toDelta({ id: 'c', type: 'custom', custom: { name: 'patch', input: '' } }),
      toDelta({ custom: { input: 'a' } }),
      toDelta({ custom: { input: 'b' } }),
    ])
  })

  test('arguments that are JSON, if a function is called without any', () => {
    expect(write({ kind: 'tool-call', id: 'c', name: 'f' }, [], {})).toEqual([
      toDelta({ id: 'c', type: 'function', function: { name: 'f', arguments: '' } }),
      toDelta({ function: { arguments: '{}' } }),
    ])
  })
})
