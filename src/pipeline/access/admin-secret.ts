import type { Settings } from '../../config/settings.ts'
import type { Ports, Secrets } from '../call/ports.ts'

/** The prefix of each admin secret that Weir creates. */
export const adminPrefix = 'weir-admin-'

/** Returns a new secret of 256 random bits. */
export function createAdminSecret({ randomHex }: Pick<Secrets, 'randomHex'>): string {
  return `${adminPrefix}${randomHex(32)}`
}

/** True if the digest is that of ADMIN_TOKEN; compares in constant time (S16). */
export function isAdminToken(digest: Uint8Array, { settings, secrets }: Pick<Ports, 'settings' | 'secrets'>): boolean {
  const { access } = settings
  return access.adminToken !== undefined && secrets.equal(digest, digestOf(access, access.adminToken, secrets))
}

const digests = new WeakMap<Settings['access'], Uint8Array>()

/** Cached per access settings, because it is the same for every request. */
function digestOf(access: Settings['access'], token: string, secrets: Secrets): Uint8Array {
  const cached = digests.get(access)
  if (cached !== undefined) return cached
  const digest = secrets.digest(token)
  digests.set(access, digest)
  return digest
}
