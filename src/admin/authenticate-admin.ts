import type { Settings } from '../config/settings.ts'
import { GatewayError } from '../core/errors.ts'
import { isLoopbackOrigin } from '../core/loopback.ts'
import { toHex } from '../core/to-hex.ts'
import { isAdminToken } from '../pipeline/access/admin-secret.ts'
import type { Credentials } from '../pipeline/call/call.ts'
import { findSecretHash } from './admin-secret-hash.ts'
import { resumeSession } from './admin-session.ts'
import type { Administrator, AdminPorts } from './administration.ts'
import { auditStranger } from './audit.ts'
import { tooManyAttempts } from './throttle.ts'

/** The parts of a browser's request that authenticate it by a session's cookie. */
export interface BrowserRequest {
  readonly method: string
  /** The id of a session, from its cookie. */
  readonly sessionId: string | undefined
  /** The header `content-type`. */
  readonly contentType: string | undefined
  /** The header `sec-fetch-site`, which a page cannot set. */
  readonly fetchSite: string | undefined
  /** The header `x-weir-request`, which no form can send. */
  readonly marker: string | undefined
}

/**
 * Authenticates an administrator by the admin secret, or else by the cookie of a session. Virtual keys and TOKEN are
 * refused (S76). `publicUrl` is the server's scheme and host; empty if unknown. Rejects with GatewayError
 * `admin_not_configured`, `origin_not_allowed`, `too_many_attempts`, `invalid_admin_secret`, `invalid_session`,
 * `unsupported_media_type`, `storage_not_configured` or `store_unavailable`.
 */
export async function authenticateAdmin(
  credentials: Credentials,
  publicUrl: string,
  ports: AdminPorts,
  browser?: BrowserRequest,
): Promise<Administrator> {
  const { token, tokenProblem, address } = credentials
  const { actor, throttle } = ports.admin
  if (browser?.sessionId !== undefined && token === undefined && tokenProblem === undefined) {
    checkOwnPage(credentials, publicUrl, browser, ports.settings)
    const administrator = await resumeSession(browser.sessionId, address, ports)
    credentials.connection?.accept()
    return administrator
  }
  const isCorrect = await loadCheck(ports)
  checkOrigin(credentials, publicUrl, ports.settings)
  if (token === undefined) throw refused(tokenProblem ?? 'No admin secret was sent.')
  // The correct secret is never throttled, or strangers could lock the administrator out (case D15). Guessing a secret
  // of 32 characters is infeasible at any rate.
  if (isCorrect(token)) {
    throttle.succeeded(address)
    credentials.connection?.accept()
    return { actor, address, role: 'owner', person: undefined, session: undefined }
  }
  // No `await` between check and count: a thousand concurrent guesses are counted like a thousand sequential ones.
  const waitMs = throttle.waitMs(address)
  if (waitMs > 0)
    throw tooManyAttempts(
      waitMs,
      'The admin secret is wrong, after too many failed attempts.',
      ' The correct secret is accepted at any time.',
    )
  if (throttle.failed(address)) {
    // The response must not reveal whether the audit entry was written.
    await auditStranger({ action: 'admin.refused' }, { address }, ports).catch(() => {})
  }
  throw refused('The admin secret is wrong.')
}

type SecretCheck = (presented: string) => boolean

const encoder = new TextEncoder()

/** Loads the check of the secret. R48: a store that is down must not look like a wrong secret. */
async function loadCheck(ports: AdminPorts): Promise<SecretCheck> {
  const { settings, secrets, admin } = ports
  if (settings.access.adminToken !== undefined) return (presented) => isAdminToken(secrets.digest(presented), ports)
  const hash = await findSecretHash(ports)
  // People may sign in at the OpenID provider instead.
  if (hash === undefined && settings.adminLogin !== undefined) return () => false
  if (hash === undefined) throw notConfigured(admin.secret !== undefined)
  return (presented) => secrets.equal(encoder.encode(toHex(secrets.digest(presented))), encoder.encode(hash))
}

/**
 * Throws GatewayError `origin_not_allowed`. S44: a page of another origin is refused unless CORS_ORIGINS lists the
 * origin; `*` is not enough. S38: a host name that resolves to this machine does not make an origin the server's own.
 */
function checkOrigin(credentials: Credentials, publicUrl: string, settings: Settings): void {
  const { origin } = credentials
  if (origin === undefined || settings.cors.origins.includes(origin) || isOwnOrigin(credentials, publicUrl, settings))
    return
  throw new GatewayError(
    'origin_not_allowed',
    `Pages from ${JSON.stringify(origin.slice(0, 100))} may not administer this server. Add the page's origin to CORS_ORIGINS; \`*\` is not enough here.`,
  )
}

/**
 * S38: a host name that resolves to this machine does not make an origin the server's own, unless it is that of
 * PUBLIC_URL.
 */
export function isOwnOrigin(
  { origin, isLocal }: Pick<Credentials, 'origin' | 'isLocal'>,
  publicUrl: string,
  { server }: Pick<Settings, 'server'>,
): boolean {
  if (origin === undefined || origin !== publicUrl) return false
  return origin === server.publicUrl || !isLocal || isLoopbackOrigin(origin)
}

/**
 * S44: a browser adds the cookie to requests that any page of this site causes, also of other ports and subdomains. So
 * a change must come from a page of this very server, by the browser's own word: `Origin`, and `Sec-Fetch-Site` or a
 * header that a form cannot send. CORS_ORIGINS does not matter: other origins use the admin secret. Throws GatewayError
 * `origin_not_allowed` or `unsupported_media_type`.
 */
function checkOwnPage(credentials: Credentials, publicUrl: string, browser: BrowserRequest, settings: Settings): void {
  const { method, fetchSite, marker, contentType } = browser
  const isForeign = fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none'
  const isOther = credentials.origin !== undefined && !isOwnOrigin(credentials, publicUrl, settings)
  if (isForeign || isOther) throw notOwnPage('This request came from another page')
  if (method === 'GET' || method === 'HEAD') return
  if (credentials.origin === undefined) throw notOwnPage('This request has no `Origin`')
  if (marker !== '1' && fetchSite !== 'same-origin') throw notOwnPage('This request has no `x-weir-request: 1`')
  if (contentType !== undefined && !/^application\/(merge-patch\+)?json *(;|$)/i.test(contentType))
    throw new GatewayError('unsupported_media_type', 'Send the body with `content-type: application/json`.')
}

function notOwnPage(reason: string): GatewayError {
  return new GatewayError(
    'origin_not_allowed',
    `${reason}. With a signed-in browser, only pages of this server may change anything. Programs send the admin secret.`,
  )
}

function refused(reason: string): GatewayError {
  return new GatewayError(
    'invalid_admin_secret',
    `${reason} Send it as \`Authorization: Bearer …\`. TOKEN and virtual keys do not open the admin API.`,
    { headers: { 'www-authenticate': 'Bearer' } },
  )
}

function notConfigured(canGenerate: boolean): GatewayError {
  const alternative = canGenerate ? ' Or run `weir admin-token` on the machine of this server to generate one.' : ''
  return new GatewayError(
    'admin_not_configured',
    `This server has no admin secret. Set ADMIN_TOKEN, for example to the output of \`openssl rand -hex 32\`, and restart the server.${alternative}`,
  )
}
