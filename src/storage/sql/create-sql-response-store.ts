import type { ResponseStore } from '../response-store.ts'
import { readString } from './read-column.ts'
import type { Sql } from './sql.ts'

const statements = {
  put: `INSERT INTO provider_responses (owner, digest, provider, expires_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (owner, digest) DO UPDATE SET provider = excluded.provider, expires_at = excluded.expires_at`,
  findProvider: 'SELECT provider FROM provider_responses WHERE owner = ? AND digest = ? AND expires_at > ?',
  deleteExpired: `DELETE FROM provider_responses WHERE (owner, digest) IN
    (SELECT owner, digest FROM provider_responses WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)
    RETURNING 1 AS deleted`,
  deleteOf: `DELETE FROM provider_responses WHERE owner = ? AND digest IN
    (SELECT digest FROM provider_responses WHERE owner = ? ORDER BY digest LIMIT ?) RETURNING 1 AS deleted`,
} as const

/** Creates a {@link ResponseStore} on a SQL database with the schema of migrations/. */
export function createSqlResponseStore(sql: Sql): ResponseStore {
  return {
    async put({ owner, digest, provider, expiresAt }) {
      await sql.run(statements.put, [owner, digest, provider, expiresAt])
    },
    async findProvider(owner, digest, now) {
      const [row] = await sql.all(statements.findProvider, [owner, digest, now])
      return row && readString(row, 'provider')
    },
    async deleteExpired(now, limit) {
      return (await sql.all(statements.deleteExpired, [now, limit])).length
    },
    async deleteOf(owner, limit) {
      return (await sql.all(statements.deleteOf, [owner, owner, limit])).length
    },
  }
}
