import type { Frames } from './create-frames.ts'

/**
 * Creates a stream of Anthropic's Messages with `count` deltas of one token each, in the order of the documentation.
 * Source: https://platform.claude.com/docs/en/build-with-claude/streaming
 */
export function createMessageEvents(count: number): readonly object[] {
  const usage = { input_tokens: 20, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 }
  const head = { id: 'msg_bench000000000000000000', type: 'message', role: 'assistant', model: 'bench', content: [] }
  const deltas = Array.from({ length: count }, (_, index) => ({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'text_delta', text: ` token${index}` },
  }))
  return [
    { type: 'message_start', message: { ...head, stop_reason: null, stop_sequence: null, usage } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...deltas,
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: count },
    },
    { type: 'message_stop' },
  ]
}

/** Formats the stream as chunks of an HTTP/1.1 body. */
export function createMessageFrames(count: number): Frames {
  const events = createMessageEvents(count).map(
    (event) => `event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`,
  )
  return {
    chunks: events.map((event) => Buffer.from(`${event.length.toString(16)}\r\n${event}\r\n`)),
    bodyBytes: events.reduce((total, event) => total + event.length, 0),
  }
}
