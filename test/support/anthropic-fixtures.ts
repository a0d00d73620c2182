import type Anthropic from '@anthropic-ai/sdk'

// Requests and responses of Anthropic's Messages. Sources, read on 2026-11-30:
// https://platform.claude.com/docs/en/api/messages/create, …/build-with-claude/streaming, …/prompt-caching,
// …/extended-thinking, …/agents-and-tools/tool-use/web-search-tool, and the types of @anthropic-ai/sdk 1.14.0.

export const messageRequest = {
  model: 'claude-sonnet-5-5',
  max_tokens: 1_024,
  messages: [{ role: 'user', content: 'Hello, Claude' }],
} satisfies Anthropic.MessageCreateParams

/** 2,095 tokens of input, 3,000 read from the cache, 500 written for five minutes and 400 for an hour. */
export const cachedUsage = {
  input_tokens: 2_095,
  cache_creation_input_tokens: 900,
  cache_read_input_tokens: 3_000,
  cache_creation: { ephemeral_5m_input_tokens: 500, ephemeral_1h_input_tokens: 400 },
  output_tokens: 503,
  service_tier: 'standard',
}

export const message = {
  id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-5-5',
  content: [{ type: 'text', text: "Hi! My name is Claude. What's your name?", citations: null }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: cachedUsage,
}

export const thinkingBlock = {
  type: 'thinking',
  thinking: 'The user greets me.',
  signature: 'EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk',
}

export const toolUse = {
  type: 'tool_use',
  id: 'toolu_01T1x1fJ34qAmk2tNTrN7Up6',
  name: 'get_weather',
  input: { location: 'San Francisco, CA', unit: 'fahrenheit' },
}

/** One event with its name, as in the stream of the documentation. */
export function toMessageEvent(data: { readonly type: string; readonly [name: string]: unknown }): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
}

/** The first event counts the input, and a single token of the output. */
export const messageStart = toMessageEvent({
  type: 'message_start',
  message: { ...message, content: [], stop_reason: null, usage: { ...cachedUsage, output_tokens: 1 } },
})

export function toTextDelta(text: string): string {
  return toMessageEvent({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })
}

/** "The token counts shown in the `usage` field of the `message_delta` event are cumulative." */
export function toMessageDelta(stopReason: string, usage: object = { output_tokens: 503 }): string {
  return toMessageEvent({ type: 'message_delta', delta: { stop_reason: stopReason, stop_sequence: null }, usage })
}

export const ping = toMessageEvent({ type: 'ping' })
export const messageStop = toMessageEvent({ type: 'message_stop' })

/** A stream of text, in the order of the documentation. */
export const messageStream = [
  messageStart,
  toMessageEvent({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  ping,
  toTextDelta('Hello'),
  toTextDelta('!'),
  toMessageEvent({ type: 'content_block_stop', index: 0 }),
  toMessageDelta('end_turn'),
  messageStop,
]

/** A stream with thinking and a call of a tool. */
export const toolStream = [
  messageStart,
  toMessageEvent({
    type: 'content_block_start',
    index: 0,
    content_block: { type: 'thinking', thinking: '', signature: '' },
  }),
  ...[
    { type: 'thinking_delta', thinking: 'The user ' },
    { type: 'thinking_delta', thinking: 'greets me.' },
    { type: 'signature_delta', signature: thinkingBlock.signature },
  ].map((delta) => toMessageEvent({ type: 'content_block_delta', index: 0, delta })),
  toMessageEvent({ type: 'content_block_stop', index: 0 }),
  toMessageEvent({ type: 'content_block_start', index: 1, content_block: { ...toolUse, input: {} } }),
  ...['', '{"location": "San', ' Francisco, CA", "unit"', ': "fahrenheit"}'].map((partial_json) =>
    toMessageEvent({ type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json } }),
  ),
  toMessageEvent({ type: 'content_block_stop', index: 1 }),
  toMessageDelta('tool_use'),
  messageStop,
]

/** Source: https://platform.claude.com/docs/en/api/errors */
export const overloaded = {
  type: 'error',
  error: { type: 'overloaded_error', message: 'Overloaded' },
  request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy',
}
