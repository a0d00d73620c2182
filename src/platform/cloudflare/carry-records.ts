import { recordColumns, toRecord } from '../../storage/sql/record-columns.ts'
import type { SyncSql } from '../../storage/sql/sync-sql.ts'
import type { UsageStore } from '../../storage/usage-store.ts'

/** A Worker may ask D1 50 things at a time on the free plan; three records are one statement, and the roll-up comes after it. */
export const carryLimit = 99

const statements = {
  oldest: `SELECT seq, ${recordColumns} FROM call_records ORDER BY seq LIMIT ${carryLimit}`,
  // By their ids, since a place in an emptied book is given again.
  taken: 'DELETE FROM call_records WHERE id IN (SELECT value FROM json_each(?))',
} as const

/**
 * Carries the oldest records to where they are read, at most {@link carryLimit}; how many that were. They are deleted here once they are there. A
 * crash in between carries them again, and `add` leaves alone what it has (R43).
 */
export async function carryRecords(sql: SyncSql, usage: Pick<UsageStore, 'add'>): Promise<number> {
  const records = sql.all(statements.oldest, []).map(toRecord)
  if (records.length === 0) return 0
  await usage.add(records)
  sql.run(statements.taken, [JSON.stringify(records.map(({ id }) => id))])
  return records.length
}
