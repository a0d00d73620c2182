import { isOwnOrigin } from '../../admin/authenticate-admin.ts'
import { claimLink } from '../../admin/links/claim-link.ts'
import { completeLogin, startLogin } from '../../admin/login/login.ts'
import { loginCookie } from '../../admin/session-cookie.ts'
import type { AdminLoginSettings } from '../../config/settings.ts'
import { GatewayError } from '../../core/errors.ts'
import { type GatewayResponse, toJsonResponse } from '../../core/gateway-response.ts'
import { readQuery, string } from '../query.ts'
import { readCredentials } from '../read-credentials.ts'
import { readObject } from '../read-object.ts'
import { readPublicUrl } from '../read-public-url.ts'
import type { LoginEndpoint, RouteRequest } from '../route.ts'
import { toSignInResponse } from '../to-sign-in-response.ts'

const callbackQuery = {
  code: string('The authorization code.'),
  state: string('The state of this sign-in.'),
  iss: string('The issuer (RFC 9207).'),
  error: string('Why the provider refused.'),
}

/** The endpoints of a sign-in at the OpenID provider, by the id of their route. */
export const loginEndpoints = {
  startLogin: {
    query: {},
    async handle({ incoming, ports }) {
      const settings = requireLogin(ports.settings.adminLogin)
      const { url, cookie } = await startLogin(settings, ports)
      const cookies = [loginCookie.set(cookie, readPublicUrl(incoming, ports.settings))]
      return { status: 302, headers: { location: url }, cookies, body: '' }
    },
  },

  completeLogin: {
    // Providers add parameters of their own, which are ignored.
    query: callbackQuery,
    async handle(request) {
      const { incoming, ports, target } = request
      const settings = requireLogin(ports.settings.adminLogin)
      const publicUrl = readPublicUrl(incoming, ports.settings)
      const { address } = readCredentials(incoming, ports.settings)
      const cookie = loginCookie.read(incoming.header('cookie'), publicUrl)
      const response = readQuery(target.query, callbackQuery)
      const person = await completeLogin(response, cookie, address, settings, ports)
      const signedIn = await toSignInResponse(person, { actor: ports.admin.actor, address }, request, 303)
      return { ...signedIn, cookies: [...(signedIn.cookies ?? []), loginCookie.clear(publicUrl)] }
    },
  },
} satisfies Readonly<Record<string, LoginEndpoint>>

/** The router asks for these endpoints only if the server has a sign-in. */
function requireLogin(settings: AdminLoginSettings | undefined): AdminLoginSettings {
  if (settings !== undefined) return settings
  throw new GatewayError('not_found', 'This server has no sign-in at an OpenID provider.')
}

/**
 * `POST /v1/claim`: mints the secret of a one-time link. Needs no key, and serves programs and pages of this server.
 * Only a POST with JSON claims a link, because mail programs open links to scan them.
 */
export async function claimLinkSecret(request: RouteRequest): Promise<GatewayResponse> {
  const { incoming, ports } = request
  const credentials = readCredentials(incoming, ports.settings)
  const publicUrl = readPublicUrl(incoming, ports.settings)
  if (credentials.origin !== undefined && !isOwnOrigin(credentials, publicUrl, ports.settings))
    throw new GatewayError('origin_not_allowed', 'Only the page of this server may claim a link. Open the link itself.')
  return toJsonResponse(200, await claimLink(await readObject(request), credentials.address, ports))
}
