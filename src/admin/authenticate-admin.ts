import type { Settings } from '../config/settings.ts'
import { GatewayError } from '../core/errors.ts'
import { isLoopbackOrigin } from '../core/loopback.ts'
import { toHex } from '../core/to-hex.ts'
import { isAdminToken } from '../pipeline/access/admin-secret.ts'
import type { Credentials } from '../pipeline/call/call.ts'
import type { Administrator, AdminPorts } from './administration.ts'
import { noteAudit } from './note-audit.ts'

export interface AdminRequest {
  readonly credentials: Credentials
  /** Scheme and host under which this server is reached; empty where that is not known. */
  readonly publicUrl: string
}

/**
 * Decides who may administer. The keys of callers and TOKEN do not (S76), and nothing is taken from a cookie (S44). Rejects with GatewayError
 * `admin_not_configured`, `origin_not_allowed`, `too_many_attempts`, `invalid_admin_secret` or `store_unavailable`.
 */
export async function authenticateAdmin(request: AdminRequest, ports: AdminPorts): Promise<Administrator> {
  const { credentials } = request
  const { actor, throttle } = ports.admin
  const administrator = { actor, address: credentials.address }
  const isRight = await loadCheck(ports)
  checkOrigin(request, ports.settings)
  if (credentials.token === undefined) throw refused('No admin secret was sent.')
  // From here on without waiting, so that of a thousand tries at once no more are looked at than of a thousand in turn.
  const waitMs = throttle.waitMs(administrator.address)
  if (waitMs > 0) throw tooMany(waitMs)
  if (isRight(credentials.token)) {
    throttle.succeeded(administrator.address)
    return administrator
  }
  if (throttle.failed(administrator.address)) {
    // Whether it could be noted is no business of who guesses.
    await noteAudit({ action: 'admin.refused' }, administrator, ports).catch(() => {})
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
 * S44: a page of another origin is refused whatever it sends, unless CORS_ORIGINS names it; `*` names nobody. A name that leads to this
 * machine makes no page its own (S38).
 */
function checkOrigin({ credentials, publicUrl }: AdminRequest, { cors }: Settings): void {
  const { origin, isLocal } = credentials
  if (origin === undefined || cors.origins.includes(origin)) return
  if (origin === publicUrl && (!isLocal || isLoopbackOrigin(origin))) return
  throw new GatewayError(
    'origin_not_allowed',
    `Pages from ${JSON.stringify(origin.slice(0, 100))} may not administer this server. Add the page's origin to CORS_ORIGINS; \`*\` is not enough here.`,
  )
}

function refused(what: string): GatewayError {
  return new GatewayError(
    'invalid_admin_secret',
    `${what} Send it as \`Authorization: Bearer …\`. TOKEN and the keys of callers do not open the admin API.`,
    { headers: { 'www-authenticate': 'Bearer' } },
  )
}

function tooMany(waitMs: number): GatewayError {
  const seconds = Math.ceil(waitMs / 1_000)
  return new GatewayError(
    'too_many_attempts',
    `Too many wrong admin secrets. Until ${seconds} s from now none is looked at, the right one neither.`,
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
