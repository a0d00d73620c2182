import { advance, giveBack, type Outcome } from '../../metering/counters.ts'
import type { LedgerRecord, Settlement } from '../ledger.ts'
import type { LedgerContext } from './ledger-context.ts'
import { type OpenCall, openColumns, readOpenCall } from './open-call.ts'
import { insertRecord, toRecordParams } from './record-columns.ts'
import { toShare } from './to-share.ts'

const deleteOpen = 'DELETE FROM open_calls WHERE id = ?'
const deleteAndRead = `${deleteOpen} RETURNING ${openColumns}`

/**
 * Books how a call ended, and gives back what it had set aside; inside a transaction. The open record is taken away in the same step, which
 * is why nothing is booked twice (R43).
 */
export function settleCall(settlement: Settlement, context: LedgerContext): boolean {
  const open = takeOpen(settlement.id, context)
  if (open === undefined) return false
  const { counters, sql } = context
  const { now } = settlement
  const outcome = toOutcome(open, settlement)
  for (const [name, takenAt] of open.subjects) {
    const found = counters.edit(name, now)
    advance(found, now)
    giveBack(found, takenAt, outcome)
  }
  sql.run(insertRecord, toRecordParams(toLedgerRecord(open, settlement)))
  return true
}

/** Undefined where it is not open any more: whoever deletes the row books the call. */
function takeOpen(id: string, { sql, openCalls }: LedgerContext): OpenCall | undefined {
  const known = openCalls.take(id)
  if (known !== undefined) return sql.run(deleteOpen, [id]) === 1 ? known : undefined
  const [row] = sql.all(deleteAndRead, [id])
  return row && readOpenCall(row)
}

function toOutcome({ request }: OpenCall, { usage, outcome, costNano }: Settlement): Outcome {
  // What nobody knows is taken to be what was expected.
  const tokens = outcome === 'unknown' ? request.tokens : toTokens(usage)
  return { share: toShare(request), tokens, costNano }
}

function toTokens(usage: Settlement['usage']): number {
  return usage === undefined ? 0 : usage.inputTokens + usage.outputTokens
}

/** Field by field, since copying the rest of an object is dear and each call has a record. */
function toLedgerRecord({ request, wouldRefuse }: OpenCall, settlement: Settlement): LedgerRecord {
  return {
    id: request.id,
    requestId: request.requestId,
    attempt: request.attempt,
    keyId: request.keyId,
    endUser: request.endUser,
    operation: request.operation,
    provider: request.provider,
    model: request.model,
    isStream: request.isStream,
    tags: request.tags,
    outcome: settlement.outcome,
    status: settlement.status,
    errorCode: settlement.errorCode,
    finishReason: settlement.finishReason,
    usage: settlement.usage,
    costNano: settlement.costNano,
    costSource: settlement.costSource,
    reservedNano: request.reservedNano,
    wouldRefuse,
    openedAt: request.now,
    settledAt: settlement.now,
    firstByteMs: settlement.firstByteMs,
    durationMs: settlement.durationMs,
  }
}
