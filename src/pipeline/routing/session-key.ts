import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { type Call, type CallRequest, fieldsOf } from '../call/call.ts'

/**
 * Headers in which clients name a conversation. Sources: docs/agents.md (Claude Code, Codex, opencode, Gemini CLI), and
 * OpenRouter's sticky routing, https://openrouter.ai/docs/guides/best-practices/prompt-caching
 */
const sessionHeaders = [
  'x-session-id',
  'x-claude-code-session-id',
  'session-id',
  'thread-id',
  'x-session-affinity',
] as const

/** Fields with the same meaning: OpenAI's and OpenRouter's. */
const sessionFields = ['prompt_cache_key', 'session_id'] as const

/** Characters at the beginning and at the end of each text that identify a conversation. */
const endLength = 128
/** Characters of the first message of its user, and of the text before: hashing more would cost microseconds. */
const maxLength = 1_024

/**
 * Returns a text that is the same for all calls of one conversation: the session that its client names, else the
 * beginning of its messages. Empty if the request has neither.
 */
export function sessionKeyOf(
  { sessionId, headers }: Pick<Call, 'sessionId' | 'headers'>,
  request: CallRequest,
): string {
  if (sessionId !== undefined) return sessionId
  for (const name of sessionHeaders) {
    const value = headers[name]
    if (typeof value === 'string' && value !== '') return value
  }
  const fields = fieldsOf(request)
  for (const name of sessionFields) {
    const value = fields[name]
    if (typeof value === 'string' && value !== '') return value
  }
  return beginningOf(fields)
}

/** Returns the system prompt and the messages up to the first of the user; these do not change in a conversation. */
function beginningOf({
  system,
  instructions,
  messages,
  input,
  contents,
  systemInstruction,
  prompt,
}: JsonObject): string {
  const before = [system, instructions, systemInstruction]
  const list = messages ?? contents ?? input ?? prompt
  let own: unknown = list
  if (Array.isArray(list) && isJsonObject(list[0])) {
    const isUsers = (message: unknown) => isJsonObject(message) && (message.role === 'user' || !('role' in message))
    const first = Math.max(0, list.findIndex(isUsers))
    before.push(...list.slice(0, first))
    own = list[first]
  }
  // Cut apart: a long system prompt is the same in all conversations of an app.
  return textOf(before) + textOf(own)
}

function textOf(value: unknown): string {
  return appendTexts('', value).slice(0, maxLength)
}

/** Appends the texts inside a value in their order, until there are enough. */
function appendTexts(text: string, value: unknown): string {
  if (text.length >= maxLength || value === undefined || value === '') return text
  if (typeof value === 'string') return `${text}\n${endsOf(value)}`
  let all = text
  if (Array.isArray(value)) {
    for (const inner of value) all = appendTexts(all, inner)
  } else if (isJsonObject(value)) {
    for (const name in value) if (name !== movingMark) all = appendTexts(all, value[name])
  } else {
    all += `\n${value}`
  }
  return all
}

/** Anthropic's clients mark the newest message, so the first one loses its mark with the second turn. */
const movingMark = 'cache_control'

/** A long text may begin like that of another conversation, or end like it. */
function endsOf(text: string): string {
  return text.length <= 2 * endLength ? text : `${text.slice(0, endLength)}${text.length}${text.slice(-endLength)}`
}
