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
 * Converts a finished call to its record, adds its cost and releases its reservation. Pure, like `decideAdmission`. The
 * caller must ensure that each call is settled only once (R43).
 */
export function decideSettlement(open: OpenCall, settlement: Settlement, read: ReadCounters): SettlementDecision {
  const { request } = open
  const { usage, costNano, answerTokens, now } = settlement
  const counted = usage === undefined ? 0 : usage.inputTokens + usage.outputTokens
  // The usage of an `unknown` call is not known, so the estimate still counts.
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

/** Settles a call whose outcome is unknown at its reserved cost (R39, R42). */
export function toUnknownSettlement({ request }: OpenCall, now: number): Settlement {
  return {
    id: request.id,
    outcome: 'unknown',
    usage: undefined,
    costNano: request.reservedNano,
    costSource: request.isPriced ? 'reserved' : 'unpriced',
    status: 0,
    failure: 'unknown_outcome',
    durationMs: Math.max(0, now - request.now),
    now,
  }
}

/** Lists the fields, because object spread is slow and every call creates a record. */
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
    route: request.route,
    outcome: settlement.outcome,
    status: settlement.status,
    errorCode: settlement.errorCode,
    failure: settlement.failure,
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
