import { isJsonObject, type JsonObject } from '../core/json.ts'
import { chatCompletions } from '../dialects/chat-completions.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { writeChatPrompt } from './chat/write-prompt.ts'
import { DroppedFields } from './fields.ts'
import { readResponsesPrompt } from './responses/read-prompt.ts'

/** A body in the dialect of its operation, and the paths of the fields that it lost. */
interface OwnBody {
  readonly body: JsonObject
  readonly dropped: readonly string[]
}

/**
 * Converts a body that a client sent in another shape; undefined if it has that of its dialect. Cursor's agent sends a
 * body of Responses to chat completions and expects a chat; its other modes send tools in the shape of Responses
 * beside others. Throws like `translateRequest`. Sources, read on 2026-11-30: https://docs.litellm.ai/docs/proxy/cursor,
 * https://github.com/BerriAI/litellm/pull/34029.
 */
export function toOwnBody(body: JsonObject, dialect: Dialect): OwnBody | undefined {
  if (dialect !== chatCompletions) return undefined
  const { messages, tools, input } = body
  const hasMessages = Array.isArray(messages) ? messages.length > 0 : messages !== undefined && messages !== null
  if (!hasMessages && input !== undefined && input !== null) return fromResponses(body)
  if (!Array.isArray(tools) || !tools.some(isFlat)) return undefined
  return { body: { ...body, tools: tools.map((tool) => (isFlat(tool) ? toNested(tool) : tool)) }, dropped: [] }
}

function fromResponses({ messages: _empty, ...body }: JsonObject): OwnBody {
  const dropped = new DroppedFields()
  const { model, stream_options: options, usage } = body
  const prompt = readResponsesPrompt(body, dropped)
  const target = { model: '', limitField: 'max_completion_tokens', maxOutputTokens: undefined, isChosen: false }
  const chat = writeChatPrompt(prompt, target, dropped)
  const others = { model, stream_options: options, usage }
  return { body: { ...chat, ...others }, dropped: dropped.list() }
}

/** True for a tool in the shape of Responses. */
function isFlat(tool: unknown): tool is JsonObject & { readonly type: 'function' | 'custom' } {
  return (
    isJsonObject(tool) &&
    (tool.type === 'function' || tool.type === 'custom') &&
    tool[tool.type] === undefined &&
    typeof tool.name === 'string'
  )
}

function toNested({ type, ...tool }: JsonObject & { readonly type: 'function' | 'custom' }): JsonObject {
  const { format, ...others } = tool
  return {
    type,
    [type]: {
      ...others,
      ...(format !== undefined && { format: isJsonObject(format) ? toChatGrammar(format) : format }),
    },
  }
}

/** A chat nests the grammar of a custom tool. */
function toChatGrammar({ type, ...grammar }: JsonObject): JsonObject {
  return type === 'grammar' ? { type, grammar } : { type, ...grammar }
}
