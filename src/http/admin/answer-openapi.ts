import { toJsonAnswer } from '../../core/answer.ts'
import type { AdminHandler } from './admin-visit.ts'
import { readQuery } from './read-query.ts'

/** The description of this API, for who may use it (S77). Loaded when it is first wanted. */
export const answerOpenApi: AdminHandler = async ({ query }) => {
  readQuery(query, [])
  const { openApi } = await import('./openapi.ts')
  return toJsonAnswer(200, openApi)
}
