import type OpenAI from 'openai'

// Requests and events of OpenAI's Responses. Sources, read on 2026-11-30: the types of openai 7,
// https://developers.openai.com/api/reference/resources/responses/streaming-events, …/api/docs/guides/reasoning,
// and requests of Codex 0.171 as they arrived at a server.

/** A call as Codex sends it, shortened. */
export const codexRequest = {
  model: 'claude-sonnet-5-5',
  instructions: 'You are Codex, based on GPT-5.',
  input: [
    {
      type: 'message',
      role: 'developer',
      content: [{ type: 'input_text', text: '<permissions instructions>' }],
    },
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'List the files.' }] },
  ],
  tools: [
    {
      type: 'function',
      name: 'shell',
      description: 'Runs a command.',
      strict: false,
      parameters: { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] },
    },
    {
      type: 'custom',
      name: 'apply_patch',
      description: 'Edits files.',
      format: { type: 'grammar', syntax: 'lark', definition: 'start: begin_patch' },
    },
    {
      type: 'namespace',
      name: 'multi_agent',
      description: 'Agents.',
      tools: [
        {
          type: 'function',
          name: 'spawn',
          description: 'Starts an agent.',
          strict: false,
          parameters: { type: 'object', properties: { task: { type: 'string' } } },
        },
      ],
    },
    { type: 'web_search', external_web_access: true },
  ],
  tool_choice: 'auto',
  parallel_tool_calls: true,
  reasoning: { effort: 'medium', summary: 'auto' },
  store: false,
  stream: true,
  include: ['reasoning.encrypted_content'],
  prompt_cache_key: '019a-thread',
  text: { verbosity: 'low' },
  client_metadata: { 'x-codex-installation-id': 'i1' },
} as const

export const responseUsage = {
  input_tokens: 1_000,
  input_tokens_details: { cached_tokens: 600, cache_write_tokens: 0 },
  output_tokens: 50,
  output_tokens_details: { reasoning_tokens: 30 },
  total_tokens: 1_050,
} satisfies OpenAI.Responses.ResponseUsage

export const reasoningItem = {
  id: 'rs_68af4030baa48193b0b43b4c2a176a1a',
  type: 'reasoning',
  summary: [
    { type: 'summary_text', text: 'The user greets me.' },
    { type: 'summary_text', text: 'I look up the weather.' },
  ],
  encrypted_content: 'gAAAAABodP_encrypted==',
} satisfies OpenAI.Responses.ResponseReasoningItem

export const functionCall = {
  id: 'fc_68af4030cc',
  type: 'function_call',
  status: 'completed',
  call_id: 'call_zSn1',
  name: 'get_weather',
  arguments: '{"location":"Paris"}',
} satisfies OpenAI.Responses.ResponseFunctionToolCall

export const textItem = {
  id: 'msg_68af40337e',
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_text', text: 'Hello, world', annotations: [], logprobs: [] }],
} satisfies OpenAI.Responses.ResponseOutputMessage

export const response = {
  id: 'resp_67ccd2bed1ec',
  object: 'response',
  created_at: 1_741_476_542,
  status: 'completed',
  error: null,
  incomplete_details: null,
  model: 'gpt-5.5',
  output: [textItem],
  usage: responseUsage,
}

/** Events with their numbers, as a server sends them. */
export function toResponseEvents(events: readonly { readonly type: string; readonly [name: string]: unknown }[]) {
  return events.map(
    (event, index) => `event: ${event.type}\ndata: ${JSON.stringify({ sequence_number: index, ...event })}\n\n`,
  )
}

const created = { ...response, status: 'in_progress', output: [], usage: null }

/** The events of reasoning with two parts of a summary, and of a call. */
export const reasoningEvents = [
  { type: 'response.created', response: created },
  { type: 'response.in_progress', response: created },
  {
    type: 'response.output_item.added',
    output_index: 0,
    item: { ...reasoningItem, summary: [], encrypted_content: 'partial' },
  },
  ...reasoningItem.summary.flatMap(({ text }, summary_index) => {
    const at = { item_id: reasoningItem.id, output_index: 0, summary_index }
    return [
      { type: 'response.reasoning_summary_part.added', ...at, part: { type: 'summary_text', text: '' } },
      { type: 'response.reasoning_summary_text.delta', ...at, delta: text.slice(0, 4), obfuscation: 'x7' },
      { type: 'response.reasoning_summary_text.delta', ...at, delta: text.slice(4), obfuscation: 'y' },
      { type: 'response.reasoning_summary_text.done', ...at, text },
      { type: 'response.reasoning_summary_part.done', ...at, part: { type: 'summary_text', text } },
    ]
  }),
  { type: 'response.output_item.done', output_index: 0, item: reasoningItem },
]

export function toCallEvents(call: typeof functionCall, output_index: number) {
  const at = { item_id: call.id, output_index }
  return [
    { type: 'response.output_item.added', output_index, item: { ...call, status: 'in_progress', arguments: '' } },
    { type: 'response.function_call_arguments.delta', ...at, delta: call.arguments.slice(0, 5) },
    { type: 'response.function_call_arguments.delta', ...at, delta: call.arguments.slice(5) },
    { type: 'response.function_call_arguments.done', ...at, arguments: call.arguments },
    { type: 'response.output_item.done', output_index, item: call },
  ]
}

export const completed = (output: readonly object[]) => ({
  type: 'response.completed',
  response: { ...response, output },
})

export const textEvents = [
  { type: 'response.created', response: created },
  { type: 'response.output_item.added', output_index: 0, item: { ...textItem, status: 'in_progress', content: [] } },
  {
    type: 'response.content_part.added',
    item_id: textItem.id,
    output_index: 0,
    content_index: 0,
    part: { ...textItem.content[0], text: '' },
  },
  ...['Hello', ', world'].map((delta) => ({
    type: 'response.output_text.delta',
    item_id: textItem.id,
    output_index: 0,
    content_index: 0,
    delta,
    logprobs: [],
  })),
  { type: 'response.output_item.done', output_index: 0, item: textItem },
  completed([textItem]),
]
