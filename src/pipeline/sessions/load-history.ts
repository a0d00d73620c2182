import type { BufferShare } from '../../core/buffers.ts'
import { GatewayError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { editJson } from '../../openai/edit-json.ts'
import { estimateTokens } from '../../openai/estimate-tokens.ts'
import { replaceLongStrings } from '../../openai/long-strings.ts'
import type { JsonBody } from '../../providers/provider.ts'
import type { Message, MessageRole, NewMessage, SessionStore } from '../../storage/session-store.ts'
import type { Caller, CallRequest } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import { requireStorage } from '../call/require-ports.ts'
import { resolveAlias } from '../routing/plan-targets.ts'
import { contextWindow } from './context-window.ts'
import { type ChatMessage, trimHistory } from './trim-history.ts'

/** A prompt and its reply in a session. A call has one, however many attempts it makes: the last reply is stored. */
export interface Exchange {
  readonly owner: string
  readonly sessionId: string
  /** The request with the session's history before it. */
  readonly request: CallRequest
  /** The caller's messages, which are stored with the reply. */
  readonly newMessages: readonly NewMessage[]
}

/** History limit. No window takes more in practice: a million tokens are 4 MB of text; the rest is for images. */
const historyLimit = { limit: 400, maxBytes: 6 * 1_048_576 }
/** Maximum bytes of a prompt in a session: one step writes it to the database, and each later prompt reads it. */
const maxPromptBytes = 4 * 1_048_576
/** The session's first messages, which hold the instructions of a longer session. */
const openingLimit = { limit: 10, maxBytes: 1_048_576 }

/**
 * Puts a session's history before a chat request, as many exchanges as fit into the model's window; system messages
 * always stay first. The messages read count in `share` (case D5). Rejects with GatewayError `session_not_found` (also
 * for another caller's session, S31), `body_too_large` and `overloaded`.
 */
export async function loadHistory(
  request: CallRequest,
  sessionId: string,
  caller: Caller,
  share: BufferShare,
  ports: Ports,
): Promise<Exchange> {
  const { sessions } = requireStorage(ports)
  if (request.body.kind === 'json' && lengthOf(request.body) > maxPromptBytes)
    throw new GatewayError(
      'body_too_large',
      `A prompt in a session may have at most ${maxPromptBytes} bytes, because it is stored. Send images by URL.`,
    )
  const { sessionOwner: owner = caller.owner } = caller
  const stored = await readHistory(sessions, owner, sessionId)
  if (stored === undefined) throw unknownSession(sessionId)
  if (request.body.kind !== 'json')
    throw new GatewayError('invalid_value', 'A session accepts chat messages as JSON only.')
  const incoming = readMessages(request.body.object)
  const fresh = incoming.filter((message) => !isSystem(message))
  const current = lastInstructions(stored).map(withoutStatus)
  const own = incoming.filter(isSystem)
  const system = own.length > 0 ? own : current
  const history = stored.filter((message) => !isSystem(message)).flatMap(toChatMessages)
  const budget = promptTokens(request, ports) - system.reduce((sum, message) => sum + estimateTokens(message), 0)
  const messages = [...system, ...trimHistory(history, fresh, budget)]
  const added = isSame(own, current) ? fresh : [...own, ...fresh]
  const { text, object } = request.body
  const { longs } = request.body
  const edits = { messages: longs === undefined ? messages : replaceLongStrings(messages, longs) }
  const body: JsonBody = { ...request.body, text: editJson(text, edits), object: { ...object, messages } }
  // Counted three times: as stored, as a string, and as part of the request's string.
  share.require(share.bytes + 3 * (body.text.length - text.length))
  return {
    owner,
    sessionId,
    request: { ...request, body },
    newMessages: added.map((message) => toNewMessage(message, ports)),
  }
}

function lengthOf({ text, longs = [] }: JsonBody): number {
  return longs.reduce((sum, { length }) => sum + length, text.length)
}

export function unknownSession(sessionId: string): GatewayError {
  return new GatewayError(
    'session_not_found',
    `Session ${JSON.stringify(sessionId.slice(0, 100))} does not exist. Create one first.`,
  )
}

/** Reads the last messages, from the start of an exchange; for a longer session also its first instructions. */
async function readHistory(
  sessions: SessionStore,
  owner: string,
  sessionId: string,
): Promise<readonly Message[] | undefined> {
  const last = await sessions.messages(owner, sessionId, historyLimit)
  const before = last?.[0]?.position ?? 1
  if (last === undefined || before === 1) return last
  const opening = await sessions.messages(owner, sessionId, { ...openingLimit, after: 0, before })
  const firstExchange = last.findIndex(({ role }) => role === 'user')
  return [
    ...(opening ?? []).filter(isSystem),
    ...last.filter((message, at) => at >= firstExchange || isSystem(message)),
  ]
}

/** Returns the system messages in force: the last group of adjacent ones, which were sent together. */
function lastInstructions(stored: readonly Message[]): readonly Message[] {
  const end = stored.findLastIndex(isSystem) + 1
  const start = stored.slice(0, end).findLastIndex((message) => !isSystem(message)) + 1
  return stored.slice(start, end)
}

/** Returns the window less the tokens for the reply: the caller's limit, or a quarter of the window. */
function promptTokens({ model, body }: CallRequest, { settings }: Ports): number {
  const window = contextWindow(model === undefined ? undefined : resolveAlias(model, settings.models.aliases))
  const maxReply = body.kind === 'json' ? (body.object.max_completion_tokens ?? body.object.max_tokens) : undefined
  return window - (typeof maxReply === 'number' ? maxReply : window / 4)
}

/** A message that can be stored. */
type StorableMessage = ChatMessage & { readonly role: MessageRole }

const roles: ReadonlySet<unknown> = new Set<MessageRole>(['user', 'assistant', 'system', 'developer', 'tool'])

function readMessages({ messages }: JsonObject): readonly StorableMessage[] {
  if (!Array.isArray(messages)) return []
  return messages.map((message: unknown) => {
    if (isJsonObject(message) && roles.has(message.role)) return message as StorableMessage
    throw new GatewayError('invalid_value', 'Each message needs a role: user, assistant, system, developer or tool.', {
      param: 'messages',
    })
  })
}

/** Keeps only the content of an interrupted reply: a provider would refuse its tool calls, which were never run. */
function toChatMessages(message: Message): readonly ChatMessage[] {
  const { role, content, status } = message
  if (status === 'complete') return [withoutStatus(message)]
  return content === null ? [] : [{ role, content }]
}

function withoutStatus({ role, content, otherFields }: Message): ChatMessage {
  return { ...otherFields, role, content }
}

function toNewMessage({ role, content, ...otherFields }: StorableMessage, { secrets }: Ports): NewMessage {
  return {
    id: `msg_${secrets.randomHex(16)}`,
    role,
    content: typeof content === 'string' || Array.isArray(content) ? content : null,
    status: 'complete',
    ...(Object.keys(otherFields).length > 0 && { otherFields }),
  }
}

function isSystem({ role }: ChatMessage | Message): boolean {
  return role === 'system' || role === 'developer'
}

function isSame(messages: readonly ChatMessage[], others: readonly ChatMessage[]): boolean {
  const toText = (list: readonly ChatMessage[]) => JSON.stringify(list.map(({ role, content }) => [role, content]))
  return toText(messages) === toText(others)
}
