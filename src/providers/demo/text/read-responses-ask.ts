import { isJsonObject, type JsonObject } from '../../../core/json.ts'
import { countInputTokens } from './count-input-tokens.ts'
import type { DemoAsk, OutputFormat } from './demo-ask.ts'
import { readConversation, type Turn } from './read-conversation.ts'
import { readFunctionTools } from './read-function-tools.ts'
import { readLimit } from './read-limit.ts'
import { readToolChoice } from './read-tool-choice.ts'

/** Reads the body of a response. `previous_response_id` is not followed: the demo remembers nothing. */
export function readResponsesAsk(model: string, body: JsonObject): DemoAsk {
  const turns = readTurns(body.input)
  const text = body.text
  return {
    model,
    conversation: readConversation(turns),
    tools: readFunctionTools(body.tools),
    toolChoice: readToolChoice(body.tool_choice),
    format: readFormat(isJsonObject(text) ? text.format : undefined),
    maxTokens: readLimit(body.max_output_tokens),
    stop: [],
    inputTokens: countInputTokens(turns, [body.instructions, body.tools, body.text]),
  }
}

function readTurns(input: unknown): readonly Turn[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }]
  const list: readonly unknown[] = Array.isArray(input) ? input : []
  return list.filter(isJsonObject).flatMap(toTurn)
}

/** Reasoning, calls and other items of a model are skipped: what counts is what people and tools said. */
function toTurn(item: JsonObject): readonly Turn[] {
  if (item.type === 'function_call_output') return [{ role: 'tool', content: item.output }]
  return typeof item.role === 'string' ? [{ role: item.role, content: item.content }] : []
}

function readFormat(format: unknown): OutputFormat {
  if (!isJsonObject(format)) return { kind: 'text' }
  if (format.type === 'json_object') return { kind: 'json' }
  return format.type === 'json_schema' ? { kind: 'schema', schema: format.schema } : { kind: 'text' }
}
