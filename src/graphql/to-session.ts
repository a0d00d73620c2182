import type { Session as StoredSession } from '../storage/session-store.ts'
import { checkPageSize } from './check-page-size.ts'
import { limits } from './limits.ts'
import type { Session } from './schema.generated.ts'
import { toMessage } from './to-message.ts'

/** A session as GraphQL shows it; its messages are read only if they are asked for. */
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
