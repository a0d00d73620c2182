import type { KeyRules, Limits, RateLimit } from '../../../src/metering/limits.ts'
import type { AdmissionRequest, RecordOutcome } from '../../../src/storage/ledger/ledger.ts'
import { chainOf } from './family.ts'

/** The end of a call, as far as sums depend on it. */
export interface ModelEnd {
  readonly outcome: RecordOutcome
  readonly tokens: number
  readonly costNano: number
  readonly now: number
}

export interface ModelRecord extends ModelEnd {
  readonly id: string
  readonly keyId: string
}

export interface ModelBalance {
  readonly spentNano: number
  readonly reservedNano: number
  readonly dayNano: number
  readonly calls: number
  readonly streams: number
}

export interface ModelAdmission {
  readonly kind: 'admitted' | 'refused' | 'inactive'
  /** The reservation of an admitted call in nano-USD. */
  readonly grantedNano: number
}

/** A reference ledger that computes everything from lists, as simply as possible. */
export interface LedgerModel {
  readonly open: ReadonlyMap<string, AdmissionRequest>
  readonly records: readonly ModelRecord[]
  admit(request: AdmissionRequest): ModelAdmission
  /** Returns false if the call is not open. */
  settle(id: string, end: ModelEnd): boolean
  balance(keyId: string, now: number): ModelBalance
  /** Returns the use of each own limit of the key, by the limit's name. */
  used(keyId: string, now: number): Readonly<Record<string, number>>
  /** Returns how far each budget exceeds its limit plus the allowed excess; never more than 0. */
  excesses(): readonly number[]
}

interface Use {
  readonly request: AdmissionRequest
  readonly at: number
  tokens: number
  /** Undefined while the call runs. */
  costNano?: number
  day?: number
}

interface Subject {
  readonly rules: KeyRules
  readonly limits: Limits
  readonly uses: Use[]
  latest: number
}

const dayMs = 86_400_000
const sliceMs = { minute: 1_000, hour: 60_000, day: 24 * 60_000 } as const

export function createLedgerModel(): LedgerModel {
  const subjects = new Map<string, Subject>()
  const open = new Map<string, AdmissionRequest>()
  const records: ModelRecord[] = []

  function subjectsOf(request: AdmissionRequest): Subject[] {
    return (chainOf(request.keyId) ?? []).flatMap((rules) => {
      const own = subject(rules.id, rules, rules.limits)
      if (rules.perUser === undefined) return [own]
      return [own, subject(`${rules.id}/user:${request.endUser}`, rules, rules.perUser)]
    })
  }

  function subject(name: string, rules: KeyRules, limits: Limits): Subject {
    const known = subjects.get(name) ?? { rules, limits, uses: [], latest: 0 }
    subjects.set(name, known)
    return known
  }

  /** Returns a key at `now`, even if nothing was ever counted for it. */
  function at(keyId: string, now: number): Subject {
    const known = subjects.get(keyId)
    const [rules] = chainOf(keyId) ?? []
    if (rules === undefined) throw new Error(`the key ${keyId} does not exist`)
    return { rules, limits: rules.limits, uses: known?.uses ?? [], latest: Math.max(known?.latest ?? 0, now) }
  }

  return {
    open,
    records,
    admit(request) {
      const touched = subjectsOf(request)
      if (touched.length === 0) return { kind: 'inactive', grantedNano: 0 }
      for (const each of touched) each.latest = Math.max(each.latest, request.now)
      const enforced = touched.filter(({ rules }) => !rules.isShadow)
      const grantedNano = Math.min(request.reservedNano, ...enforced.flatMap((each) => grantsOf(each, request)))
      const granted = { ...request, reservedNano: grantedNano }
      if (enforced.some((each) => !fits(each, granted))) return { kind: 'refused', grantedNano: 0 }
      for (const { uses, latest } of touched) uses.push({ request: granted, at: latest, tokens: request.tokens })
      open.set(request.id, granted)
      return { kind: 'admitted', grantedNano }
    },
    settle(id, end) {
      const request = open.get(id)
      if (request === undefined) return false
      open.delete(id)
      for (const each of subjectsOf(request)) settleUse(each, id, end)
      records.push({ ...end, id, keyId: request.keyId })
      return true
    },
    balance(keyId, now) {
      const current = at(keyId, now)
      const running = runningIn(current)
      return {
        spentNano: spentIn(current, 'total', 0),
        reservedNano: reservedIn(current),
        dayNano: spentIn(current, 'day', dayOf(current.latest)),
        calls: running.length,
        streams: running.filter(({ request }) => request.isStream).length,
      }
    },
    used: (keyId, now) => usedOf(at(keyId, now)),
    excesses: () => [...subjects.values()].filter(({ rules }) => !rules.isShadow).flatMap(excessesOf),
  }
}

