import type { Ledger, Settlement } from '../ledger.ts'
import { openColumns, readOpenCall } from './open-call.ts'
import type { SqlRow } from './sql.ts'
import type { SyncSql } from './sync-sql.ts'

/** Calls that one step closes; it holds up calls that are being admitted. */
export const sweepLimit = 500

const selectOverdue = `SELECT ${openColumns} FROM open_calls WHERE deadline <= ? ORDER BY id LIMIT ?`

/** Closes calls whose lease is over; how many that were. Call it again while that is not 0. */
export function closeOverdue(sql: SyncSql, ledger: Pick<Ledger, 'settle'>, now: number): Promise<number> {
  return closeCalls(sql.all(selectOverdue, [now, sweepLimit]), ledger, now)
}

/** Closes the calls of these rows as `unknown`, at the cost that was set aside for them (R39, R42); how many that were. */
export async function closeCalls(
  rows: readonly SqlRow[],
  ledger: Pick<Ledger, 'settle'>,
  now: number,
): Promise<number> {
  await Promise.all(rows.map((row) => ledger.settle(toUnknown(row, now))))
  return rows.length
}

function toUnknown(row: SqlRow, now: number): Settlement {
  const { request } = readOpenCall(row)
  return {
    id: request.id,
    outcome: 'unknown',
    usage: undefined,
    costNano: request.reservedNano,
    costSource: request.isPriced ? 'reserved' : 'unpriced',
    status: 0,
    durationMs: Math.max(0, now - request.now),
    now,
  }
}
