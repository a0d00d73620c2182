import type { Page } from '../core/page.ts'
import { storageNotConfigured } from '../pipeline/call/require-ports.ts'
import type { AuditCursor, AuditEntry } from '../storage/audit-log.ts'
import type { AdminPorts } from './administration.ts'
import { checkLimit, readCursor } from './cursor.ts'
import type { AuditObject } from './reports/report-schemas.ts'

export interface AuditRequest {
  /** From 1 to 100. */
  readonly limit: number
  /** The `next` of the page before. */
  readonly after?: string | undefined
  /** Only what was done to this. */
  readonly subject?: string | undefined
}

const pageLimit = 100

/** The audit log, newest first. */
export async function listAudit(
  { limit, after, subject }: AuditRequest,
  { admin }: Pick<AdminPorts, 'admin'>,
): Promise<Page<AuditObject>> {
  checkLimit(limit, pageLimit)
  if (admin.audit === undefined) throw storageNotConfigured()
  const before = after === undefined ? undefined : toCursor(after)
  const entries = await admin.audit.list({ limit: limit + 1, before, subject })
  const shown = entries.slice(0, limit)
  const last = shown.at(-1)
  const next = entries.length > limit && last !== undefined ? `${last.at}.${last.id}` : undefined
  return { items: shown.map(toAuditObject), next }
}

function toCursor(after: string): AuditCursor {
  const [, at, id = ''] = readCursor(after, /^(\d{1,15})\.(audit_[0-9a-z]{1,64})$/)
  return { at: Number(at), id }
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
