import { advance, correctCost, createCounters } from '../../metering/counters.ts'
import { type ReadCounters, type SubjectCounters, userSubject } from './decide-admission.ts'
import type { Correction, LedgerRecord } from './ledger.ts'

/** The part of a record that its correction depends on. `costNano` is the cost that the counters hold. */
export type CorrectedRecord = Pick<LedgerRecord, 'endUser' | 'settledAt' | 'costNano'>

/**
 * The counters after the correction of a record: of its key, of the keys above it, and of its end user at each of them where users are told
 * apart. Pure, as `decideAdmission` is.
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
    // The shard that corrects the record of a caller without a key may be another one than that which counted it.
    const ofKey = advance(read(id) ?? createCounters(now), now)
    changed.push({ subject: id, counters: correctCost(ofKey, settledAt, changeNano) })
    const subject = userSubject(id, endUser)
    const ofUser = read(subject)
    if (ofUser !== undefined)
      changed.push({ subject, counters: correctCost(advance(ofUser, now), settledAt, changeNano) })
  }
  return changed
}
