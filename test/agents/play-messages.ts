import { messageStop, toMessageDelta, toMessageEvent, toTextDelta } from '../support/anthropic-fixtures.ts'
import { json, sse } from '../support/upstream-scripts.ts'
import { type FakeModel, type Turn, toArguments, toDeltas, turnUsage } from './fake-model.ts'

/** Anthropic's Messages. Source: https://platform.claude.com/docs/en/build-with-claude/streaming, read on 2026-11-30. */
export const fakeMessages: FakeModel = {
  name: 'Anthropic’s Messages',
  dialect: 'messages',
  provider: { kind: 'anthropic', api_key: 'sk-ant-of-the-operator' },
  basePath: '',
  model: 'claude-sonnet-5-5',
  callId: 'toolu_01Fake',
  play(turn) {
    switch (turn.kind) {
      case 'busy':
        return json(429, rateLimited, { headers: { 'retry-after': String(turn.retryAfterSeconds) } })
      case 'stalled':
        return sse([start, ...textBlock(turn).slice(0, -1)], { doneAtEnd: false, ending: 'never' })
      case 'text':
        return sse([start, ...textBlock(turn), toMessageDelta('end_turn', usage), messageStop], { doneAtEnd: false })
      case 'tool':
        return sse([start, ...toolBlock(turn), toMessageDelta('tool_use', usage), messageStop], { doneAtEnd: false })
    }
  },
}

const usage = {
  input_tokens: turnUsage.input - turnUsage.cached,
  cache_read_input_tokens: turnUsage.cached,
  cache_creation_input_tokens: 0,
  output_tokens: turnUsage.output,
}

const rateLimited = { type: 'error', error: { type: 'rate_limit_error', message: 'Slow down.' } }

const start = toMessageEvent({
  type: 'message_start',
  message: {
    id: 'msg_01Fake',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-5-5',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usage, output_tokens: 1 },
  },
})

function textBlock(turn: Turn & { kind: 'text' | 'stalled' }): readonly string[] {
  return [
    toMessageEvent({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
    ...toDeltas(turn).map(toTextDelta),
    toMessageEvent({ type: 'content_block_stop', index: 0 }),
  ]
}

function toolBlock({ call }: Turn & { kind: 'tool' }): readonly string[] {
  const block = { type: 'tool_use', id: 'toolu_01Fake', name: call.name, input: {} }
  return [
    toMessageEvent({ type: 'content_block_start', index: 0, content_block: block }),
    ...toDeltas({ text: JSON.stringify(toArguments(call)) }).map((partial_json) =>
      toMessageEvent({ type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json } }),
    ),
    toMessageEvent({ type: 'content_block_stop', index: 0 }),
  ]
}
