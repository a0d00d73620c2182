import type { Link, LinkStore } from '../../link-store.ts'
import { readInteger, readOptionalInteger, readString } from '../read-column.ts'
import type { Sql, SqlRow } from '../sql.ts'

const columns = 'id, key_id, overlap_seconds, created_by, created_at, expires_at, claimed_at'

const statements = {
  forget: 'DELETE FROM links WHERE expires_at <= ?',
  create: `INSERT INTO links (${columns}, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  list: `SELECT ${columns} FROM links WHERE id > ? ORDER BY id LIMIT ?`,
  claim: `UPDATE links SET claimed_at = ? WHERE hash = ? AND claimed_at IS NULL AND expires_at > ? RETURNING ${columns}`,
  isUsed: 'SELECT 1 FROM links WHERE hash = ? AND claimed_at IS NOT NULL AND expires_at > ?',
  release: 'UPDATE links SET claimed_at = NULL WHERE id = ?',
  delete: 'DELETE FROM links WHERE id = ? RETURNING id',
} as const

/** Creates a {@link LinkStore} on a SQL database with the schema of migrations/. */
export function createSqlLinkStore(sql: Sql): LinkStore {
  return {
    async create({ id, keyId, overlapSeconds, createdBy, createdAt, expiresAt, claimedAt }, hash, forgetBefore) {
      const params = [id, keyId, overlapSeconds, createdBy, createdAt, expiresAt, claimedAt ?? null, hash]
      await sql.batch([
        { text: statements.forget, params: [forgetBefore] },
        { text: statements.create, params },
      ])
    },
    list: async ({ limit, after = '' }) => (await sql.all(statements.list, [after, limit])).map(toLink),
    async claim(hash, now) {
      const [[row] = [], used = []] = await sql.batch([
        { text: statements.claim, params: [now, hash, now] },
        { text: statements.isUsed, params: [hash, now] },
      ])
      if (row !== undefined) return { kind: 'claimed', link: toLink(row) }
      return { kind: used.length > 0 ? 'used' : 'unknown' }
    },
    async release(id) {
      await sql.run(statements.release, [id])
    },
    delete: async (id) => (await sql.all(statements.delete, [id])).length > 0,
  }
}

function toLink(row: SqlRow): Link {
  return {
    id: readString(row, 'id'),
    keyId: readString(row, 'key_id'),
    overlapSeconds: readInteger(row, 'overlap_seconds'),
    createdBy: readString(row, 'created_by'),
    createdAt: readInteger(row, 'created_at'),
    expiresAt: readInteger(row, 'expires_at'),
    claimedAt: readOptionalInteger(row, 'claimed_at'),
  }
}
