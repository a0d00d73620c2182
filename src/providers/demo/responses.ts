import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { DemoCall } from './call.ts'
import { countInputTokens, type Output, planOutputs, type Turn } from './plan-output.ts'
import { type Frame, type Reply, type TypedEvent, toEventReply, toJsonReply, toTypedEvent } from './reply.ts'

/** `POST /responses`. Ignores `store` and `previous_response_id`: the demo stores no responses. */
export function createResponse(call: DemoCall): Reply {
  const { body, model } = call
  const turns = readTurns(body.input)
  const { format } = isJsonObject(body.text) ? body.text : { format: undefined }
  const request = {
    model,
    turns,
    tools: body.tools,
    toolChoice: body.tool_choice,
    format,
    maxTokens: body.max_output_tokens,
  }
  const [output = { toolName: undefined, pieces: [], isWhole: true }] = planOutputs(request)
  const inputTokens = countInput(body)
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

/** `POST /responses/input_tokens`. */
export function countResponseTokens({ body }: DemoCall): Reply {
  return toJsonReply({ object: 'response.input_tokens', input_tokens: countInput(body) })
}

function countInput({ input, instructions, tools, text }: JsonObject): number {
  return countInputTokens(readTurns(input), [instructions, tools, text])
}

/** Reads the messages of users and tools. Skips reasoning, calls and other items of a model. */
function readTurns(input: unknown): readonly Turn[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }]
  const items: readonly unknown[] = Array.isArray(input) ? input : []
  return items.filter(isJsonObject).flatMap(({ type, role, output, content }: JsonObject) => {
    if (type === 'function_call_output') return [{ role: 'tool', content: output }]
    return typeof role === 'string' ? [{ role, content }] : []
  })
}

/** OpenAI's defaults for fields that the caller did not set. */
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

interface Progress {
  readonly status: 'in_progress' | 'completed' | 'incomplete'
  readonly output: readonly object[]
  readonly usage: object | null
}

/** Returns the `response` object with all its fields; it repeats the caller's settings. */
function toResponse({ id, created, model, body }: DemoCall, { status, output, usage }: Progress) {
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

/** Returns the one item of the output, as it begins or ends: a message or a function call. */
function toItem({ id }: DemoCall, { toolName, pieces, isWhole }: Output, isFinished: boolean) {
  const text = pieces.join('')
  const ending = isWhole ? 'completed' : 'incomplete'
  const status = isFinished ? ending : 'in_progress'
  if (toolName === undefined) {
    const content = isFinished ? [{ type: 'output_text', annotations: [], logprobs: [], text }] : []
    return { id: `msg_demo_${id}`, type: 'message', status, content, role: 'assistant' }
  }
  const args = isFinished ? text : ''
  return {
    id: `fc_demo_${id}`,
    type: 'function_call',
    status,
    arguments: args,
    call_id: `call_demo_${id}`,
    name: toolName,
  }
}

/** Yields the events in OpenAI's order, numbered. `finished` is the response in the last event. */
function* toEvents(call: DemoCall, output: Output, finished: ReturnType<typeof toResponse>): Generator<Frame> {
  let sequence = 0
  function toEvent(event: TypedEvent, pauses = false): Frame {
    return toTypedEvent({ ...event, sequence_number: sequence++ }, pauses)
  }

  const { pieces, toolName } = output
  const begun = toResponse(call, { status: 'in_progress', output: [], usage: null })
  const opened = toItem(call, output, false)
  yield toEvent({ type: 'response.created', response: begun })
  yield toEvent({ type: 'response.in_progress', response: begun })
  yield toEvent({ type: 'response.output_item.added', output_index: 0, item: opened })
  const text = pieces.join('')
  if (toolName === undefined) {
    const position = { item_id: opened.id, output_index: 0, content_index: 0 }
    const part = { type: 'output_text', annotations: [], logprobs: [], text: '' }
    yield toEvent({ type: 'response.content_part.added', ...position, part })
    for (const [index, delta] of pieces.entries())
      yield toEvent({ type: 'response.output_text.delta', ...position, delta, logprobs: [] }, index > 0)
    yield toEvent({ type: 'response.output_text.done', ...position, text, logprobs: [] })
    yield toEvent({ type: 'response.content_part.done', ...position, part: { ...part, text } })
  } else {
    const position = { item_id: opened.id, output_index: 0 }
    for (const [index, delta] of pieces.entries())
      yield toEvent({ type: 'response.function_call_arguments.delta', ...position, delta }, index > 0)
    yield toEvent({ type: 'response.function_call_arguments.done', ...position, arguments: text })
  }
  yield toEvent({ type: 'response.output_item.done', output_index: 0, item: toItem(call, output, true) })
  yield toEvent({ type: `response.${finished.status}`, response: finished })
}
