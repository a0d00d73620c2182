import type { GraphQLSchema } from 'graphql'
import { attachResolvers } from './attach-resolvers.ts'
import { mutations } from './mutations.ts'
import { queries } from './queries.ts'
import { type SubscriptionResolvers, typeDefs } from './schema.generated.ts'
import { streamReply } from './stream-reply.ts'

const subscriptions: SubscriptionResolvers = {
  streamAIResponse: ({ input }, context) => streamReply(input, context),
}

/** The schema for callers, with its resolvers. */
export function createSchema(): GraphQLSchema {
  return attachResolvers(typeDefs, { queries, mutations, subscriptions })
}
