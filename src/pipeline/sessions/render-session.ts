import type { BufferShare } from '../../core/buffers.ts'
import { sliceString } from '../../core/slice-string.ts'
import type { Message, Session } from '../../storage/session-store.ts'

/** Converts a session to its response. */
export function toSessionObject({ id, title, createdAt, updatedAt, version }: Session) {
  return {
    id,
    object: 'session' as const,
    title: title ?? null,
    created_at: Math.floor(createdAt / 1000),
    updated_at: Math.floor(updatedAt / 1000),
    message_count: version,
  }
}

/** Converts a message to its response. */
export function toMessageObject(message: Message) {
  const { id, position, role, content, otherFields, status, model, createdAt } = message
  return {
    ...otherFields,
    id,
    object: 'session.message' as const,
    position,
    role,
    content,
    status,
    model: model ?? null,
    created_at: Math.floor(createdAt / 1000),
  }
}

/**
 * Renders a session with its messages as JSON, page by page, because a session may hold any number of images (case D5).
 * Counts each page in `share`, and releases it at the end.
 */
export async function* renderSession(
  session: Session,
  pages: AsyncIterable<readonly Message[]>,
  share: BufferShare,
): AsyncGenerator<string, void> {
  let chunk = `${JSON.stringify(toSessionObject(session)).slice(0, -1)},"messages":[`
  let separator = ''
  try {
    for await (const page of pages) {
      const messages = page.map((message) => JSON.stringify(toMessageObject(message)))
      share.require(messages.reduce((sum, { length }) => sum + 2 * length, 0))
      for (const message of messages) {
        chunk += separator
        separator = ','
        for (const slice of sliceString(message, chunkLength)) {
          chunk += slice
          if (chunk.length < chunkLength) continue
          yield chunk
          chunk = ''
        }
      }
    }
    yield `${chunk}]}`
  } finally {
    share.release()
  }
}

/** Characters in one chunk. */
const chunkLength = 256 * 1_024
