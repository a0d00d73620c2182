import { noRevocations, type Revocations } from '../../revocation-store.ts'
import { readInteger, readString } from '../read-column.ts'
import type { SqlRow, SqlStatement } from '../sql.ts'

/** Stands for every key in the column `key_id`. */
export const everyKey = ''

/** Selects the revocations of these keys and of every key: rows for {@link toRevocations}. */
export function selectRevocations(keyIds: readonly string[]): SqlStatement {
  const places = ['?', ...keyIds.map(() => '?')].join(', ')
  return {
    text: `SELECT kind, subject, issued_until FROM revocations WHERE key_id IN (${places})`,
    params: [everyKey, ...keyIds],
  }
}

export function toRevocations(rows: readonly SqlRow[]): Revocations {
  if (rows.length === 0) return noRevocations
  let issuedUntil = noRevocations.issuedUntil
  const users = new Map<string, number>()
  const tokenIds = new Set<string>()
  for (const row of rows) {
    const kind = readString(row, 'kind')
    const subject = readString(row, 'subject')
    const until = readInteger(row, 'issued_until')
    if (kind === 'token') tokenIds.add(subject)
    else if (kind === 'user') users.set(subject, Math.max(until, users.get(subject) ?? until))
    else issuedUntil = Math.max(issuedUntil, until)
  }
  return { issuedUntil, users, tokenIds }
}
