import { parseJsonObject } from '../../core/json.ts'
import type { AuditEntry, AuditLog, AuditPage } from '../audit-log.ts'
import { readInteger, readOptionalString, readString } from './read-column.ts'
import type { Sql, SqlRow, SqlStatement } from './sql.ts'

const columns = 'id, at, actor, person_id, author, address, action, subject, detail'
const newestFirst = 'ORDER BY at DESC, id DESC LIMIT ?'

const statements = {
  append: `INSERT INTO audit_log (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  list: `SELECT ${columns} FROM audit_log WHERE (at, id) < (?, ?) ${newestFirst}`,
  listOf: `SELECT ${columns} FROM audit_log WHERE (at, id) < (?, ?) AND subject = ? ${newestFirst}`,
} as const

/** Creates an {@link AuditLog} on a SQL database with the schema of migrations/. */
export function createSqlAuditLog(sql: Sql): AuditLog {
  return {
    async append({ id, at, actor, personId, author, address, action, subject, detail }) {
      await sql.run(statements.append, [
        id,
        at,
        actor,
        personId ?? null,
        author ?? null,
        address ?? null,
        action,
        subject ?? null,
        detail === undefined ? null : JSON.stringify(detail),
      ])
    },
    async list(page) {
      const { text, params } = toListStatement(page)
      return (await sql.all(text, params)).map(toEntry)
    },
  }
}

/** A cursor after every entry. */
const end = { at: Number.MAX_SAFE_INTEGER, id: '' }

function toListStatement({ limit, before = end, subject }: AuditPage): SqlStatement {
  const { at, id } = before
  if (subject === undefined) return { text: statements.list, params: [at, id, limit] }
  return { text: statements.listOf, params: [at, id, subject, limit] }
}

function toEntry(row: SqlRow): AuditEntry {
  const personId = readOptionalString(row, 'person_id')
  const author = readOptionalString(row, 'author')
  return {
    id: readString(row, 'id'),
    at: readInteger(row, 'at'),
    actor: readString(row, 'actor') === 'cli' ? 'cli' : 'admin',
    ...(personId !== undefined && { personId }),
    ...(author !== undefined && { author }),
    address: readOptionalString(row, 'address'),
    action: readString(row, 'action'),
    subject: readOptionalString(row, 'subject'),
    detail: parseJsonObject(readOptionalString(row, 'detail') ?? ''),
  }
}
