import { isJsonObject, type JsonObject } from '../../core/json.ts'
import type { DemoCall } from './call.ts'
import { countInputTokens, type Output, planOutputs, type Turn } from './plan-output.ts'
import { type Frame, type Reply, toEventReply, toJsonReply, toTypedEvent } from './reply.ts'

/** `POST /messages`, Anthropic's. */
export function createMessage(call: DemoCall): Reply {
  const { body, model } = call
  const turns = readTurns(body.messages)
  const { format } = isJsonObject(body.output_config) ? body.output_config : { format: undefined }
  const [output = { toolName: undefined, pieces: [], isWhole: true }] = planOutputs({
    model,
    turns,
    tools: readTools(body.tools),
    toolChoice: readToolChoice(body.tool_choice),
    format,
    maxTokens: body.max_tokens,
    stop: body.stop_sequences,
  })
  const message = toMessage(call, output)
  return body.stream === true ? toEventReply(toEvents(message, output)) : toJsonReply(message)
}

/** `POST /messages/count_tokens`. */
export function countMessageTokens({ body }: DemoCall): Reply {
  return toJsonReply({ input_tokens: countInput(body) })
}

/** Reads the messages. A result of a tool is a block of a user's message, and becomes a turn of its own. */
function readTurns(messages: unknown): readonly Turn[] {
  const list: readonly unknown[] = Array.isArray(messages) ? messages : []
  return list.filter(isJsonObject).flatMap(({ role, content }): readonly Turn[] => {
    if (!Array.isArray(content)) return [{ role: String(role), content }]
    const results = content.filter((block) => isJsonObject(block) && block.type === 'tool_result')
    const others = content.filter((block) => !results.includes(block))
    const turn = others.length === 0 ? [] : [{ role: String(role), content: others }]
    return [...turn, ...results.map((block) => ({ role: 'tool', content: block.content }))]
  })
}

/** Converts the caller's own tools to functions. Tools with a type are the provider's. */
function readTools(tools: unknown): readonly JsonObject[] {
  return (Array.isArray(tools) ? tools : [])
    .filter((tool): tool is JsonObject => isJsonObject(tool) && (tool.type === undefined || tool.type === 'custom'))
    .map(({ name, input_schema: parameters }) => ({ type: 'function', name, parameters }))
}

function readToolChoice(choice: unknown): unknown {
  if (!isJsonObject(choice) || choice.type === 'none') return isJsonObject(choice) ? 'none' : undefined
  return choice.type === 'tool' ? { type: 'function', name: choice.name } : 'auto'
}

function countInput({ messages, system, tools, output_config: config }: JsonObject): number {
  return countInputTokens(readTurns(messages), [system, tools, config])
}

function toMessage({ id, model, body }: DemoCall, { toolName, pieces, isWhole }: Output) {
  const text = pieces.join('')
  const block =
    toolName === undefined
      ? { type: 'text', text }
      : { type: 'tool_use', id: `toolu_demo_${id}`, name: toolName, input: isWhole ? JSON.parse(text) : {} }
  const ending = toolName === undefined ? 'end_turn' : 'tool_use'
  return {
    id: `msg_demo_${id}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [block],
    stop_reason: isWhole ? ending : 'max_tokens',
    stop_sequence: null,
    usage: {
      input_tokens: countInput(body),
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: pieces.length,
      service_tier: 'standard',
    },
  }
}

function* toEvents(message: ReturnType<typeof toMessage>, { toolName, pieces }: Output): Generator<Frame> {
  const { content, stop_reason, stop_sequence, usage } = message
  const begun = { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } }
  yield toTypedEvent({ type: 'message_start', message: begun })
  const emptied = toolName === undefined ? { text: '' } : { input: {} }
  yield toTypedEvent({ type: 'content_block_start', index: 0, content_block: { ...content[0], ...emptied } })
  for (const [index, piece] of pieces.entries()) {
    const delta =
      toolName === undefined ? { type: 'text_delta', text: piece } : { type: 'input_json_delta', partial_json: piece }
    yield toTypedEvent({ type: 'content_block_delta', index: 0, delta }, index > 0)
  }
  yield toTypedEvent({ type: 'content_block_stop', index: 0 })
  yield toTypedEvent({ type: 'message_delta', delta: { stop_reason, stop_sequence }, usage })
  yield toTypedEvent({ type: 'message_stop' })
}
