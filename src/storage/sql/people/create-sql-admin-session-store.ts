import type { AdminSessionStore } from '../../admin-session-store.ts'
import { readInteger, readOptionalString, readString } from '../read-column.ts'
import type { Sql } from '../sql.ts'
import { personColumnsOf, toPerson } from './person-rows.ts'

const columns = ['hash', 'person_id', 'secret_binding', 'created_at', 'used_at', 'expires_at']

const statements = {
  deleteExpired: 'DELETE FROM admin_sessions WHERE expires_at <= ?',
  create: `INSERT INTO admin_sessions (${columns.join(', ')}) VALUES (?, ?, ?, ?, ?, ?)`,
  find: `SELECT ${columns.map((name) => `session.${name} AS session_${name}`).join(', ')}, ${personColumnsOf('person')}
    FROM admin_sessions session LEFT JOIN people person ON person.id = session.person_id WHERE session.hash = ?`,
  touch: 'UPDATE admin_sessions SET used_at = ? WHERE hash = ?',
  delete: 'DELETE FROM admin_sessions WHERE hash = ? RETURNING hash',
} as const

/** Creates an {@link AdminSessionStore} on a SQL database with the schema of migrations/. */
export function createSqlAdminSessionStore(sql: Sql): AdminSessionStore {
  return {
    async create({ hash, personId, secretBinding, createdAt, usedAt, expiresAt }) {
      await sql.batch([
        { text: statements.deleteExpired, params: [createdAt] },
        {
          text: statements.create,
          params: [hash, personId ?? null, secretBinding ?? null, createdAt, usedAt, expiresAt],
        },
      ])
    },
    async find(hash) {
      const [row] = await sql.all(statements.find, [hash])
      if (row === undefined) return undefined
      const session = {
        hash: readString(row, 'session_hash'),
        personId: readOptionalString(row, 'session_person_id'),
        secretBinding: readOptionalString(row, 'session_secret_binding'),
        createdAt: readInteger(row, 'session_created_at'),
        usedAt: readInteger(row, 'session_used_at'),
        expiresAt: readInteger(row, 'session_expires_at'),
      }
      return { session, person: row.person_id === null ? undefined : toPerson(row, 'person_') }
    },
    async touch(hash, now) {
      await sql.run(statements.touch, [now, hash])
    },
    delete: async (hash) => (await sql.all(statements.delete, [hash])).length > 0,
  }
}