function settleUse(subject: Subject, id: string, { tokens, costNano, now }: ModelEnd): void {
  subject.latest = Math.max(subject.latest, now)
  const use = subject.uses.find(({ request }) => request.id === id)
  if (use === undefined) throw new Error(`${id} was never counted`)
  Object.assign(use, { tokens, costNano, day: dayOf(subject.latest) })
}

/** Returns the amount that each money limit grants a call with a minimum. */
function grantsOf(subject: Subject, { reservedNano, minNano = reservedNano }: AdmissionRequest): readonly number[] {
  const { limits, latest } = subject
  const rests = limits.budgets.map(
    ({ per, limitNano }) => limitNano - spentIn(subject, per, dayOf(latest)) - reservedIn(subject),
  )
  const shared = rests.map((rest) => (rest >= reservedNano ? reservedNano : Math.max(minNano, Math.floor(rest / 4))))
  return limits.callNano === undefined ? shared : [...shared, Math.max(minNano, limits.callNano)]
}

function fits(subject: Subject, request: AdmissionRequest): boolean {
  const { limits, latest } = subject
  const running = runningIn(subject)
  const streams = running.filter((use) => use.request.isStream)
  const { callNano = Infinity, concurrentCalls = Infinity, concurrentStreams = Infinity, budgets, rates } = limits
  return (
    request.reservedNano <= callNano &&
    budgets.every(
      ({ per, limitNano }) =>
        spentIn(subject, per, dayOf(latest)) + reservedIn(subject) + request.reservedNano <= limitNano,
    ) &&
    rates.every((rate) => usedIn(subject, rate) + requestedOf(request, rate) <= rate.limit) &&
    running.length < concurrentCalls &&
    (!request.isStream || streams.length < concurrentStreams)
  )
}

function usedOf(subject: Subject): Record<string, number> {
  const { callNano, budgets, rates, concurrentCalls, concurrentStreams } = subject.limits
  const running = runningIn(subject)
  const money = budgets.map(({ per }) => {
    return [`budget/${per}`, spentIn(subject, per, dayOf(subject.latest)) + reservedIn(subject)] as const
  })
  return {
    ...(callNano !== undefined && { usd_per_call: 0 }),
    ...Object.fromEntries(money),
    ...Object.fromEntries(rates.map((rate) => [`${rate.unit}/${rate.window}`, usedIn(subject, rate)])),
    ...(concurrentCalls !== undefined && { concurrent_calls: running.length }),
    ...(concurrentStreams !== undefined && {
      concurrent_streams: running.filter(({ request }) => request.isStream).length,
    }),
  }
}

function usedIn({ uses, latest }: Subject, rate: RateLimit): number {
  const slice = (at: number) => Math.floor(at / sliceMs[rate.window])
  const inWindow = uses.filter(({ at }) => slice(at) >= slice(latest) - 60)
  return inWindow.reduce(
    (sum, { request, tokens }) => sum + (rate.unit === 'tokens' ? tokens : requestedOf(request, rate)),
    0,
  )
}

function requestedOf({ tokens, attempt }: AdmissionRequest, { unit }: RateLimit): number {
  return unit === 'tokens' ? tokens : Number(attempt === 1)
}

function runningIn({ uses }: Subject): readonly Use[] {
  return uses.filter(({ costNano }) => costNano === undefined)
}

function reservedIn(subject: Subject): number {
  return runningIn(subject).reduce((sum, { request }) => sum + request.reservedNano, 0)
}

function spentIn({ uses }: Subject, per: string, day: number): number {
  const counted = uses.filter((use) => per === 'total' || use.day === day)
  return counted.reduce((sum, { costNano = 0 }) => sum + costNano, 0)
}

/** The bound: calls exceed a budget by at most the sum of their costs beyond their reservations. */
function excessesOf(subject: Subject): readonly number[] {
  return subject.limits.budgets.flatMap(({ per, limitNano }) => {
    const days = per === 'total' ? [0] : [...new Set(subject.uses.map((use) => use.day ?? dayOf(subject.latest)))]
    return days.map((day) => {
      const beyond = subject.uses
        .filter((use) => per === 'total' || use.day === day)
        .reduce((sum, { costNano = 0, request }) => sum + Math.max(0, costNano - request.reservedNano), 0)
      return spentIn(subject, per, day) - limitNano - beyond
    })
  })
}

function dayOf(instant: number): number {
  return Math.floor(instant / dayMs)
}
