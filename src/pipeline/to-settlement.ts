import type { RecordOutcome, Settlement } from '../storage/ledger.ts'
import type { CallRecord } from '../telemetry/call-record.ts'
import type { CallCost } from './price-call.ts'

/** What the ledger is told of a call that is over. */
export function toSettlement(
  { id, place }: Pick<Settlement, 'id' | 'place'>,
  record: CallRecord,
  { cost, now }: { readonly cost: CallCost; readonly now: number },
): Settlement {
  const outcome: RecordOutcome = record.outcome
  const { firstByteMs } = record
  return {
    id,
    place,
    outcome,
    usage: cost.usage,
    costNano: cost.costNano,
    costSource: cost.costSource,
    status: record.status,
    errorCode: record.errorCode,
    finishReason: record.finishReason,
    firstByteMs: firstByteMs && Math.round(firstByteMs),
    durationMs: Math.round(record.durationMs),
    now,
  }
}
