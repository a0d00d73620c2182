import { defaults } from '../../config/defaults.ts'
import {
  exceededLimits,
  grantAmount,
  listLimits,
  rateStatusOf,
  requestedOf,
  statusOf,
} from '../../metering/check-limits.ts'
import {
  advance,
  type Counters,
  countedBy,
  createCounters,
  follow,
  keepUntil,
  reserve,
  type Share,
} from '../../metering/counters.ts'
import { type LimitStatus, limitName, type RateStatus } from '../../metering/limit-status.ts'
import type { KeyChain, Limits } from '../../metering/limits.ts'
import { typicalOutputOf } from '../../metering/typical-outputs.ts'
import { isRevoked, type Revocations } from '../revocation-store.ts'
import type { AdmissionRequest, AdmissionResult } from './ledger.ts'
import { append, modelOf, type OpenCall, type OpenSubject } from './open-call.ts'

/**
 * Returns the rules that apply to a call, or undefined if it must be refused as inactive. `stored` are the rules of its
 * key, and `revocations` those of the tokens of that key.
 */
export function toChain(
  { keyId, rules, token }: AdmissionRequest,
  stored: KeyChain | undefined,
  revocations: Revocations,
): KeyChain | undefined {
  if (token !== undefined && isRevoked(revocations, token)) return undefined
  if (rules === undefined) return stored
  if (rules.at(-1)?.id === keyId) return rules
  return stored && [...rules, ...stored]
}

/** Returns the stored counters of a subject; undefined if nothing was ever counted for it. */
export type ReadCounters = (subject: string) => Counters | undefined

export interface SubjectCounters {
  readonly subject: string
  readonly counters: Counters
}

export interface AdmissionDecision {
  readonly result: AdmissionResult
  /** The counters after the decision. A refusal reserves nothing; it only advances the counters to `now`. */
  readonly counters: readonly SubjectCounters[]
  /** Undefined unless the call is admitted. */
  readonly openCall: OpenCall | undefined
}

/** A key of the chain, or an end user of such a key, for which the call counts. */
interface Subject {
  readonly subject: string
  readonly keyId: string
  readonly isPerUser: boolean
  readonly limits: Limits
  /** True if the limits come with the request and are not stored. */
  readonly isCarried: boolean
  /** When the rules themselves end; undefined for never. */
  readonly endsAt: number | undefined
  readonly isShadow: boolean
  /** Replaced during the decision, which owns this object. */
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
 * Checks every limit of every subject of a call, and reserves the call's share of all of them or of none. A call with
 * `minNano` gets the amount of money that every limit grants; its open call records that amount as its reservation.
 *
 * Pure: does not change its inputs, uses `request.now` as the time, and gives the same decision for the same inputs.
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
  const usualTokens = minNano === undefined ? undefined : findUsualTokens(wanted, subjects)
  const request = minNano === undefined ? wanted : toGranted(wanted, minNano, usualTokens, subjects)
  let exceeded: Excess[] | undefined
  for (const subject of subjects) {
    const { limits, counters, isShadow } = subject
    // Shadow limits do not reduce the grant. They report a refusal only if even the minimum does not fit.
    const share = isShadow && minNano !== undefined ? { ...wanted, reservedNano: minNano } : request
    const over = exceededLimits(counters, limits, share)
    if (over === undefined) continue
    for (const limit of over) {
      const asked = requestedOf(limit, share) ?? 0
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
    const reserved = reserveFor(subject.counters, counted, request)
    const counters = subject.isCarried ? keepUntil(reserved, limits, subject.endsAt) : reserved
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

/** Returns the tokens of a typical reply, capped at the call's maximum; undefined if the minimum is enough. */
function findUsualTokens(request: AdmissionRequest, subjects: readonly Subject[]): number | undefined {
  const { answer } = request
  const key = subjects.find(({ subject }) => subject === request.keyId)
  if (answer === undefined || key === undefined || key.counters.usual.length === 0) return undefined
  const usual = Math.min(typicalOutputOf(key.counters.usual, modelOf(request)) ?? 0, answer.fullTokens)
  return usual > answer.minTokens ? usual : undefined
}

/** Returns the request with the reservation that all limits grant. */
function toGranted(
  request: AdmissionRequest,
  minNano: number,
  usualTokens: number | undefined,
  subjects: readonly Subject[],
): AdmissionRequest {
  const { reservedNano: wish, answer } = request
  let usual = minNano
  if (usualTokens !== undefined && answer !== undefined) {
    // The worst-case cost is convex in the tokens, so linear interpolation never reserves too little.
    const { minTokens, fullTokens } = answer
    usual = minNano + Math.ceil(((wish - minNano) * (usualTokens - minTokens)) / (fullTokens - minTokens))
  }
  let granted = wish
  for (const { limits, counters, isShadow } of subjects) {
    if (!isShadow)
      granted = Math.min(
        granted,
        grantAmount(counters, limits, { wish, usual, least: minNano }, defaults.metering.partsOfRest),
      )
  }
  return granted === wish ? request : { ...request, reservedNano: granted }
}

/** Returns the counters after an earlier admission, without checking the current limits. */
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
  const { endUser, now, rules } = request
  let subjects: Subject[] | undefined
  for (const each of chain) {
    const { id, limits, perUser, isShadow, expiresAt: endsAt } = each
    const isCarried = rules?.includes(each) === true
    const ofKey = bringToNow(read(id), now)
    // Lists the fields, because object spread is slow and every call needs these objects.
    const key = { subject: id, keyId: id, isPerUser: false, limits, isCarried, endsAt, isShadow, counters: ofKey }
    subjects = append(subjects, key)
    if (perUser === undefined) continue
    const subject = userSubject(id, endUser)
    const ofUser = bringToNow(read(subject), now)
    subjects.push({
      subject,
      keyId: id,
      isPerUser: true,
      limits: perUser,
      isCarried,
      endsAt,
      isShadow,
      counters: ofUser,
    })
  }
  return subjects ?? nothing
}

/** Returns the name of the counters of one end user of a key. */
export function userSubject(keyId: string, endUser: string): string {
  return `${keyId}${userMark}${endUser}`
}

/** Separates the key id from the end user. Key ids never contain a slash. */
const userMark = '/user:'

/** Returns the id of the key that an end user, a user token or a network belongs to. */
export function keyOfSubject(subject: string): string {
  const [keyId = ''] = subject.split('/', 1)
  return keyId
}

/** Returns the name of the counters of one user token of a key, which is also the id of its rules. */
export function tokenSubject(keyId: string, tokenId: string): string {
  return `${keyId}/token:${tokenId}`
}

/** Returns the name of the counters of a network of visitors, which is also the id of its rules. */
export function networkSubject(keyId: string, network: string): string {
  return `${keyId}/network:${network}`
}

/** Returns whether a subject is a user token or a network; undefined for a key and for an end user. */
export function kindOfSubject(subject: string): 'token' | 'network' | undefined {
  const below = subject.slice(keyOfSubject(subject).length)
  if (below.startsWith('/token:')) return 'token'
  return below.startsWith('/network:') ? 'network' : undefined
}

function countRates(subjects: readonly Subject[]): number {
  let count = 0
  for (const { limits } of subjects) count += limits.rates.length
  return count
}

/** Returns the enforced limit with the longest wait. A limit that never resets by itself outranks all others. */
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
