import { toTimeOrderedId } from '../core/time-ordered-id.ts'
import type { AuditEntry } from '../storage/audit-log.ts'
import type { Administrator, AdminPorts } from './administration.ts'

/** What is noted, beside who did it and when. */
export type AuditNote = Pick<AuditEntry, 'action'> & Partial<Pick<AuditEntry, 'subject' | 'detail'>>

/** Writes an entry of the audit log, where there is one. Rejects with GatewayError `store_unavailable`. */
export async function noteAudit(
  { action, subject, detail }: AuditNote,
  { actor, address }: Administrator,
  { admin, clock, secrets }: Pick<AdminPorts, 'admin' | 'clock' | 'secrets'>,
): Promise<void> {
  const at = clock.now()
  const id = toTimeOrderedId('audit', at, secrets.randomHex(8))
  await admin.audit?.append({ id, at, actor, address, action, subject, detail })
}
