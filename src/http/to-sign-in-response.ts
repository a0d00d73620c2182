import { openSession } from '../admin/admin-session.ts'
import type { Administrator } from '../admin/administration.ts'
import { appendAudit } from '../admin/audit.ts'
import { toSessionObject } from '../admin/people/session-object.ts'
import { sessionCookie } from '../admin/session-cookie.ts'
import { type GatewayResponse, toJsonResponse } from '../core/gateway-response.ts'
import type { Person } from '../storage/people-store.ts'
import { readPublicUrl } from './read-public-url.ts'
import type { RouteRequest } from './route.ts'

/** Opens a session of a person, or without one of the admin secret, and responds with its cookie. */
export async function toSignInResponse(
  person: Person | undefined,
  { actor, address }: Pick<Administrator, 'actor' | 'address'>,
  { incoming, ports }: RouteRequest,
  status: 201 | 303,
): Promise<GatewayResponse> {
  const publicUrl = readPublicUrl(incoming, ports.settings)
  // Formatted first: where the cookie is not safe, no session is opened.
  sessionCookie.clear(publicUrl)
  const previousId = sessionCookie.read(incoming.header('cookie'), publicUrl)
  const { id, session } = await openSession(person, previousId, ports)
  const administrator: Administrator = { actor, address, role: person?.role ?? 'owner', person, session }
  const object = toSessionObject(administrator)
  await appendAudit(
    { action: 'session.create', subject: person?.id, detail: { expires_at: object.expires_at } },
    administrator,
    ports,
  )
  const cookies = [sessionCookie.set(id, publicUrl)]
  if (status === 201) return { ...toJsonResponse(201, object), cookies }
  // Never to an address from the request, which could lead to another site.
  return { status, headers: { location: `${publicUrl}/` }, cookies, body: '' }
}
