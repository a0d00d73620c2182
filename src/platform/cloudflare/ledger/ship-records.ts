import type { JournalLedger } from '../../../storage/sql/ledger/open-journal-ledger.ts'
import type { SyncSql } from '../../../storage/sql/sql.ts'
import { recordColumns, toRecord } from '../../../storage/sql/usage/record-columns.ts'
import type { UsageStore } from '../../../storage/usage-store.ts'

/**
 * Maximum number of records in one batch. The free plan allows a Worker 50 D1 statements; one statement inserts three
 * records, and the roll-up needs some of the rest.
 */
export const shipLimit = 99

/**
 * Ships the oldest records of settled calls to D1, at most {@link shipLimit}, and returns their number. Removes the
 * calls from the object only afterwards. After a crash in between, the records ship again, and `add` skips existing
 * ones (R43).
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
    // Otherwise a restarted object would have more and more calls to replay while D1 is down.
    ledger.takeSnapshot()
    throw error
  }
  ledger.remove(records)
  return records.length
}

const statements = {
  oldest: `SELECT seq, ${recordColumns} FROM call_records ORDER BY seq LIMIT ${shipLimit}`,
  deleteShipped: 'DELETE FROM call_records WHERE id IN (SELECT value FROM json_each(?))',
} as const

/** Ships records that the first release left in the object's own `call_records`; returns their number. */
export async function shipOldRecords(sql: SyncSql, usage: Pick<UsageStore, 'add'>): Promise<number> {
  const records = sql.all(statements.oldest, []).map(toRecord)
  if (records.length === 0) return 0
  await usage.add(records)
  sql.run(statements.deleteShipped, [JSON.stringify(records.map(({ id }) => id))])
  return records.length
}
