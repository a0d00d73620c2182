import { advance, type Counters, createCounters, recount, startsOf } from '../../metering/counters.ts'
import type { Spending, SpendingQuery } from '../usage-store.ts'
import { type ReadCounters, type SubjectCounters, userSubject } from './decide-admission.ts'
import type { Balance, Reconciled } from './ledger.ts'
import { nothingSpent, toBalance } from './read-account.ts'

/** A key, or an end user of a key, whose counters are compared with the usage records. */
export interface ReconciledSubject {
  readonly keyId: string
  readonly endUser: string | undefined
}

export interface ReconciliationDecision {
  /** The subjects whose counters differ from their records. */
  readonly changes: readonly Reconciled[]
  /** The counters of these subjects, recomputed from the records. */
  readonly counters: readonly SubjectCounters[]
}

/** Returns the queries whose results `decideReconciliation` needs to reconcile these subjects at `now`. */
export function toSpendingQueries(
  subjects: readonly ReconciledSubject[],
  read: ReadCounters,
  now: number,
): readonly SpendingQuery[] {
  const queries = new Map<string, SpendingQuery>()
  for (const subject of subjects) {
    const isByUser = subject.endUser !== undefined
    for (const since of startsOf(countersOf(subject, read, now)))
      queries.set(`${since} ${isByUser}`, { since, isByUser })
  }
  return [...queries.values()]
}

/**
 * Sets the spending to that of the records. Running calls keep their reservations and rates keep their use, because no
 * record contains them. Pure, like `decideAdmission`. `results` are the results of {@link toSpendingQueries}, read in
 * one snapshot in which every settled call has its record.
 */
export function decideReconciliation(
  subjects: readonly ReconciledSubject[],
  { queries, results }: { queries: readonly SpendingQuery[]; results: readonly (readonly Spending[])[] },
  read: ReadCounters,
  now: number,
): ReconciliationDecision {
  const spent = new Map<string, number>()
  queries.forEach(({ since }, at) => {
    for (const spending of results[at] ?? []) spent.set(`${since} ${nameOf(spending)}`, spending.spentNano)
  })
  const changes: Reconciled[] = []
  const counters: SubjectCounters[] = []
  for (const { keyId, endUser } of subjects) {
    const subject = nameOf({ keyId, endUser })
    const counted = countersOf({ keyId, endUser }, read, now)
    const recorded = recount(counted, (since) => spent.get(`${since} ${subject}`) ?? 0)
    if (recorded === counted) continue
    counters.push({ subject, counters: recorded })
    changes.push({ keyId, endUser, counted: balanceOf(counted, now), recorded: balanceOf(recorded, now) })
  }
  return { changes, counters }
}

function countersOf(subject: ReconciledSubject, read: ReadCounters, now: number): Counters {
  return advance(read(nameOf(subject)) ?? createCounters(now), now)
}

function nameOf({ keyId, endUser }: ReconciledSubject): string {
  return endUser === undefined ? keyId : userSubject(keyId, endUser)
}

function balanceOf(counters: Counters, now: number): Balance {
  return toBalance(counters, now) ?? nothingSpent
}
