import { buildSchema, type GraphQLFieldResolver, type GraphQLObjectType, type GraphQLSchema } from 'graphql'
import { listModels } from '../pipeline/routing/list-models.ts'
import { requestReply, streamReply } from './chat.ts'
import { generateImage } from './images.ts'
import { limits } from './limits.ts'
import {
  type MutationResolvers,
  type QueryResolvers,
  type SubscriptionResolvers,
  typeDefs,
} from './schema.generated.ts'
import { checkPageSize, sendMessage, toMessage, toSession } from './sessions.ts'

/** Creates the schema with its root resolvers, whose objects provide the fields below. */
export function createSchema(): GraphQLSchema {
  // A test validates the SDL; validation here would take a tenth of a Worker's start time.
  const schema = buildSchema(typeDefs, { assumeValidSDL: true })
  for (const [name, resolve] of resolversOf(queries)) fieldOf(schema.getQueryType(), name).resolve = resolve
  for (const [name, resolve] of resolversOf(mutations)) fieldOf(schema.getMutationType(), name).resolve = resolve
  for (const [name, subscribe] of resolversOf(subscriptions)) {
    const field = fieldOf(schema.getSubscriptionType(), name)
    field.subscribe = subscribe
    field.resolve = (event) => event
  }
  return schema
}

const queries: QueryResolvers = {
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
    listModels(caller, ports).map(({ id, ownedBy, created }) => ({
      id,
      ownedBy,
      created: new Date(created * 1000).toISOString(),
    })),
}

const mutations: MutationResolvers = {
  getAIResponse: ({ input }, context) => requestReply(input, context),
  generateImage: ({ input }, context) => generateImage(input, context),
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

const subscriptions: SubscriptionResolvers = {
  streamAIResponse: ({ input }, context) => streamReply(input, context),
}

type Resolver = (args: unknown, context: unknown) => unknown

function resolversOf(resolvers: object): readonly (readonly [string, GraphQLFieldResolver<unknown, unknown>])[] {
  // The schema has checked the arguments, and the resolvers' types are generated from it.
  return Object.entries(resolvers as Readonly<Record<string, Resolver>>).map(([name, resolver]) => [
    name,
    (_source, args, context) => resolver(args, context),
  ])
}

function fieldOf(type: GraphQLObjectType | null | undefined, name: string) {
  const field = type?.getFields()[name]
  if (field === undefined) throw new Error(`the schema has no field ${name}`)
  return field
}
