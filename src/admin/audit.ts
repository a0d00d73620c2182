import { type Page, toPage } from '../core/page.ts'
import { toTimeOrderedId } from '../core/time-ordered-id.ts'
import { storageNotConfigured } from '../pipeline/call/require-ports.ts'
import type { AuditEntry } from '../storage/audit-log.ts'
import { type Administrator, type AdminPorts, nameOf } from './administration.ts'
import { checkLimit, type PageRequest, readCursor } from './page-request.ts'
import type { AuditObject } from './reports/report-schemas.ts'

/** The content of an audit entry, without time and author. */
type AuditContent = Pick<AuditEntry, 'action'> & Partial<Pick<AuditEntry, 'subject' | 'detail'>>

/** The author of an entry who is not signed in: unknown, or the holder of a link. */
export interface Stranger {
  readonly address: string | undefined
  readonly author?: 'link' | undefined
}

type AuditPorts = Pick<AdminPorts, 'admin' | 'clock' | 'secrets'>

/** Appends an entry to the audit log, if storage is configured. Rejects with GatewayError `store_unavailable`. */
export async function appendAudit(
  content: AuditContent,
  author: Pick<Administrator, 'actor' | 'address' | 'person'>,
  ports: AuditPorts,
): Promise<void> {
  const { actor, address, person } = author
  await append(content, { actor, address, personId: person?.id, author: nameOf(author) }, ports)
}

/** Appends an entry about somebody who is not signed in. */
export async function auditStranger(content: AuditContent, stranger: Stranger, ports: AuditPorts): Promise<void> {
  await append(content, { actor: ports.admin.actor, ...stranger }, ports)
}

async function append(
  { action, subject, detail }: AuditContent,
  author: Pick<AuditEntry, 'actor' | 'address' | 'personId' | 'author'>,
  { admin, clock, secrets }: AuditPorts,
): Promise<void> {
  const at = clock.now()
  const id = toTimeOrderedId('audit', at, secrets.randomHex(8))
  await admin.audit?.append({ id, at, ...author, action, subject, detail })
}

export interface AuditRequest extends PageRequest {
  /** Only changes of this key, record, person or link. */
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

function toAuditObject({ id, at, actor, personId, author, address, action, subject, detail }: AuditEntry): AuditObject {
  // Entries of releases before people have no author: only the admin secret and the command line could change anything.
  const earlier = actor === 'cli' ? 'cli' : 'admin secret'
  return {
    id,
    object: 'audit_entry',
    at: new Date(at).toISOString(),
    actor,
    person_id: personId ?? null,
    author: author ?? (action.endsWith('.refused') ? 'unknown' : earlier),
    address: address ?? null,
    action,
    subject: subject ?? null,
    detail: detail ?? null,
  }
}
