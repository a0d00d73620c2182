import { listModelCards } from '../pipeline/routing/list-models.ts'
import { checkPageSize } from './check-page-size.ts'
import { limits } from './limits.ts'
import type { QueryResolvers } from './schema.generated.ts'
import { toMessage } from './to-message.ts'
import { toSession } from './to-session.ts'

/** What can be asked without changing anything. */
export const queries: QueryResolvers = {
  async chatHistory({ sessionId, limit, before }, context) {
    checkPageSize(limit, limits.messagesPerPage)
    if (sessionId === null || sessionId === undefined) return []
    const { items } = await context.sessions().messages(sessionId, { limit, before: before ?? undefined })
    return items.map(toMessage)
  },
  async sessions({ limit, after }, context) {
    checkPageSize(limit, limits.sessionsPerPage)
    const { items, next } = await context.sessions().list(limit, after ?? undefined)
    return { items: items.map(toSession), next }
  },
  session: async ({ id }, context) => toSession(await context.sessions().find(id)),
  async exportSession({ id }, context) {
    const { session, messages } = await context.sessions().export(id)
    return { session: toSession(session), messages: messages.map(toMessage) }
  },
  models: async (_, { caller, ports }) =>
    listModelCards(caller, ports).map(({ id, ownedBy, created }) => ({
      id,
      ownedBy,
      created: new Date(created * 1000).toISOString(),
    })),
}
