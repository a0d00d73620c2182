import type { JournalLedger } from '../../../storage/sql/ledger/open-journal-ledger.ts'
import type { SyncSql } from '../../../storage/sql/sql.ts'
import { recordColumns, toRecord } from '../../../storage/sql/usage/record-columns.ts'
import type { UsageStore } from '../../../storage/usage-store.ts'

/**
 * A Worker may send D1 50 statements at a time on the free plan; three records are one statement, and the roll-up comes
 * after.
 */
export const shipLimit = 99

/**
 * Carries the oldest records of settled calls to D1, at most {@link carryLimit}; returns how many. Only then are the
 * calls removed from the object. A crash in between carries them again, and `add` skips those that are there (R43).
 */
export async function shipRecords(
  ledger: Pick<JournalLedger, 'settled' | 'remove' | 'takeSnapshot'>,
  usage: Pick<UsageStore, 'add'>,
): Promise<number> {
  const records = ledger.settled(shipLimit)
  if (records.length === 0) return 0
  try {
    await usage.add(records)
  } catch (error) {
    // Otherwise an object that starts anew while D1 is down would have more and more to replay.
    ledger.takeSnapshot()
    throw error
  }
  ledger.remove(records)
  return records.length
}

const statements = {
  oldest: `SELECT seq, ${recordColumns} FROM call_records ORDER BY seq LIMIT ${shipLimit}`,
  carried: 'DELETE FROM call_records WHERE id IN (SELECT value FROM json_each(?))',
} as const

/** Carries records that the first release has left in the object's own `call_records`; returns how many. */
export async function shipOldRecords(sql: SyncSql, usage: Pick<UsageStore, 'add'>): Promise<number> {
  const records = sql.all(statements.oldest, []).map(toRecord)
  if (records.length === 0) return 0
  await usage.add(records)
  sql.run(statements.carried, [JSON.stringify(records.map(({ id }) => id))])
  return records.length
}
