import type { PeopleStore, Person, PersonChange, PersonUpdate } from '../../people-store.ts'
import { storeUnavailable } from '../../store-unavailable.ts'
import { raiseVersion } from '../keys/create-sql-key-store.ts'
import { readInteger } from '../read-column.ts'
import type { Sql, SqlValue } from '../sql.ts'
import { personColumns, toPerson, toPersonParams } from './person-rows.ts'

/** True if another person has the e-mail address or the account. NULL equals nothing. */
const isTaken = `EXISTS (SELECT 1 FROM people other WHERE other.id <> ?
    AND (other.email = ? OR (other.issuer = ? AND other.subject = ?)))`

/** True if the person is not the only owner who can sign in. */
const isReplaceable = `(role <> 'owner' OR is_disabled <> 0
    OR EXISTS (SELECT 1 FROM people other WHERE other.id <> ? AND other.role = 'owner' AND other.is_disabled = 0))`

const statements = {
  create: `INSERT INTO people (${personColumns}) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?
    WHERE NOT EXISTS (SELECT 1 FROM people WHERE id = ?) AND NOT ${isTaken} RETURNING id`,
  find: `SELECT ${personColumns}, revision FROM people WHERE id = ?`,
  findByAccount: `SELECT ${personColumns} FROM people WHERE issuer = ? AND subject = ?`,
  findByEmail: `SELECT ${personColumns} FROM people WHERE email = ?`,
  list: `SELECT ${personColumns} FROM people WHERE id > ? ORDER BY id LIMIT ?`,
  update: `UPDATE people SET name = ?, email = ?, role = ?, is_disabled = ?, issuer = ?, subject = ?, updated_at = ?,
    revision = revision + 1 WHERE id = ? AND revision = ? AND (? = 1 OR ${isReplaceable}) AND NOT ${isTaken}
    RETURNING ${personColumns}`,
  isTaken: `SELECT 1 WHERE ${isTaken}`,
  claimAccount: `UPDATE people SET issuer = ?, subject = ?, updated_at = ?, revision = revision + 1
    WHERE id = ? AND issuer IS NULL AND NOT EXISTS (SELECT 1 FROM people WHERE issuer = ? AND subject = ?)
    RETURNING ${personColumns}`,
  delete: `DELETE FROM people WHERE id = ? AND revision = ? AND ${isReplaceable} RETURNING id`,
  // Raises the revision: a concurrent `update` of a key then reads it again.
  freeKeys: `UPDATE api_keys SET person_id = NULL, revision = revision + 1
    WHERE person_id = ? AND NOT EXISTS (SELECT 1 FROM people WHERE id = ?)`,
} as const

/** Enough for concurrent changes of one person. More attempts indicate a different problem. */
const tries = 20

/** Creates a {@link PeopleStore} on a SQL database with the schema of migrations/. */
export function createSqlPeopleStore(sql: Sql): PeopleStore {
  const first = async (text: string, params: readonly SqlValue[]): Promise<Person | undefined> => {
    const [row] = await sql.all(text, params)
    return row && toPerson(row)
  }
  return {
    async create(person) {
      const params = [...toPersonParams(person), person.id, ...toTakenParams(person)]
      return (await sql.all(statements.create, params)).length > 0
    },
    find: (id) => first(statements.find, [id]),
    findByAccount: ({ issuer, subject }) => first(statements.findByAccount, [issuer, subject]),
    findByEmail: (email) => first(statements.findByEmail, [email]),
    list: async ({ limit, after = '' }) => (await sql.all(statements.list, [after, limit])).map((row) => toPerson(row)),
    update: (id, change, now) => update(sql, id, change, now),
    claimAccount: (id, { issuer, subject }, now) =>
      first(statements.claimAccount, [issuer, subject, now, id, issuer, subject]),
    delete: (id, check) => remove(sql, id, check),
  }
}

/** Optimistic locking: retries if another writer changed the person between the read and the write. */
async function update(
  sql: Sql,
  id: string,
  change: (person: Person) => PersonChange,
  now: number,
): Promise<PersonUpdate> {
  for (let count = 0; count < tries; count += 1) {
    const [row] = await sql.all(statements.find, [id])
    if (row === undefined) return { kind: 'unknown' }
    const known = toPerson(row)
    const person = withChange(known, change(known))
    const { name, email, role, isDisabled, account } = person
    const values = [name, email ?? null, role, isDisabled ? 1 : 0, account?.issuer ?? null, account?.subject ?? null]
    const isOwner = role === 'owner' && !isDisabled ? 1 : 0
    const params = [...values, now, id, readInteger(row, 'revision'), isOwner, id, ...toTakenParams(person)]
    const [changed] = await sql.all(statements.update, params)
    if (changed !== undefined) return { kind: 'updated', person: toPerson(changed) }
    if ((await sql.all(statements.isTaken, toTakenParams(person))).length > 0) return { kind: 'taken' }
    if (!(await hasChanged(sql, id, readInteger(row, 'revision')))) return { kind: 'last_owner' }
  }
  throw tooManyWriters(id)
}

async function remove(
  sql: Sql,
  id: string,
  check: (person: Person) => void,
): Promise<'deleted' | 'unknown' | 'last_owner'> {
  for (let count = 0; count < tries; count += 1) {
    const [row] = await sql.all(statements.find, [id])
    if (row === undefined) return 'unknown'
    check(toPerson(row))
    const revision = readInteger(row, 'revision')
    // One transaction: no key belongs to a person that does not exist.
    const [deleted] = await sql.batch([
      { text: statements.delete, params: [id, revision, id] },
      { text: statements.freeKeys, params: [id, id] },
      raiseVersion,
    ])
    if (deleted?.length === 1) return 'deleted'
    if (!(await hasChanged(sql, id, revision))) return 'last_owner'
  }
  throw tooManyWriters(id)
}

async function hasChanged(sql: Sql, id: string, revision: number): Promise<boolean> {
  const [row] = await sql.all(statements.find, [id])
  return row === undefined || readInteger(row, 'revision') !== revision
}

function withChange(person: Person, { email, account, ...change }: PersonChange): Person {
  return {
    ...person,
    ...change,
    email: email === undefined ? person.email : toValue(email),
    account: account === undefined ? person.account : toValue(account),
  }
}

function toValue<Value>(change: Value | 'none'): Value | undefined {
  return change === 'none' ? undefined : change
}

function toTakenParams({ id, email, account }: Person): readonly SqlValue[] {
  return [id, email ?? null, account?.issuer ?? null, account?.subject ?? null]
}

function tooManyWriters(id: string) {
  return storeUnavailable(new Error(`Concurrent writers changed the person ${id} ${tries} times in a row.`))
}
