import { maxRevocations, type Revocation, type RevocationStore } from '../../revocation-store.ts'
import type { Sql } from '../sql.ts'
import { raiseVersion } from './create-sql-key-store.ts'
import { everyKey, selectRevocations, toRevocations } from './revocation-rows.ts'

const statements = {
  deleteExpired: 'DELETE FROM revocations WHERE expires_at <= ?',
  // A repeated revocation of the same scope never counts as a further one.
  insert: `INSERT INTO revocations (key_id, kind, subject, issued_until, expires_at) SELECT ?, ?, ?, ?, ?
    WHERE ? = 'key' OR EXISTS (SELECT 1 FROM revocations WHERE key_id = ? AND kind = ? AND subject = ?)
    OR (SELECT COUNT(*) FROM revocations WHERE key_id = ?) < ${maxRevocations}
    ON CONFLICT (key_id, kind, subject) DO UPDATE SET issued_until = MAX(issued_until, excluded.issued_until),
    expires_at = MAX(expires_at, excluded.expires_at) RETURNING key_id`,
} as const

/** Creates a {@link RevocationStore} on a SQL database with the schema of migrations/. */
export function createSqlRevocationStore(sql: Sql): RevocationStore {
  return {
    async add({ keyId = everyKey, scope, issuedUntil, expiresAt }, now) {
      const subject = subjectOf(scope)
      const params = [keyId, scope.kind, subject, issuedUntil, expiresAt]
      const [, inserted = []] = await sql.batch([
        { text: statements.deleteExpired, params: [now] },
        { text: statements.insert, params: [...params, scope.kind, keyId, scope.kind, subject, keyId] },
        raiseVersion,
      ])
      return inserted.length === 1
    },
    async of(keyIds) {
      const { text, params } = selectRevocations(keyIds)
      return toRevocations(await sql.all(text, params))
    },
  }
}

function subjectOf(scope: Revocation['scope']): string {
  if (scope.kind === 'token') return scope.tokenId
  return scope.kind === 'user' ? scope.endUser : ''
}
