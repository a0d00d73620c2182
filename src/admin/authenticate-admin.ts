import type { Settings } from '../config/settings.ts'
import { GatewayError } from '../core/errors.ts'
import { isLoopbackOrigin } from '../core/loopback.ts'
import { toHex } from '../core/to-hex.ts'
import { isAdminToken } from '../pipeline/access/admin-secret.ts'
import type { Credentials } from '../pipeline/call/call.ts'
import type { Administrator, AdminPorts } from './administration.ts'
import { noteAudit } from './audit.ts'

/**
 * Admits an administrator. The keys of callers and TOKEN open nothing here (S76), and cookies are not read (S44). `publicUrl` is scheme and
 * host under which this server is reached; empty where that is not known. Rejects with GatewayError `admin_not_configured`,
 * `origin_not_allowed`, `too_many_attempts`, `invalid_admin_secret` or `store_unavailable`.
 */
export async function authenticateAdmin(
  credentials: Credentials,
  publicUrl: string,
  ports: AdminPorts,
): Promise<Administrator> {
  const { token, tokenProblem, address } = credentials
  const { actor, throttle } = ports.admin
  const isRight = await loadCheck(ports)
  checkOrigin(credentials, publicUrl, ports.settings)
  if (token === undefined) throw refused(tokenProblem ?? 'No admin secret was sent.')
  // Before any wait, or strangers could lock the administrator out (case D15). No rate of guesses finds a secret of 32 characters.
  if (isRight(token)) {
    throttle.succeeded(address)
    credentials.connection?.accept()
    return { actor, address }
  }
  // From here on without waiting: of a thousand wrong tries at once no more are noted than of a thousand in turn.
  const waitMs = throttle.waitMs(address)
  if (waitMs > 0) throw tooMany(waitMs)
  if (throttle.failed(address)) {
    // A guesser is not told whether the note was written.
    await noteAudit({ action: 'admin.refused' }, { actor, address }, ports).catch(() => {})
  }
  throw refused('This is not the admin secret.')
}

type SecretCheck = (presented: string) => boolean

const encoder = new TextEncoder()

/** R48: a store that is down must not look like a wrong secret. */
async function loadCheck(ports: AdminPorts): Promise<SecretCheck> {
  const { settings, secrets, admin } = ports
  if (settings.access.adminToken !== undefined) return (presented) => isAdminToken(secrets.digest(presented), ports)
  const hash = await admin.secret?.find()
  if (hash === undefined) throw notConfigured(admin.secret !== undefined)
  return (presented) => secrets.equal(encoder.encode(toHex(secrets.digest(presented))), encoder.encode(hash))
}

/**
 * S44: a page of another origin is refused whatever it sends, unless CORS_ORIGINS names it; `*` names no origin. A host name that leads to
 * this machine does not make a page this server's own (S38).
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
    `${reason} Send it as \`Authorization: Bearer …\`. TOKEN and the keys of callers do not open the admin API.`,
    { headers: { 'www-authenticate': 'Bearer' } },
  )
}

function tooMany(waitMs: number): GatewayError {
  const seconds = Math.ceil(waitMs / 1_000)
  return new GatewayError(
    'too_many_attempts',
    `This is not the admin secret, and too many wrong ones came before it. Send another in ${seconds} s; the right one is taken at any time.`,
    { headers: { 'retry-after': String(seconds), 'retry-after-ms': String(Math.ceil(waitMs)) } },
  )
}

function notConfigured(mayMakeOne: boolean): GatewayError {
  const instead = mayMakeOne ? ' Or let `weir admin-token` make one, on the machine where this server runs.' : ''
  return new GatewayError(
    'admin_not_configured',
    `This server has no admin secret. Set ADMIN_TOKEN to one of your own, such as \`openssl rand -hex 32\` prints, and start it again.${instead}`,
  )
}
