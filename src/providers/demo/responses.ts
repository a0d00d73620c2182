import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { DemoCall } from './call.ts'
import { countInputTokens, type Output, planOutputs, type Turn } from './plan-output.ts'
import { type Frame, type Reply, type TypedEvent, toEventReply, toJsonReply, toTypedEvent } from './reply.ts'

/** `POST /responses`. Nothing is stored, whatever `store` says, and `previous_response_id` is not followed. */
export function createResponse(call: DemoCall): Reply {
  const { body, model } = call
  const turns = readTurns(body.input)
  const { format } = isJsonObject(body.text) ? body.text : { format: undefined }
  const ask = {
    model,
    turns,
    tools: body.tools,
    toolChoice: body.tool_choice,
    format,
    maxTokens: body.max_output_tokens,
  }
  const [output = { toolName: undefined, pieces: [], isWhole: true }] = planOutputs(ask)
  const inputTokens = countInputTokens(turns, [body.instructions, body.tools, body.text])
  const finished = toResponse(call, {
    status: output.isWhole ? 'completed' : 'incomplete',
    output: [toItem(call, output, true)],
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: output.pieces.length,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: inputTokens + output.pieces.length,
    },
  })
  return body.stream === true ? toEventReply(toEvents(call, output, finished)) : toJsonReply(finished)
}

/** Reasoning, calls and other items of a model are skipped: what counts is what people and tools said. */
function readTurns(input: unknown): readonly Turn[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }]
  const items: readonly unknown[] = Array.isArray(input) ? input : []
  return items.filter(isJsonObject).flatMap(({ type, role, output, content }: JsonObject) => {
    if (type === 'function_call_output') return [{ role: 'tool', content: output }]
    return typeof role === 'string' ? [{ role, content }] : []
  })
}

/** OpenAI's, for what the caller did not set. */
const defaults = {
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  temperature: 1,
  text: { format: { type: 'text' }, verbosity: 'medium' },
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  truncation: 'disabled',
  user: null,
  metadata: {},
}

interface State {
  readonly status: 'in_progress' | 'completed' | 'incomplete'
  readonly output: readonly object[]
  readonly usage: object | null
}

/** The `response` object with all its fields; what the caller set is repeated. */
function toResponse({ id, created, model, body }: DemoCall, { status, output, usage }: State) {
  const settings = Object.entries(defaults).map(([name, value]) => [name, body[name] ?? value])
  return {
    id: `resp_demo_${id}`,
    object: 'response',
    created_at: created,
    status,
    background: false,
    completed_at: status === 'completed' ? created : null,
    error: null,
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    model,
    output,
    service_tier: 'default',
    store: false,
    top_logprobs: 0,
    usage,
    ...Object.fromEntries(settings),
  }
}

/** The one item of the output, as it begins and as it ends: a message or a call of a function. */
function toItem({ id }: DemoCall, { toolName, pieces, isWhole }: Output, isOver: boolean) {
  const text = pieces.join('')
  const ending = isWhole ? 'completed' : 'incomplete'
  const status = isOver ? ending : 'in_progress'
  if (toolName === undefined) {
    const content = isOver ? [{ type: 'output_text', annotations: [], logprobs: [], text }] : []
    return { id: `msg_demo_${id}`, type: 'message', status, content, role: 'assistant' }
  }
  const given = isOver ? text : ''
  return {
    id: `fc_demo_${id}`,
    type: 'function_call',
    status,
    arguments: given,
    call_id: `call_demo_${id}`,
    name: toolName,
  }
}

/** The events in OpenAI's order, numbered. `finished` is the response that the last one carries. */
function* toEvents(call: DemoCall, output: Output, finished: ReturnType<typeof toResponse>): Generator<Frame> {
  let sequence = 0
  function toEvent(event: TypedEvent, rests = false): Frame {
    return toTypedEvent({ ...event, sequence_number: sequence++ }, rests)
  }

  const { pieces, toolName } = output
  const begun = toResponse(call, { status: 'in_progress', output: [], usage: null })
  const opened = toItem(call, output, false)
  yield toEvent({ type: 'response.created', response: begun })
  yield toEvent({ type: 'response.in_progress', response: begun })
  yield toEvent({ type: 'response.output_item.added', output_index: 0, item: opened })
  const text = pieces.join('')
  if (toolName === undefined) {
    const place = { item_id: opened.id, output_index: 0, content_index: 0 }
    const part = { type: 'output_text', annotations: [], logprobs: [], text: '' }
    yield toEvent({ type: 'response.content_part.added', ...place, part })
    for (const [position, delta] of pieces.entries())
      yield toEvent({ type: 'response.output_text.delta', ...place, delta, logprobs: [] }, position > 0)
    yield toEvent({ type: 'response.output_text.done', ...place, text, logprobs: [] })
    yield toEvent({ type: 'response.content_part.done', ...place, part: { ...part, text } })
  } else {
    const place = { item_id: opened.id, output_index: 0 }
    for (const [position, delta] of pieces.entries())
      yield toEvent({ type: 'response.function_call_arguments.delta', ...place, delta }, position > 0)
    yield toEvent({ type: 'response.function_call_arguments.done', ...place, arguments: text })
  }
  yield toEvent({ type: 'response.output_item.done', output_index: 0, item: toItem(call, output, true) })
  yield toEvent({ type: `response.${finished.status}`, response: finished })
}
