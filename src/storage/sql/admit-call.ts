import { isExceeded, type LimitStanding, rateStandingsOf, standingsOf } from '../../metering/check-limits.ts'
import { advance, type Counters, type Share, take } from '../../metering/counters.ts'
import type { KeyChain, KeyRules, Limits } from '../../metering/limits.ts'
import type { AdmissionRequest, AdmissionResult, Standing } from '../ledger.ts'
import type { LedgerContext } from './ledger-context.ts'
import { type OpenCall, toDetail } from './open-call.ts'

/** One subject that a call counts for: a key of the chain, or an end user of one. */
interface Subject {
  readonly name: string
  readonly rules: KeyRules
  readonly limits: Limits
  readonly isPerUser: boolean
  readonly counters: Counters
}

const insertOpen = 'INSERT INTO open_calls (id, process_id, opened_at, deadline, detail) VALUES (?, ?, ?, ?, ?)'

/**
 * Checks every limit of every subject, and takes from all of them or from none; inside a transaction. What is spent from here on stands in
 * the open record.
 */
export function admitCall(request: AdmissionRequest, context: LedgerContext): AdmissionResult {
  const chain = context.findChain(request.keyId)
  if (chain === undefined || chain.some((rules) => !isActive(rules, request.now))) return { kind: 'inactive' }
  const share = toShare(request)
  const subjects = subjectsOf(chain, request, context)
  const exceeded = subjects.flatMap((subject) =>
    standingsIn(subject, share)
      .filter(isExceeded)
      .map((standing) => ({ subject, standing })),
  )
  const refusals = exceeded.filter(({ subject }) => !subject.rules.isShadow)
  const worst = refusals.reduce<(typeof refusals)[number] | undefined>(longer, undefined)
  if (worst !== undefined) {
    return { kind: 'refused', standing: toStanding(worst.subject, worst.standing), asked: worst.standing.asked }
  }
  for (const { counters, limits } of subjects) take(counters, limits, share)
  const wouldRefuse = exceeded.map(({ subject, standing }) => toStanding(subject, standing))
  keepOpen({ request, subjects: subjects.map(toShareOf), wouldRefuse: wouldRefuse.map(({ limit }) => limit) }, context)
  const standings = subjects.flatMap(ratesAfter)
  return { kind: 'admitted', standings, wouldRefuse }
}

function isActive({ isDisabled, expiresAt }: KeyRules, now: number): boolean {
  return !isDisabled && (expiresAt === undefined || now < expiresAt)
}

function toShare({ tokens, reservedNano, isStream, attempt }: AdmissionRequest): Share {
  return { tokens, reservedNano, isStream, countsAsRequest: attempt === 1 }
}

function subjectsOf(chain: KeyChain, { endUser, now }: AdmissionRequest, { counters }: LedgerContext): Subject[] {
  const edit = (name: string) => {
    const found = counters.edit(name, now)
    advance(found, now)
    return found
  }
  return chain.flatMap((rules) => {
    const { id, limits, perUser } = rules
    const own = { name: id, rules, limits, isPerUser: false, counters: edit(id) }
    if (perUser === undefined) return [own]
    const name = `${id}/user:${endUser}`
    return [own, { name, rules, limits: perUser, isPerUser: true, counters: edit(name) }]
  })
}

function standingsIn({ counters, limits }: Subject, share: Share): readonly LimitStanding[] {
  return standingsOf(counters, limits, share)
}

const nothing: Share = { tokens: 0, reservedNano: 0, isStream: false, countsAsRequest: false }

/** As the rates are once the call has been counted. */
function ratesAfter(subject: Subject): readonly Standing[] {
  const { counters, limits } = subject
  return rateStandingsOf(counters, limits, nothing).map((standing) => toStanding(subject, standing))
}

/** The limit that keeps the caller waiting longest is the one to tell of; what does not reset by itself comes before all others. */
function longer<Refusal extends { readonly standing: LimitStanding }>(
  worst: Refusal | undefined,
  next: Refusal,
): Refusal {
  const wait = ({ standing }: Refusal) =>
    standing.resetsInMs ?? (isConcurrency(standing) ? 0 : Number.POSITIVE_INFINITY)
  return worst === undefined || wait(next) > wait(worst) ? next : worst
}

function isConcurrency({ limit }: LimitStanding): boolean {
  return limit.startsWith('concurrent_')
}

function toStanding({ rules, isPerUser }: Subject, { limit, allowed, used, resetsInMs }: LimitStanding): Standing {
  return { limit, keyId: rules.id, isPerUser, allowed, used, resetsInMs }
}

function toShareOf({ name, counters }: Subject): OpenCall['subjects'][number] {
  return [name, counters.latest]
}

function keepOpen(open: OpenCall, { sql, processId }: LedgerContext): void {
  const { id, now, leaseMs } = open.request
  const deadline = leaseMs === undefined ? null : now + leaseMs
  sql.run(insertOpen, [id, processId, now, deadline, toDetail(open)])
}
