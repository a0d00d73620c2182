import { fits, isExceeded, type LimitStanding, restingRate, standingsOf } from '../../metering/check-limits.ts'
import { advance, type Counters, type Share, take } from '../../metering/counters.ts'
import type { KeyChain, KeyRules, Limits } from '../../metering/limits.ts'
import type { AdmissionRequest, AdmissionResult, Standing } from '../ledger.ts'
import type { LedgerContext } from './ledger-context.ts'
import { type OpenCall, type OpenSubject, toDetail } from './open-call.ts'
import { toShare } from './to-share.ts'

/** One subject that a call counts for: a key of the chain, or an end user of one. */
interface Subject {
  readonly name: string
  readonly rules: KeyRules
  readonly limits: Limits
  readonly isPerUser: boolean
  readonly counters: Counters
}

/** A limit that the call would go over. */
interface Excess {
  readonly subject: Subject
  readonly standing: LimitStanding
}

const insertOpen = 'INSERT INTO open_calls (id, process_id, opened_at, deadline, detail) VALUES (?, ?, ?, ?, ?)'

/**
 * Checks every limit of every subject, and takes from all of them or from none; inside a transaction. What is spent from here on stands in
 * the open record.
 */
export function admitCall(request: AdmissionRequest, context: LedgerContext): AdmissionResult {
  const chain = context.findChain(request.keyId, context.transaction)
  if (chain === undefined || !areActive(chain, request.now)) return { kind: 'inactive' }
  const share = toShare(request)
  const subjects = subjectsOf(chain, request, context)
  const exceeded = findExceeded(subjects, share)
  const worst = findWorst(exceeded)
  if (worst !== undefined) {
    return { kind: 'refused', standing: toStanding(worst), asked: worst.standing.asked }
  }
  const taken: OpenSubject[] = []
  const standings: Standing[] = []
  for (const subject of subjects) {
    take(subject.counters, subject.limits, share)
    taken.push([subject.name, subject.counters.latest])
    addRates(standings, subject)
  }
  const wouldRefuse = exceeded.map(toStanding)
  keepOpen({ request, subjects: taken, wouldRefuse: wouldRefuse.map(({ limit }) => limit) }, context)
  return { kind: 'admitted', standings, wouldRefuse }
}

function areActive(chain: KeyChain, now: number): boolean {
  for (const { isDisabled, expiresAt } of chain) {
    if (isDisabled || (expiresAt !== undefined && now >= expiresAt)) return false
  }
  return true
}

function subjectsOf(chain: KeyChain, { endUser, now }: AdmissionRequest, { counters }: LedgerContext): Subject[] {
  const subjects: Subject[] = []
  for (const rules of chain) {
    const { id, limits, perUser } = rules
    subjects.push({ name: id, rules, limits, isPerUser: false, counters: counters.edit(id, now) })
    if (perUser === undefined) continue
    const name = `${id}/user:${endUser}`
    subjects.push({ name, rules, limits: perUser, isPerUser: true, counters: counters.edit(name, now) })
  }
  for (const subject of subjects) advance(subject.counters, now)
  return subjects
}

/** Most calls fit, and then nothing is listed. */
const nothing: readonly Excess[] = []

function findExceeded(subjects: readonly Subject[], share: Share): readonly Excess[] {
  let found: Excess[] | undefined
  for (const subject of subjects) {
    const { counters, limits } = subject
    if (fits(counters, limits, share)) continue
    found ??= []
    for (const standing of standingsOf(counters, limits, share)) {
      if (isExceeded(standing)) found.push({ subject, standing })
    }
  }
  return found ?? nothing
}

/** The limit that keeps the caller waiting longest is the one to tell of; what does not reset by itself comes before all others. */
function findWorst(exceeded: readonly Excess[]): Excess | undefined {
  let worst: Excess | undefined
  for (const each of exceeded) {
    if (each.subject.rules.isShadow) continue
    if (worst === undefined || waitFor(each) > waitFor(worst)) worst = each
  }
  return worst
}

function waitFor({ standing: { limit, resetsInMs } }: Excess): number {
  return resetsInMs ?? (limit.startsWith('concurrent_') ? 0 : Number.POSITIVE_INFINITY)
}

/** As the rates are once the call has been counted. */
function addRates(standings: Standing[], { rules, limits, isPerUser, counters }: Subject): void {
  for (const rate of limits.rates) {
    const { limit, allowed, used, resetsInMs } = restingRate(counters, rate)
    standings.push({ limit, keyId: rules.id, isPerUser, allowed, used, resetsInMs })
  }
}

function toStanding({ subject: { rules, isPerUser }, standing }: Excess): Standing {
  const { limit, allowed, used, resetsInMs } = standing
  return { limit, keyId: rules.id, isPerUser, allowed, used, resetsInMs }
}

function keepOpen(open: OpenCall, { sql, processId, openCalls }: LedgerContext): void {
  const { id, now, leaseMs } = open.request
  const deadline = leaseMs === undefined ? null : now + leaseMs
  sql.run(insertOpen, [id, processId, now, deadline, toDetail(open)])
  openCalls.remember(open)
}
