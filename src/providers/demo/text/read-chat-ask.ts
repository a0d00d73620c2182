import { isJsonObject, type JsonObject } from '../../../core/json.ts'
import { countInputTokens } from './count-input-tokens.ts'
import type { DemoAsk, OutputFormat } from './demo-ask.ts'
import { readConversation, type Turn } from './read-conversation.ts'
import { readFunctionTools } from './read-function-tools.ts'
import { readLimit } from './read-limit.ts'
import { readStop } from './read-stop.ts'
import { readToolChoice } from './read-tool-choice.ts'

/** Reads the body of a chat completion. */
export function readChatAsk(model: string, body: JsonObject): DemoAsk {
  const turns = readTurns(body.messages)
  return {
    model,
    conversation: readConversation(turns),
    tools: readFunctionTools(body.tools),
    toolChoice: readToolChoice(body.tool_choice),
    format: readFormat(body.response_format),
    maxTokens: readLimit(body.max_completion_tokens, body.max_tokens),
    stop: readStop(body.stop),
    inputTokens: countInputTokens(turns, [body.tools, body.response_format]),
  }
}

function readTurns(messages: unknown): readonly Turn[] {
  const list: readonly unknown[] = Array.isArray(messages) ? messages : []
  return list.filter(isJsonObject).map((message) => ({ role: String(message.role), content: message.content }))
}

function readFormat(format: unknown): OutputFormat {
  if (!isJsonObject(format)) return { kind: 'text' }
  if (format.type === 'json_object') return { kind: 'json' }
  const wrapper = format.json_schema
  return isJsonObject(wrapper) ? { kind: 'schema', schema: wrapper.schema } : { kind: 'text' }
}
