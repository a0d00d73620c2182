import type { BufferShare } from '../../core/buffers.ts'
import { GatewayError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { editJson } from '../../openai/edit-json.ts'
import { estimateTokens } from '../../openai/estimate-tokens.ts'
import { withMarks } from '../../openai/long-strings.ts'
import type { JsonBody } from '../../providers/provider.ts'
import type { Message, MessageRole, NewMessage, SessionStore } from '../../storage/session-store.ts'
import type { Caller, CallRequest } from '../call/call.ts'
import type { Ports } from '../call/ports.ts'
import { requireStorage } from '../call/require-ports.ts'
import { resolveAlias } from '../routing/plan-targets.ts'
import { contextWindow } from './context-window.ts'
import { type ChatMessage, trimHistory } from './trim-history.ts'

/** A question and its answer in a session. A call has one, whatever the number of its attempts: the answer of the last of them is stored. */
export interface Exchange {
  readonly owner: string
  readonly sessionId: string
  /** The request with the session's history before it. */
  readonly request: CallRequest
  /** The caller's messages, to be stored with the reply. */
  readonly newMessages: readonly NewMessage[]
}

/** The session's last messages that are read. No window takes more in practice: a million tokens are 4 MB of text, and the rest is for pictures. */
const historyLimit = { limit: 400, maxBytes: 6 * 1_048_576 }
/** A question that is kept in a session: written to the database in one step, and read again by each that follows. */
const maxQueryBytes = 4 * 1_048_576
/** Its first messages, in which a longer session's instructions are found. */
const openingLimit = { limit: 10, maxBytes: 1_048_576 }

/**
 * Puts a session's history before a chat request, as many turns of it as the model's window takes; the system message always stays first.
 * The messages that are read count in `share` (case D5). Rejects with GatewayError `session_not_found` also where the session is somebody else's (S31),
 * `body_too_large` and `overloaded`.
 */
export async function loadHistory(
  request: CallRequest,
  sessionId: string,
  caller: Caller,
  share: BufferShare,
  ports: Ports,
): Promise<Exchange> {
  const { sessions } = requireStorage(ports)
  if (request.body.kind === 'json' && lengthOf(request.body) > maxQueryBytes)
    throw new GatewayError(
      'body_too_large',
      `A question in a session has at most ${maxQueryBytes} bytes, since it is kept. Send pictures by their URL.`,
    )
  const { owner } = caller
  const stored = await readHistory(sessions, owner, sessionId)
  if (stored === undefined) throw unknownSession(sessionId)
  if (request.body.kind !== 'json') throw new GatewayError('invalid_value', 'A session takes chat messages as JSON.')
  const incoming = readMessages(request.body.object)
  const fresh = incoming.filter((message) => !isSystem(message))
  const known = lastInstructions(stored).map(withoutStatus)
  const own = incoming.filter(isSystem)
  const system = own.length > 0 ? own : known
  const history = stored.filter((message) => !isSystem(message)).flatMap(toChatMessages)
  const budget = questionTokens(request, ports) - system.reduce((sum, message) => sum + estimateTokens(message), 0)
  const messages = [...system, ...trimHistory(history, fresh, budget)]
  const kept = isSame(own, known) ? fresh : [...own, ...fresh]
  const { text, object } = request.body
  const { longs } = request.body
  const edits = { messages: longs === undefined ? messages : withMarks(messages, longs) }
  const body: JsonBody = { ...request.body, text: editJson(text, edits), object: { ...object, messages } }
  // As read, as text, and as text of the request.
  share.require(share.bytes + 3 * (body.text.length - text.length))
  return {
    owner,
    sessionId,
    request: { ...request, body },
    newMessages: kept.map((message) => toNewMessage(message, ports)),
  }
}

function lengthOf({ text, longs = [] }: JsonBody): number {
  return longs.reduce((sum, { length }) => sum + length, text.length)
}

export function unknownSession(sessionId: string): GatewayError {
  return new GatewayError(
    'session_not_found',
    `There is no session ${JSON.stringify(sessionId.slice(0, 100))}. Make one first.`,
  )
}

/** The last messages, cut where a turn begins; of a session that is longer also the instructions at its beginning. */
async function readHistory(
  sessions: SessionStore,
  owner: string,
  sessionId: string,
): Promise<readonly Message[] | undefined> {
  const last = await sessions.messages(owner, sessionId, historyLimit)
  const before = last?.[0]?.position ?? 1
  if (last === undefined || before === 1) return last
  const opening = await sessions.messages(owner, sessionId, { ...openingLimit, after: 0, before })
  const firstTurn = last.findIndex(({ role }) => role === 'user')
  return [...(opening ?? []).filter(isSystem), ...last.filter((message, at) => at >= firstTurn || isSystem(message))]
}

/** System messages that stand together were sent together: the last of them are those in force. */
function lastInstructions(stored: readonly Message[]): readonly Message[] {
  const end = stored.findLastIndex(isSystem) + 1
  const start = stored.slice(0, end).findLastIndex((message) => !isSystem(message)) + 1
  return stored.slice(start, end)
}

/** The window less the answer: as long as the caller allows it to be, or a quarter. */
function questionTokens({ model, body }: CallRequest, { settings }: Ports): number {
  const window = contextWindow(model === undefined ? undefined : resolveAlias(model, settings.models.aliases))
  const asked = body.kind === 'json' ? (body.object.max_completion_tokens ?? body.object.max_tokens) : undefined
  return window - (typeof asked === 'number' ? asked : window / 4)
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

/** Of an interrupted answer the words alone: a tool call that nobody could have run would be refused. */
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
