import { toJsonAnswer } from '../../core/answer.ts'
import { readPublicUrl } from '../read-public-url.ts'
import type { AdminEndpoint, Route } from '../route.ts'
import { endpoint } from './admin-endpoint.ts'

/** The endpoint that describes the admin API, for administrators only (S77). The description is made when it is asked for. */
export function createDescription(routes: readonly Route[]): AdminEndpoint {
  return endpoint({}, async ({ request: { inbound, ports } }) => {
    const { describeAdmin } = await import('../openapi/describe-admin.ts')
    return toJsonAnswer(200, await describeAdmin(routes, readPublicUrl(inbound, ports.settings)))
  })
}
