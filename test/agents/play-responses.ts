import { json, sse } from '../support/upstream-scripts.ts'
import { type CustomCall, type FakeModel, type FunctionCall, toDeltas, turnUsage } from './fake-model.ts'

/** OpenAI's Responses. Source: https://platform.openai.com/docs/api-reference/responses-streaming, read on 2026-11-30. */
export const fakeResponses: FakeModel = {
  name: 'OpenAI’s Responses',
  dialect: 'responses',
  provider: { kind: 'openai', api_key: 'sk-of-the-operator' },
  basePath: '/v1',
  model: 'gpt-6-luna',
  callId: 'call_fake',
  play(turn) {
    switch (turn.kind) {
      case 'busy':
        return json(429, rateLimited, { headers: { 'retry-after': String(turn.retryAfterSeconds) } })
      case 'stalled':
        return play([created, ...text(turn.text, 2)], { ending: 'never' })
      case 'text': {
        const done = { ...message, status: 'completed', content: [{ ...part, text: turn.text }] }
        return play([
          created,
          ...text(turn.text, turn.deltas),
          ['output_text.done', { ...at, content_index: 0, text: turn.text }],
          ['content_part.done', { ...at, content_index: 0, part: { ...part, text: turn.text } }],
          ...finish(done),
        ])
      }
      case 'tool':
        return play('code' in turn.call ? customCall(turn.call) : functionCall(turn.call))
    }
  },
}

const rateLimited = {
  error: { message: 'Slow down.', type: 'requests', param: null, code: 'rate_limit_exceeded' },
}

type Event = readonly [type: string, data: object]

function play(events: readonly Event[], options: { readonly ending?: 'never' } = {}) {
  const lines = events.map(([name, data], index) => {
    const type = `response.${name}`
    return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: index, ...data })}\n\n`
  })
  return sse(lines, { ...options, doneAtEnd: false })
}

const response = { id: 'resp_fake', object: 'response', created_at: 1_741_476_542, model: 'gpt-6-luna' }
const created: Event = ['created', { response: { ...response, status: 'in_progress', output: [], usage: null } }]
const message = { type: 'message', id: 'msg_fake', role: 'assistant', status: 'in_progress' }
const part = { type: 'output_text', text: '', annotations: [] }
const at = { output_index: 0, item_id: message.id }

const usage = {
  input_tokens: turnUsage.input,
  input_tokens_details: { cached_tokens: turnUsage.cached },
  output_tokens: turnUsage.output,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: turnUsage.input + turnUsage.output,
}

function text(whole: string, deltas = 2): readonly Event[] {
  return [
    ['output_item.added', { output_index: 0, item: { ...message, content: [] } }],
    ['content_part.added', { ...at, content_index: 0, part }],
    ...toDeltas({ text: whole, deltas }).map(
      (delta): Event => ['output_text.delta', { ...at, content_index: 0, delta }],
    ),
  ]
}

function functionCall({ name, input }: FunctionCall): readonly Event[] {
  const call = { type: 'function_call', id: 'fc_fake', call_id: 'call_fake', name }
  const item = { ...call, arguments: JSON.stringify(input), status: 'completed' }
  const place = { output_index: 0, item_id: call.id }
  return [
    created,
    ['output_item.added', { output_index: 0, item: { ...call, arguments: '', status: 'in_progress' } }],
    ...toDeltas({ text: item.arguments }).map((delta): Event => ['function_call_arguments.delta', { ...place, delta }]),
    ['function_call_arguments.done', { ...place, arguments: item.arguments }],
    ...finish(item),
  ]
}

function customCall({ name, namespace, code }: CustomCall): readonly Event[] {
  const call = { type: 'custom_tool_call', id: 'ctc_fake', call_id: 'call_fake', name, namespace }
  const place = { output_index: 0, item_id: call.id }
  return [
    created,
    ['output_item.added', { output_index: 0, item: { ...call, input: '', status: 'in_progress' } }],
    ...toDeltas({ text: code }).map((delta): Event => ['custom_tool_call_input.delta', { ...place, delta }]),
    ['custom_tool_call_input.done', { ...place, input: code }],
    ...finish({ ...call, input: code, status: 'completed' }),
  ]
}

function finish(item: object): readonly Event[] {
  return [
    ['output_item.done', { output_index: 0, item }],
    ['completed', { response: { ...response, status: 'completed', output: [item], usage } }],
  ]
}
