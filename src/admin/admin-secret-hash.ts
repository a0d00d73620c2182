import { toHex } from '../core/to-hex.ts'
import type { AdminPorts } from './administration.ts'

/**
 * Returns the SHA-256 of the admin secret, lower-case hexadecimal; undefined if there is none. Rejects with
 * GatewayError `store_unavailable`.
 */
export async function findSecretHash({
  settings,
  secrets,
  admin,
}: Pick<AdminPorts, 'settings' | 'secrets' | 'admin'>): Promise<string | undefined> {
  const { adminToken } = settings.access
  return adminToken === undefined ? await admin.secret?.find() : toHex(secrets.digest(adminToken))
}
