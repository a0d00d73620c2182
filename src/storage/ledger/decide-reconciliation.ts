import { advance, type Counters, createCounters, recount, startsOf } from '../../metering/counters.ts'
import type { Spending, SpendingQuery } from '../usage-store.ts'
import { type ReadCounters, type SubjectCounters, userSubject } from './decide-admission.ts'
import type { Balance, Reconciled } from './ledger.ts'
import { nothingSpent, toBalance } from './read-account.ts'

/** A key, or an end user of one, whose counters are compared with the records. */
export interface ReconciledSubject {
  readonly keyId: string
  readonly endUser: string | undefined
}

export interface ReconciliationDecision {
  /** The subjects whose counters and records differed. */
  readonly changes: readonly Reconciled[]
  /** Their counters as the records have them. */
  readonly counters: readonly SubjectCounters[]
}

/** The questions to the records without which these subjects cannot be reconciled at `now`. */
export function toSpendingQueries(
  subjects: readonly ReconciledSubject[],
  read: ReadCounters,
  now: number,
): readonly SpendingQuery[] {
  const questions = new Map<string, SpendingQuery>()
  for (const subject of subjects) {
    const isByUser = subject.endUser !== undefined
    for (const since of startsOf(countersOf(subject, read, now)))
      questions.set(`${since} ${isByUser}`, { since, isByUser })
  }
  return [...questions.values()]
}

/**
 * The spending becomes that of the records. Calls under way keep their reservations, and rates their use: no record tells of them. Pure, as
 * `decideAdmission` is; `answers` are those to {@link toSpendingQuestions}, of a moment in which every settled call has its record.
 */
export function decideReconciliation(
  subjects: readonly ReconciledSubject[],
  { questions, answers }: { questions: readonly SpendingQuery[]; answers: readonly (readonly Spending[])[] },
  read: ReadCounters,
  now: number,
): ReconciliationDecision {
  const spent = new Map<string, number>()
  questions.forEach(({ since }, at) => {
    for (const spending of answers[at] ?? []) spent.set(`${since} ${nameOf(spending)}`, spending.spentNano)
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
