import { defaults } from '../../config/defaults.ts'
import { askedOf, exceededLimits, grantedBy, listLimits, rateStatusOf, statusOf } from '../../metering/check-limits.ts'
import {
  advance,
  type Counters,
  countedBy,
  createCounters,
  follow,
  reserve,
  type Share,
} from '../../metering/counters.ts'
import { type LimitStatus, limitName, type RateStatus } from '../../metering/limit-status.ts'
import type { KeyChain, Limits } from '../../metering/limits.ts'
import { usualOf } from '../../metering/typical-outputs.ts'
import type { AdmissionRequest, AdmissionResult } from './ledger.ts'
import { append, modelOf, type OpenCall, type OpenSubject } from './open-call.ts'

/** The counters of a subject as they were stored last; undefined where nothing was ever counted. */
export type ReadCounters = (subject: string) => Counters | undefined

export interface SubjectCounters {
  readonly subject: string
  readonly counters: Counters
}

export interface AdmissionDecision {
  readonly result: AdmissionResult
  /** The counters after the decision. A refusal takes nothing; it only brings them to now. */
  readonly counters: readonly SubjectCounters[]
  /** Undefined unless the call is admitted. */
  readonly openCall: OpenCall | undefined
}

/** A key of the chain, or an end user of one, that a call counts for. */
interface Subject {
  readonly subject: string
  readonly keyId: string
  readonly isPerUser: boolean
  readonly limits: Limits
  readonly isShadow: boolean
  /** Replaced by the decision; the object is the decision's own. */
  counters: Counters
}

/** A limit that the call would exceed. */
interface Excess {
  readonly status: LimitStatus
  readonly asked: number
  readonly isShadow: boolean
}

const nothing: readonly never[] = []

/**
 * Checks every limit of every subject of a call, and reserves its share of all of them or of none. A call that can do with less money than it
 * asks for gets what every limit grants; its open call then has that as its reservation.
 *
 * Pure: the inputs are left as they are, time is `request.now`, and the same inputs give the same decision.
 */
export function decideAdmission(
  wanted: AdmissionRequest,
  chain: KeyChain | undefined,
  read: ReadCounters,
): AdmissionDecision {
  if (chain === undefined || !areActive(chain, wanted.now)) {
    return { result: { kind: 'inactive' }, counters: nothing, openCall: undefined }
  }
  const subjects = subjectsOf(chain, wanted, read)
  const { minNano } = wanted
  const usualTokens = minNano === undefined ? undefined : readUsual(wanted, subjects)
  const request = minNano === undefined ? wanted : toGranted(wanted, minNano, usualTokens, subjects)
  let exceeded: Excess[] | undefined
  for (const subject of subjects) {
    const { limits, counters, isShadow } = subject
    // Limits that are only tried out grant nothing; they would have refused what not even the least fits.
    const share = isShadow && minNano !== undefined ? { ...wanted, reservedNano: minNano } : request
    const over = exceededLimits(counters, limits, share)
    if (over === undefined) continue
    for (const limit of over) {
      const asked = askedOf(limit, share) ?? 0
      exceeded = append(exceeded, { status: statusOf(limit, counters, asked, subject), asked, isShadow })
    }
  }
  const worst = exceeded && findWorst(exceeded)
  if (worst !== undefined) {
    const { status, asked } = worst
    const isUsual = usualTokens !== undefined && request.reservedNano > (minNano ?? 0)
    const result = { kind: 'refused', limit: status, asked, ...(isUsual && { usualTokens }) } as const
    return { result, counters: subjects, openCall: undefined }
  }
  let opened: OpenSubject[] | undefined
  const rates = new Array<RateStatus>(countRates(subjects))
  let rateAt = 0
  for (const subject of subjects) {
    const { limits } = subject
    const counted = countedBy(limits)
    const counters = reserveFor(subject.counters, counted, request)
    subject.counters = counters
    opened = append(opened, { name: subject.subject, takenAt: counters.moment.latest, counted })
    for (const limit of listLimits(limits)) {
      if (limit.kind === 'rate') rates[rateAt++] = rateStatusOf(limit, counters, 0, subject)
    }
  }
  const wouldRefuse = exceeded === undefined ? nothing : exceeded.map(({ status }) => status)
  return {
    result:
      request === wanted
        ? { kind: 'admitted', rates, wouldRefuse }
        : { kind: 'admitted', rates, wouldRefuse, grantedNano: request.reservedNano },
    counters: subjects,
    openCall: {
      request,
      subjects: opened ?? nothing,
      wouldRefuse: exceeded === undefined ? nothing : wouldRefuse.map(limitName),
    },
  }
}

