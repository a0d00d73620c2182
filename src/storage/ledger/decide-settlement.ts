import { defaults } from '../../config/defaults.ts'
import { advance, createCounters, learn, settle } from '../../metering/counters.ts'
import type { ReadCounters, SubjectCounters } from './decide-admission.ts'
import type { LedgerRecord, Settlement } from './ledger.ts'
import { append, modelOf, type OpenCall } from './open-call.ts'

export interface SettlementDecision {
  readonly record: LedgerRecord
  /** The counters after the settlement. */
  readonly counters: readonly SubjectCounters[]
}

/**
 * Books a call that is over and gives back its reservation. Pure, as `decideAdmission` is; the caller sees to it that a
 * call is settled once (R43).
 */
export function decideSettlement(open: OpenCall, settlement: Settlement, read: ReadCounters): SettlementDecision {
  const { request } = open
  const { usage, costNano, answerTokens, now } = settlement
  const counted = usage === undefined ? 0 : usage.inputTokens + usage.outputTokens
  // The end of an `unknown` call is not known, so its estimate stands.
  const tokens = settlement.outcome === 'unknown' ? request.tokens : counted
  let counters: SubjectCounters[] | undefined
  for (const { name, takenAt } of open.subjects) {
    const before = read(name)
    const current = before === undefined ? createCounters(now) : advance(before, now)
    let settled = settle(current, takenAt, request, tokens, costNano)
    if (answerTokens !== undefined && name === request.keyId)
      settled = learn(settled, modelOf(request), answerTokens, defaults.metering.minOutputTokens)
    counters = append(counters, { subject: name, counters: settled })
  }
  return { record: toLedgerRecord(open, settlement), counters: counters ?? [] }
}

/** The settlement of a call whose end is not known, at the cost that was reserved for it (R39, R42). */
export function toUnknownSettlement({ request }: OpenCall, now: number): Settlement {
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

/** Field by field, since copying the rest of an object is slow and each call has a record. */
export function toLedgerRecord({ request, wouldRefuse }: OpenCall, settlement: Settlement): LedgerRecord {
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
