import { type Page, toPage } from '../core/page.ts'
import { toTimeOrderedId } from '../core/time-ordered-id.ts'
import { storageNotConfigured } from '../pipeline/call/require-ports.ts'
import type { AuditEntry } from '../storage/audit-log.ts'
import type { Administrator, AdminPorts } from './administration.ts'
import { checkLimit, type PageRequest, readCursor } from './page-request.ts'
import type { AuditObject } from './reports/report-schemas.ts'

/** The content of an audit entry, without time and author. */
type AuditContent = Pick<AuditEntry, 'action'> & Partial<Pick<AuditEntry, 'subject' | 'detail'>>

/** Appends an entry to the audit log, if storage is configured. Rejects with GatewayError `store_unavailable`. */
export async function appendAudit(
  { action, subject, detail }: AuditContent,
  { actor, address }: Administrator,
  { admin, clock, secrets }: Pick<AdminPorts, 'admin' | 'clock' | 'secrets'>,
): Promise<void> {
  const at = clock.now()
  const id = toTimeOrderedId('audit', at, secrets.randomHex(8))
  await admin.audit?.append({ id, at, actor, address, action, subject, detail })
}

export interface AuditRequest extends PageRequest {
  /** Only changes of this key or record. */
  readonly subject?: string | undefined
}

const pageLimit = 100

/** Lists the audit log, newest first. */
export async function listAudit(
  { limit, after, subject }: AuditRequest,
  { admin }: Pick<AdminPorts, 'admin'>,
): Promise<Page<AuditObject>> {
  checkLimit(limit, pageLimit)
  if (admin.audit === undefined) throw storageNotConfigured()
  const [, at, id = ''] = after === undefined ? [] : readCursor(after, /^(\d{1,15})\.(audit_[0-9a-z]{1,64})$/)
  const before = at === undefined ? undefined : { at: Number(at), id }
  const entries = await admin.audit.list({ limit: limit + 1, before, subject })
  const { items, next } = toPage(entries, limit, (last) => `${last.at}.${last.id}`)
  return { items: items.map(toAuditObject), next }
}

function toAuditObject({ id, at, actor, address, action, subject, detail }: AuditEntry): AuditObject {
  return {
    id,
    object: 'audit_entry',
    at: new Date(at).toISOString(),
    actor,
    address: address ?? null,
    action,
    subject: subject ?? null,
    detail: detail ?? null,
  }
}
