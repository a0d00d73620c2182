import type { Answer } from '../../core/answer.ts'
import type { AdminGraphqlHandler } from '../../graphql/create-admin-graphql-handler.ts'
import { recordFailure } from '../../pipeline/record-failure.ts'
import { readGraphqlParams, refuseOtherMethods } from '../read-graphql-params.ts'
import { toGraphqlAnswer } from '../to-graphql-answer.ts'
import type { AdminVisit } from './admin-visit.ts'

/** GraphQL over HTTP, for administrators. */
export async function answerAdminGraphql({ visit, admin, query }: AdminVisit): Promise<Answer> {
  const { inbound, ports, trace } = visit
  refuseOtherMethods(inbound.method)
  const params = await readGraphqlParams(inbound, query, ports.settings)
  const response = await (await loadHandler()).handle({
    method: inbound.method,
    accept: inbound.header('accept') ?? '*/*',
    params,
    admin,
    onDefect: (error) => void recordFailure(trace, error, inbound.gone),
  })
  return await toGraphqlAnswer(response, trace)
}

/** Holds nothing of a request's. */
let handler: AdminGraphqlHandler | undefined

/** Loaded when it is first wanted, since it takes a Worker longer to start than all the rest. */
async function loadHandler(): Promise<AdminGraphqlHandler> {
  if (handler !== undefined) return handler
  const { createAdminGraphqlHandler } = await import('../../graphql/create-admin-graphql-handler.ts')
  handler ??= createAdminGraphqlHandler()
  return handler
}
