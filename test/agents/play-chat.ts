import { json, sse } from '../support/upstream-scripts.ts'
import { type FakeModel, toArguments, toDeltas, turnUsage } from './fake-model.ts'

/** OpenAI's chat completions. Source: https://platform.openai.com/docs/api-reference/chat-streaming, read on 2026-11-30. */
export const fakeChat: FakeModel = {
  name: 'OpenAI’s chat completions',
  dialect: 'chat',
  provider: { kind: 'openai', api_key: 'sk-of-the-operator' },
  basePath: '/v1',
  model: 'gpt-6-luna',
  callId: 'call_fake',
  play(turn) {
    switch (turn.kind) {
      case 'busy':
        return json(429, rateLimited, { headers: { 'retry-after': String(turn.retryAfterSeconds) } })
      case 'stalled':
        return sse([first, ...toDeltas(turn).map((content) => chunk({ content }))], { ending: 'never' })
      case 'text':
        return sse([first, ...toDeltas(turn).map((content) => chunk({ content })), chunk({}, 'stop'), counted])
      case 'tool': {
        const offered = { name: turn.call.name, arguments: '' }
        const called = { index: 0, id: 'call_fake', type: 'function', function: offered }
        const deltas = toDeltas({ text: JSON.stringify(toArguments(turn.call)) }).map((part) =>
          chunk({ tool_calls: [{ index: 0, function: { arguments: part } }] }),
        )
        return sse([first, chunk({ tool_calls: [called] }), ...deltas, chunk({}, 'tool_calls'), counted])
      }
    }
  },
}

const rateLimited = {
  error: { message: 'Slow down.', type: 'requests', param: null, code: 'rate_limit_exceeded' },
}

const head = { id: 'chatcmpl-fake', object: 'chat.completion.chunk', created: 1_741_570_283, model: 'gpt-6-luna' }

function chunk(delta: object, finishReason: string | null = null): object {
  return { ...head, choices: [{ index: 0, delta, finish_reason: finishReason }], usage: null }
}

const first = chunk({ role: 'assistant', content: '' })

const counted = {
  ...head,
  choices: [],
  usage: {
    prompt_tokens: turnUsage.input,
    completion_tokens: turnUsage.output,
    total_tokens: turnUsage.input + turnUsage.output,
    prompt_tokens_details: { cached_tokens: turnUsage.cached },
  },
}
