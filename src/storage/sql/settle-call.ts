import { advance, giveBack } from '../../metering/counters.ts'
import type { LedgerRecord, Settlement } from '../ledger.ts'
import type { LedgerContext } from './ledger-context.ts'
import { type OpenCall, openColumns, readOpenCall } from './open-call.ts'
import { insertRecord, toRecordParams } from './record-columns.ts'

const deleteOpen = `DELETE FROM open_calls WHERE id = ? RETURNING ${openColumns}`

/**
 * Books how a call ended, and gives back what it had set aside; inside a transaction. The open record is taken away in the same step, which
 * is why nothing is booked twice (R43).
 */
export function settleCall(settlement: Settlement, { sql, counters }: LedgerContext): boolean {
  const [row] = sql.all(deleteOpen, [settlement.id])
  if (row === undefined) return false
  const open = readOpenCall(row)
  const { tokens, reservedNano, isStream, attempt } = open.request
  const { usage, costNano, now } = settlement
  const share = { tokens, reservedNano, isStream, countsAsRequest: attempt === 1 }
  // What nobody knows is taken to be what was expected.
  const used = settlement.outcome === 'unknown' ? tokens : toTokens(usage)
  for (const [name, takenAt] of open.subjects) {
    const found = counters.edit(name, now)
    advance(found, now)
    giveBack(found, { share, takenAt, tokens: used, costNano })
  }
  sql.run(insertRecord, toRecordParams(toLedgerRecord(open, settlement)))
  return true
}

function toTokens(usage: Settlement['usage']): number {
  return usage === undefined ? 0 : usage.inputTokens + usage.outputTokens
}

function toLedgerRecord({ request, wouldRefuse }: OpenCall, settlement: Settlement): LedgerRecord {
  const {
    now: openedAt,
    tokens: _tokens,
    isPriced: _isPriced,
    familyId: _familyId,
    leaseMs: _leaseMs,
    ...asked
  } = request
  const { now: settledAt, place: _place, ...ended } = settlement
  return { ...asked, ...ended, openedAt, settledAt, wouldRefuse }
}
