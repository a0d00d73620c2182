import { GatewayError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import type { NewMessage, Message as StoredMessage, Session as StoredSession } from '../storage/session-store.ts'
import type { GraphqlContext } from './graphql-context.ts'
import { limits } from './limits.ts'
import type { Message, MessageInput, Session } from './schema.generated.ts'

/** Converts a session to its GraphQL object, which loads its messages only on request. */
export function toSession({ id, title, createdAt, updatedAt, version }: StoredSession): Session {
  return {
    id,
    title,
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
    messageCount: version,
    async messages({ limit, before }, context) {
      checkPageSize(limit, limits.messagesPerPage)
      const { items, next } = await context.sessions().messages(id, { limit, before: before ?? undefined })
      return { items: items.map(toMessage), next: next === undefined ? null : Number(next) }
    },
  }
}

/** Throws GatewayError `invalid_value` unless `limit` is from 1 to `max`. */
export function checkPageSize(limit: number, max: number): void {
  if (limit >= 1 && limit <= max) return
  throw new GatewayError('invalid_value', `limit must be from 1 to ${max}.`, { param: 'limit' })
}

/** The fields of a stored or unstored message. */
type MessageParts = Pick<StoredMessage, 'id' | 'role' | 'content' | 'createdAt'> &
  Partial<Pick<StoredMessage, 'otherFields' | 'status' | 'model' | 'position'>>

/** Converts a message to its GraphQL object. */
export function toMessage(parts: MessageParts): Message {
  const { id, role, content, otherFields, status, model, position, createdAt } = parts
  return {
    id,
    content: toText(content),
    isUser: role === 'user',
    timestamp: new Date(createdAt).toISOString(),
    success: true,
    error: null,
    role,
    isComplete: status !== 'incomplete',
    model,
    position,
    chatMessage: { ...otherFields, role, content },
  }
}

/** Joins the text parts of a message; skips images and audio. */
function toText(content: MessageParts['content']): string {
  if (content === null) return ''
  if (typeof content === 'string') return content
  return content.flatMap((part) => (isJsonObject(part) && typeof part.text === 'string' ? [part.text] : [])).join('\n')
}

/** Stores a message in its session; without a session it returns the message unchanged. */
export async function sendMessage(
  { content, isUser, sessionId }: MessageInput,
  context: GraphqlContext,
): Promise<Message> {
  const { secrets, clock } = context.ports
  const message: NewMessage = {
    id: `msg_${secrets.randomHex(16)}`,
    role: isUser === false ? 'assistant' : 'user',
    content,
    status: 'complete',
  }
  if (sessionId === null || sessionId === undefined) return toMessage({ ...message, createdAt: clock.now() })
  const [stored] = await context.sessions().append(sessionId, [message])
  return toMessage(stored ?? { ...message, createdAt: clock.now() })
}
