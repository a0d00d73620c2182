import { createSqlKeyStore } from '../../src/storage/sql/keys/create-sql-key-store.ts'
import { createSqlAdminSessionStore } from '../../src/storage/sql/people/create-sql-admin-session-store.ts'
import { createSqlLinkStore } from '../../src/storage/sql/people/create-sql-link-store.ts'
import { createSqlPeopleStore } from '../../src/storage/sql/people/create-sql-people-store.ts'
import type { Sql } from '../../src/storage/sql/sql.ts'
import { toKey, toSecret } from './contract/key-store.ts'
import type { OpenPeople } from './contract/people-store.ts'

/** Opens the stores of people on a migrated database. */
export function openPeople(sql: Sql): Omit<OpenPeople, 'close'> {
  const keys = createSqlKeyStore(sql)
  return {
    people: createSqlPeopleStore(sql),
    sessions: createSqlAdminSessionStore(sql),
    links: createSqlLinkStore(sql),
    async addKey(personId) {
      const id = `key of ${personId}`
      await keys.create(toKey(id, { personId }), toSecret(`hash of ${id}`))
      return async () => (await keys.find(id))?.key.personId
    },
  }
}
