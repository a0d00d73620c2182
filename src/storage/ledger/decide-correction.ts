import { advance, correctCost, createCounters } from '../../metering/counters.ts'
import { type ReadCounters, type SubjectCounters, userSubject } from './decide-admission.ts'
import type { Correction, LedgerRecord } from './ledger.ts'

/** The fields of a record that its correction needs. `costNano` is the cost that the counters include. */
export type CorrectedRecord = Pick<LedgerRecord, 'endUser' | 'settledAt' | 'costNano'>

/**
 * Returns the corrected counters of a record's key, of the keys above it, and of its end user at each key that counts
 * per user. Pure, like `decideAdmission`.
 */
export function decideCorrection(
  { endUser, settledAt, costNano }: CorrectedRecord,
  correction: Omit<Correction, 'id'>,
  read: ReadCounters,
): readonly SubjectCounters[] {
  const { lineage, now } = correction
  const changeNano = correction.costNano - costNano
  if (changeNano === 0) return []
  const changed: SubjectCounters[] = []
  for (const id of lineage) {
    // Records of callers without a key may be corrected on another shard than the one that counted them.
    const ofKey = advance(read(id) ?? createCounters(now), now)
    changed.push({ subject: id, counters: correctCost(ofKey, settledAt, changeNano) })
    const subject = userSubject(id, endUser)
    const ofUser = read(subject)
    if (ofUser !== undefined)
      changed.push({ subject, counters: correctCost(advance(ofUser, now), settledAt, changeNano) })
  }
  return changed
}
