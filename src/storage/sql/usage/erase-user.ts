import type { EndUser, UserErasure, UserErasureStep } from '../../usage-store.ts'
import { readInteger } from '../read-column.ts'
import type { Sql, SqlStatement, SqlValue } from '../sql.ts'
import { findUserRange } from './read-record-slice.ts'
import { addingTo, measures, rollupPosition, selectUsage, sumTables } from './roll-up.ts'
import { family } from './to-spending-statement.ts'

const sums = 'usage_days_by_user'
const sumColumns = `${sumTables[sums]}, ${measures.join(', ')}`

/** The records of an end user in a range of `seq`. */
const inRange = 'seq > ? AND seq <= ? AND key_id = ? AND end_user = ?'
/** Those that the sums include. */
const moved = selectUsage(`${inRange} AND seq <= ${rollupPosition}`)
const totals = measures.map((name) => `SUM(${name}) AS ${name}`).join(', ')

/** Days whose remaining sums one step renames. */
const daysPerStep = 100

// As in `to-usage-statement.ts`: the search for one key visits each existing day.
const ofUser = 'day IN (SELECT day FROM usage_days) AND key_id = ? AND end_user = ?'
const rest = `key_id = ? AND end_user = ? AND day IN
  (SELECT DISTINCT day FROM ${sums} WHERE ${ofUser} ORDER BY day LIMIT ${daysPerStep})`

const statements = {
  select: `SELECT seq FROM call_records WHERE ${inRange} ORDER BY seq LIMIT ?`,
  add: `WITH moved AS (${moved})
    INSERT INTO ${sums} (${sumColumns})
    SELECT day, key_id, ?, provider, model, ${totals} FROM moved WHERE true GROUP BY day, key_id, provider, model
    ${addingTo(sums)}`,
  subtract: `UPDATE ${sums} AS s SET ${measures.map((name) => `${name} = s.${name} - m.${name}`).join(', ')}
    FROM (SELECT day, provider, model, ${totals} FROM (${moved}) AS moved GROUP BY day, provider, model) AS m
    WHERE s.day = m.day AND s.key_id = ? AND s.end_user = ? AND s.provider = m.provider AND s.model = m.model`,
  rename: `UPDATE call_records SET end_user = ? WHERE ${inRange} RETURNING 1 AS renamed`,
  // A sum whose records were all renamed is 0.
  addRest: `INSERT INTO ${sums} (${sumColumns})
    SELECT day, key_id, ?, provider, model, ${measures.join(', ')} FROM ${sums}
    WHERE ${rest} AND (calls <> 0 OR cost_nano <> 0)
    ${addingTo(sums)}`,
  deleteRest: `DELETE FROM ${sums} WHERE ${rest} RETURNING day`,
  namesUser: `WITH RECURSIVE ${family} SELECT CASE
    WHEN EXISTS (SELECT 1 FROM ${sums} WHERE day IN (SELECT day FROM usage_days)
      AND key_id IN (SELECT id FROM family) AND key_id <> ? AND end_user = ?)
    OR EXISTS (SELECT 1 FROM call_records WHERE seq > ${rollupPosition}
      AND key_id IN (SELECT id FROM family) AND key_id <> ? AND end_user = ?)
    THEN 1 ELSE 0 END AS is_named`,
} as const

/**
 * Renames the next records of an end user together with their share of the sums. The last steps follow all records:
 * they rename the records that were added meanwhile, and the sums without records, in the same transaction. Otherwise a
 * sum could lose the name while its record keeps it, and a repetition finds records by the days of the sums.
 */
export async function eraseUser(sql: Sql, { limit, pseudonym, ...user }: UserErasure): Promise<UserErasureStep> {
  const { start, end, newest } = await findUserRange(sql, user)
  const { keyId, endUser } = user
  if (start < end) {
    const found = await sql.all(statements.select, [start, end, keyId, endUser, limit])
    const last = found.at(-1)
    const next = last !== undefined && found.length === limit ? readInteger(last, 'seq') : end
    if (found.length > 0) await sql.batch(toRenaming(start, next, user, pseudonym))
    return { records: found.length, next }
  }
  const results = await sql.batch([
    ...toRenaming(newest, Number.MAX_SAFE_INTEGER, user, pseudonym),
    { text: statements.addRest, params: [pseudonym, keyId, endUser, keyId, endUser] },
    { text: statements.deleteRest, params: [keyId, endUser, keyId, endUser] },
  ])
  const [renamed = [], , deleted = []] = results.slice(-3)
  const days = new Set(deleted.map((row) => readInteger(row, 'day')))
  return { records: renamed.length, next: days.size === daysPerStep ? newest : undefined }
}

/** Returns the statements that rename the records in a range. The records come last, because the sums read them. */
function toRenaming(start: number, end: number, { keyId, endUser }: EndUser, pseudonym: string): SqlStatement[] {
  const range: readonly SqlValue[] = [start, end, keyId, endUser]
  return [
    { text: statements.add, params: [...range, pseudonym] },
    { text: statements.subtract, params: [...range, keyId, endUser] },
    { text: statements.rename, params: [pseudonym, ...range] },
  ]
}

export async function namesUser(sql: Sql, rootId: string, { keyId, endUser }: EndUser): Promise<boolean> {
  const [row = {}] = await sql.all(statements.namesUser, [rootId, keyId, endUser, keyId, endUser])
  return readInteger(row, 'is_named') === 1
}
