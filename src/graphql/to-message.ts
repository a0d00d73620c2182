import { isJsonObject } from '../core/json.ts'
import type { Message as StoredMessage } from '../storage/session-store.ts'
import type { Message } from './schema.generated.ts'

/** What a message is made of, kept or not. */
type MessageParts = Pick<StoredMessage, 'id' | 'role' | 'content' | 'createdAt'> &
  Partial<Pick<StoredMessage, 'otherFields' | 'status' | 'model' | 'position'>>

/** A message as GraphQL shows it. */
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

/** The text parts of a message that has parts; pictures and sounds are left out. */
function toText(content: MessageParts['content']): string {
  if (content === null) return ''
  if (typeof content === 'string') return content
  return content.flatMap((part) => (isJsonObject(part) && typeof part.text === 'string' ? [part.text] : [])).join('\n')
}
