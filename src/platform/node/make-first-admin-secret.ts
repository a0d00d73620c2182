import type { AdminPorts } from '../../admin/administration.ts'
import { toHex } from '../../core/to-hex.ts'
import { makeAdminSecret } from '../../pipeline/access/admin-secret.ts'

/** Makes the secret of the admin API where there is none yet, and tells it this once. Of several processes that start at once one does. */
export async function makeFirstAdminSecret(
  { admin, clock, secrets }: Pick<AdminPorts, 'admin' | 'clock' | 'secrets'>,
  tell: (secret: string) => void,
): Promise<void> {
  if (admin.secret === undefined || (await admin.secret.find()) !== undefined) return
  const secret = makeAdminSecret(secrets)
  if (await admin.secret.keepFirst(toHex(secrets.digest(secret)), clock.now())) tell(secret)
}
