import { buildSchema, type GraphQLFieldResolver, type GraphQLObjectType, type GraphQLSchema } from 'graphql'
import { mutations } from './mutations.ts'
import { queries } from './queries.ts'
import { type SubscriptionResolvers, typeDefs } from './schema.generated.ts'
import { streamReply } from './stream-reply.ts'

const subscriptions: SubscriptionResolvers = {
  streamAIResponse: ({ input }, context) => streamReply(input, context),
}

/** The schema with its resolvers. Fields below the root are read from what the root's resolvers return. */
export function createSchema(): GraphQLSchema {
  // The text is ours and a test has validated it, which would take a Worker a tenth of its start.
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

type Resolver = (args: unknown, context: unknown) => unknown

function resolversOf(resolvers: object): readonly (readonly [string, GraphQLFieldResolver<unknown, unknown>])[] {
  // The schema has checked the arguments, and the resolvers' types are made from it.
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
