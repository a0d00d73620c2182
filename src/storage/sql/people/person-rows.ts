import { type Person, roles } from '../../people-store.ts'
import { readInteger, readOptionalString, readString } from '../read-column.ts'
import type { SqlRow, SqlValue } from '../sql.ts'

const names = ['id', 'name', 'email', 'role', 'is_disabled', 'issuer', 'subject', 'created_at', 'updated_at']

/** The columns of `people` that {@link toPerson} reads. */
export const personColumns = names.join(', ')

/** Returns {@link personColumns} of a table, each with the prefix `person_`. */
export const personColumnsOf = (table: string) => names.map((name) => `${table}.${name} AS person_${name}`).join(', ')

/** Reads a person from a row whose columns begin with `prefix`. */
export function toPerson(row: SqlRow, prefix = ''): Person {
  const issuer = readOptionalString(row, `${prefix}issuer`)
  const subject = readOptionalString(row, `${prefix}subject`)
  const role = readString(row, `${prefix}role`)
  return {
    id: readString(row, `${prefix}id`),
    name: readString(row, `${prefix}name`),
    email: readOptionalString(row, `${prefix}email`),
    // A role of a newer release gives the least.
    role: roles.find((known) => known === role) ?? 'member',
    isDisabled: readInteger(row, `${prefix}is_disabled`) !== 0,
    account: issuer === undefined || subject === undefined ? undefined : { issuer, subject },
    createdAt: readInteger(row, `${prefix}created_at`),
    updatedAt: readInteger(row, `${prefix}updated_at`),
  }
}

/** Returns the values of a person in the order of {@link personColumns}. */
export function toPersonParams(person: Person): readonly SqlValue[] {
  const { id, name, email, role, isDisabled, account, createdAt, updatedAt } = person
  const { issuer = null, subject = null } = account ?? {}
  return [id, name, email ?? null, role, isDisabled ? 1 : 0, issuer, subject, createdAt, updatedAt]
}
