import type { AdminSecretStore } from '../admin-secret-store.ts'
import { readString } from './read-column.ts'
import type { Sql } from './sql.ts'

const statements = {
  find: 'SELECT hash FROM admin_secrets ORDER BY created_at DESC, hash LIMIT 1',
  keepFirst:
    'INSERT INTO admin_secrets (hash, created_at) SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM admin_secrets) RETURNING hash',
  delete: 'DELETE FROM admin_secrets',
  insert: 'INSERT INTO admin_secrets (hash, created_at) VALUES (?, ?)',
} as const

/** Creates an {@link AdminSecretStore} on a SQL database with the schema of migrations/. */
export function createSqlAdminSecretStore(sql: Sql): AdminSecretStore {
  return {
    async find() {
      const [row] = await sql.all(statements.find, [])
      return row && readString(row, 'hash')
    },
    keepFirst: async (hash, now) => (await sql.all(statements.keepFirst, [hash, now])).length > 0,
    async replace(hash, now) {
      await sql.batch([
        { text: statements.delete, params: [] },
        { text: statements.insert, params: [hash, now] },
      ])
    },
  }
}
