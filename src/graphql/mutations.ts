import { askModel } from './ask-model.ts'
import { makeImage } from './make-image.ts'
import type { MutationResolvers } from './schema.generated.ts'
import { sendMessage } from './send-message.ts'
import { toSession } from './to-session.ts'

/** What changes something, or costs something. */
export const mutations: MutationResolvers = {
  getAIResponse: ({ input }, context) => askModel(input, context),
  generateImage: ({ input }, context) => makeImage(input, context),
  async createSession({ title }, context) {
    const { id } = await context.sessions().create(title ?? undefined)
    return { sessionId: id, success: true }
  },
  sendMessage: ({ input }, context) => sendMessage(input, context),
  renameSession: async ({ id, title }, context) => toSession(await context.sessions().rename(id, title ?? undefined)),
  async deleteSession({ id }, context) {
    await context.sessions().delete(id)
    return { sessionId: id, success: true }
  },
}
