import type { Admin } from '../pipeline/admin/create-admin.ts'
import type { AdminGraphqlContext } from './admin-graphql-context.ts'
import { adminMutations } from './admin-mutations.ts'
import { adminQueries } from './admin-queries.ts'
import { typeDefs } from './admin-schema.generated.ts'
import { attachResolvers } from './attach-resolvers.ts'
import { createOperationBudget } from './create-operation-budget.ts'
import { createYogaHandler, type YogaRequest } from './create-yoga-handler.ts'

/** A GraphQL request of an administrator, without its transport. */
export interface AdminGraphqlRequest extends Omit<YogaRequest<AdminGraphqlContext>, 'context'> {
  readonly admin: Admin
}

export interface AdminGraphqlHandler {
  handle(request: AdminGraphqlRequest): Promise<Response>
}

/** GraphQL for administrators, to whom the schema is shown. */
export function createAdminGraphqlHandler(): AdminGraphqlHandler {
  const schema = attachResolvers(typeDefs, { queries: adminQueries, mutations: adminMutations })
  const yoga = createYogaHandler<AdminGraphqlContext>({ schema, isOpen: true, hasPage: false })
  return {
    handle: ({ admin, ...request }) => yoga.handle({ ...request, context: toContext(admin) }),
  }
}

function toContext(admin: Admin): AdminGraphqlContext {
  const spend = createOperationBudget()
  return {
    admin() {
      spend(1)
      return admin
    },
  }
}
