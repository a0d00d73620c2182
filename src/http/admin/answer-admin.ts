import { createAdmin } from '../../admin/admin.ts'
import { authenticateAdmin } from '../../admin/authenticate-admin.ts'
import type { Answer } from '../../core/answer.ts'
import { readCredentials } from '../read-credentials.ts'
import { readPublicUrl } from '../read-public-url.ts'
import type { AdminEndpoint, RouteRequest } from '../route.ts'

/**
 * Answers a request below `/admin/v1`. S76: the caller is authenticated before the response says what exists, so `findEndpoint`, which
 * throws for an unknown path or method, is called after the guard.
 */
export async function answerAdmin(request: RouteRequest, findEndpoint: () => Promise<AdminEndpoint>): Promise<Answer> {
  const { inbound, ports } = request
  const credentials = readCredentials(inbound, ports.settings)
  const administrator = await authenticateAdmin(credentials, readPublicUrl(inbound, ports.settings), ports)
  const { answer } = await findEndpoint()
  return answer({ request, admin: createAdmin(ports, administrator) })
}
