import type { Settings } from '../config/settings.ts'
import { GatewayError } from '../core/errors.ts'
import { isLoopbackOrigin } from '../core/loopback.ts'
import { toHex } from '../core/to-hex.ts'
import { isAdminToken } from '../pipeline/access/admin-secret.ts'
import type { Credentials } from '../pipeline/call/call.ts'
import type { Administrator, AdminPorts } from './administration.ts'
import { appendAudit } from './audit.ts'

/**
 * Authenticates an administrator. Virtual keys and TOKEN are refused (S76), and cookies are not read (S44). `publicUrl`
 * is the server's scheme and host; empty if unknown. Rejects with GatewayError `admin_not_configured`,
 * `origin_not_allowed`, `too_many_attempts`, `invalid_admin_secret` or `store_unavailable`.
 */
export async function authenticateAdmin(
  credentials: Credentials,
  publicUrl: string,
  ports: AdminPorts,
): Promise<Administrator> {
  const { token, tokenProblem, address } = credentials
  const { actor, throttle } = ports.admin
  const isCorrect = await loadCheck(ports)
  checkOrigin(credentials, publicUrl, ports.settings)
  if (token === undefined) throw refused(tokenProblem ?? 'No admin secret was sent.')
  // The correct secret is never throttled, or strangers could lock the administrator out (case D15). Guessing a secret
  // of 32 characters is infeasible at any rate.
  if (isCorrect(token)) {
    throttle.succeeded(address)
    credentials.connection?.accept()
    return { actor, address }
  }
  // No `await` between check and count: a thousand concurrent guesses are counted like a thousand sequential ones.
  const waitMs = throttle.waitMs(address)
  if (waitMs > 0) throw tooMany(waitMs)
  if (throttle.failed(address)) {
    // The response must not reveal whether the audit entry was written.
    await appendAudit({ action: 'admin.refused' }, { actor, address }, ports).catch(() => {})
  }
  throw refused('The admin secret is wrong.')
}

type SecretCheck = (presented: string) => boolean

const encoder = new TextEncoder()

/** Loads the check of the secret. R48: a store that is down must not look like a wrong secret. */
async function loadCheck(ports: AdminPorts): Promise<SecretCheck> {
  const { settings, secrets, admin } = ports
  if (settings.access.adminToken !== undefined) return (presented) => isAdminToken(secrets.digest(presented), ports)
  const hash = await admin.secret?.find()
  if (hash === undefined) throw notConfigured(admin.secret !== undefined)
  return (presented) => secrets.equal(encoder.encode(toHex(secrets.digest(presented))), encoder.encode(hash))
}

/**
 * Throws GatewayError `origin_not_allowed`. S44: a page of another origin is refused unless CORS_ORIGINS lists the
 * origin; `*` is not enough. S38: a host name that resolves to this machine does not make an origin the server's own.
 */
function checkOrigin({ origin, isLocal }: Credentials, publicUrl: string, { cors }: Settings): void {
  if (origin === undefined || cors.origins.includes(origin)) return
  if (origin === publicUrl && (!isLocal || isLoopbackOrigin(origin))) return
  throw new GatewayError(
    'origin_not_allowed',
    `Pages from ${JSON.stringify(origin.slice(0, 100))} may not administer this server. Add the page's origin to CORS_ORIGINS; \`*\` is not enough here.`,
  )
}

function refused(reason: string): GatewayError {
  return new GatewayError(
    'invalid_admin_secret',
    `${reason} Send it as \`Authorization: Bearer …\`. TOKEN and virtual keys do not open the admin API.`,
    { headers: { 'www-authenticate': 'Bearer' } },
  )
}

function tooMany(waitMs: number): GatewayError {
  const seconds = Math.ceil(waitMs / 1_000)
  return new GatewayError(
    'too_many_attempts',
    `The admin secret is wrong, after too many failed attempts. Try again in ${seconds} s. The correct secret is accepted at any time.`,
    { headers: { 'retry-after': String(seconds), 'retry-after-ms': String(Math.ceil(waitMs)) } },
  )
}

function notConfigured(canGenerate: boolean): GatewayError {
  const alternative = canGenerate ? ' Or run `weir admin-token` on the machine of this server to generate one.' : ''
  return new GatewayError(
    'admin_not_configured',
    `This server has no admin secret. Set ADMIN_TOKEN, for example to the output of \`openssl rand -hex 32\`, and restart the server.${alternative}`,
  )
}
