import type { RecordOutcome, Settlement } from '../storage/ledger.ts'
import type { CallRecord } from '../telemetry/call-record.ts'
import type { CallCost } from './price-call.ts'

/** What the ledger is told of a call that is over. */
export function toSettlement(
  { id, place }: Pick<Settlement, 'id' | 'place'>,
  record: CallRecord,
  cost: CallCost & { readonly now: number },
): Settlement {
  const { status, errorCode, finishReason, firstByteMs, durationMs } = record
  const round = (milliseconds: number | undefined) => milliseconds && Math.round(milliseconds)
  const outcome: RecordOutcome = record.outcome
  return {
    id,
    place,
    outcome,
    ...cost,
    status,
    errorCode,
    finishReason,
    firstByteMs: round(firstByteMs),
    durationMs: Math.round(durationMs),
  }
}
