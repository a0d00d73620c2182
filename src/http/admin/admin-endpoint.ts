import type { Answer } from '../../core/answer.ts'
import { type Parameters, parseQuery, type QueryValues } from '../query.ts'
import type { AdminEndpoint, AdminRequest } from '../route.ts'

/** An endpoint that gets its query parsed. */
export function endpoint<const Query extends Parameters>(
  query: Query,
  answer: (request: AdminRequest & { readonly query: QueryValues<Query> }) => Answer | Promise<Answer>,
): AdminEndpoint {
  return { query, answer: (parts) => answer({ ...parts, query: parseQuery(parts.request.target.query, query) }) }
}