/** The tokens of a usual answer, as far as the call asks for them; undefined where the least will do. */
function readUsual(request: AdmissionRequest, [key]: readonly Subject[]): number | undefined {
  const { answer } = request
  if (answer === undefined || key === undefined || key.counters.usual.length === 0) return undefined
  const usual = Math.min(usualOf(key.counters.usual, modelOf(request)) ?? 0, answer.fullTokens)
  return usual > answer.minTokens ? usual : undefined
}

/** The request with the money that all limits grant it. */
function toGranted(
  request: AdmissionRequest,
  least: number,
  usualTokens: number | undefined,
  subjects: readonly Subject[],
): AdmissionRequest {
  const { reservedNano: wish, answer } = request
  let usual = least
  if (usualTokens !== undefined && answer !== undefined) {
    // The worst case is convex in the tokens, so that this is never too little.
    const { minTokens, fullTokens } = answer
    usual = least + Math.ceil(((wish - least) * (usualTokens - minTokens)) / (fullTokens - minTokens))
  }
  let granted = wish
  for (const { limits, counters, isShadow } of subjects) {
    if (!isShadow)
      granted = Math.min(granted, grantedBy(counters, limits, { wish, usual, least }, defaults.metering.partsOfRest))
  }
  return granted === wish ? request : { ...request, reservedNano: granted }
}

/** The counters after an admission that was decided before, whatever the limits are today. */
export function replayAdmission({ request, subjects }: OpenCall, read: ReadCounters): readonly SubjectCounters[] {
  return subjects.map(({ name, counted }) => ({ subject: name, counters: reserveFor(read(name), counted, request) }))
}

function reserveFor(
  before: Counters | undefined,
  counted: OpenSubject['counted'],
  request: Share & Pick<AdmissionRequest, 'now'>,
): Counters {
  return reserve(follow(bringToNow(before, request.now), counted), request)
}

function bringToNow(counters: Counters | undefined, now: number): Counters {
  return counters === undefined ? createCounters(now) : advance(counters, now)
}

function areActive(chain: KeyChain, now: number): boolean {
  for (const { isDisabled, expiresAt } of chain) {
    if (isDisabled || (expiresAt !== undefined && now >= expiresAt)) return false
  }
  return true
}

function subjectsOf(chain: KeyChain, request: AdmissionRequest, read: ReadCounters): readonly Subject[] {
  const { endUser, now } = request
  let subjects: Subject[] | undefined
  for (const { id, limits, perUser, isShadow } of chain) {
    const ofKey = bringToNow(read(id), now)
    subjects = append(subjects, { subject: id, keyId: id, isPerUser: false, limits, isShadow, counters: ofKey })
    if (perUser === undefined) continue
    const subject = userSubject(id, endUser)
    const ofUser = bringToNow(read(subject), now)
    subjects.push({ subject, keyId: id, isPerUser: true, limits: perUser, isShadow, counters: ofUser })
  }
  return subjects ?? nothing
}

/** The name of the counters of one end user of a key. */
export function userSubject(keyId: string, endUser: string): string {
  return `${keyId}${userMark}${endUser}`
}

/** Stands in the names of the counters of end users, and in no id of a key. */
const userMark = '/user:'

/** The key whose end user a subject is. */
export function keyOfUser(subject: string): string {
  return subject.slice(0, subject.indexOf(userMark))
}

function countRates(subjects: readonly Subject[]): number {
  let count = 0
  for (const { limits } of subjects) count += limits.rates.length
  return count
}

/** The limit that keeps the caller waiting longest; one that does not reset by itself comes before all others. */
function findWorst(exceeded: readonly Excess[]): Excess | undefined {
  let worst: Excess | undefined
  for (const excess of exceeded) {
    if (excess.isShadow) continue
    if (worst === undefined || waitFor(excess) > waitFor(worst)) worst = excess
  }
  return worst
}

function waitFor({ status: { kind, resetsInMs } }: Excess): number {
  return resetsInMs ?? (kind === 'concurrency' ? 0 : Number.POSITIVE_INFINITY)
}
