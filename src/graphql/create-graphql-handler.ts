import { createContext } from './create-context.ts'
import { createSchema } from './create-schema.ts'
import { createYogaHandler, type YogaRequest } from './create-yoga-handler.ts'
import type { GraphqlContext } from './graphql-context.ts'
import type { GraphqlVisit } from './graphql-visit.ts'

/** A GraphQL request without its transport. */
export interface GraphqlRequest extends Omit<YogaRequest<GraphqlContext>, 'context'> {
  readonly visit: GraphqlVisit
}

export interface GraphqlHandler {
  handle(request: GraphqlRequest): Promise<Response>
}

/** GraphQL for callers. `isOpen` shows the schema, and a page on which queries can be tried (S25). */
export function createGraphqlHandler(isOpen: boolean): GraphqlHandler {
  const yoga = createYogaHandler<GraphqlContext>({ schema: createSchema(), isOpen, hasPage: isOpen })
  return {
    handle: ({ visit, ...request }) => yoga.handle({ ...request, context: createContext(visit) }),
  }
}
