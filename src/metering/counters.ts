import type { Budget, BudgetPeriod, Limits, RateLimit, RatePeriod, RateUnit } from './limits.ts'
import { type CalendarPeriod, endOfPeriod } from './period.ts'
import { addTo, correct, type RateWindow } from './rate-window.ts'

/**
 * What one subject, a key or an end user of a key, has used and set aside. Plain JSON. It is changed in place by the functions of this
 * folder, within the transaction that has read it.
 */
export interface Counters {
  /** The latest instant that was seen, milliseconds since 1970. Time never goes back for a subject (R50). */
  latest: number
  /** By `requests/minute` and so on; only those that have a limit. */
  rates: Record<string, RateWindow>
  /** By `month@Europe/Berlin` and so on; `day`, `week` and `month` at UTC are always there. */
  periods: Record<string, Spending>
  /** Nano-USD, ever. */
  spentNano: number
  /** Nano-USD of calls that are under way. */
  reservedNano: number
  /** Under way. */
  calls: number
  streams: number
}

interface Spending {
  /** Milliseconds since 1970, when it begins again at 0. */
  endsAt: number
  nano: number
}

/** What a call takes, or took, of a subject. */
export interface Share {
  readonly tokens: number
  readonly reservedNano: number
  readonly isStream: boolean
  /** False for a further attempt of a call that was counted already. */
  readonly countsAsRequest: boolean
}

/** Always counted, for reports. */
const utcPeriods = ['day@UTC', 'week@UTC', 'month@UTC']

export function createCounters(now: number): Counters {
  const counters = { latest: now, rates: {}, periods: {}, spentNano: 0, reservedNano: 0, calls: 0, streams: 0 }
  for (const name of utcPeriods) spendingOf(counters, name)
  return counters
}

/** Names that every call looks up are never put together again: a text that is new costs several times what finding it does. */
const rateNames: Readonly<Record<RateUnit, Readonly<Record<RatePeriod, string>>>> = {
  requests: { minute: 'requests/minute', hour: 'requests/hour', day: 'requests/day' },
  tokens: { minute: 'tokens/minute', hour: 'tokens/hour', day: 'tokens/day' },
}

export function rateName({ of, per }: RateLimit): string {
  return rateNames[of][per]
}

const ratePeriods = ['minute', 'hour', 'day'] as const

const noWindow: RateWindow = []

/** What a rate has used. Nothing may be added to it, since it may be that of all that have used nothing. */
export function windowOf(counters: Counters, rate: RateLimit): RateWindow {
  return counters.rates[rateName(rate)] ?? noWindow
}

/** By time zone, of which there are some 600. */
const periodNames = new Map<string, Readonly<Record<BudgetPeriod, string>>>()

export function periodName({ per, timeZone }: Budget): string {
  const known = periodNames.get(timeZone)
  if (known !== undefined) return known[per]
  const names = {
    day: `day@${timeZone}`,
    week: `week@${timeZone}`,
    month: `month@${timeZone}`,
    total: `total@${timeZone}`,
  }
  periodNames.set(timeZone, names)
  return names[per]
}

/** Brings the counters to `now`, so that periods that are over begin again. */
export function advance(counters: Counters, now: number): void {
  // Every period was brought to `latest` when that was set, or begun then.
  if (now <= counters.latest) return
  counters.latest = now
  for (const name in counters.periods) spendingOf(counters, name)
}

/** What was spent in the period that is running at `latest`. */
export function spendingOf(counters: Counters, name: string): Spending {
  const known = counters.periods[name]
  if (known !== undefined && counters.latest < known.endsAt) return known
  const at = name.indexOf('@')
  const endsAt = endOfPeriod(name.slice(0, at) as CalendarPeriod, name.slice(at + 1), counters.latest)
  const made = { endsAt, nano: 0 }
  counters.periods[name] = made
  return made
}

/** Takes a call's share. Nothing is checked. */
export function take(counters: Counters, limits: Limits, share: Share): void {
  const { tokens, reservedNano, isStream, countsAsRequest } = share
  for (const rate of limits.rates) {
    const name = rateName(rate)
    const window = counters.rates[name] ?? []
    counters.rates[name] = window
    const amount = rate.of === 'tokens' ? tokens : Number(countsAsRequest)
    // Tokens also where there are none, so that there is a place for those that the call turns out to use.
    if (amount > 0 || rate.of === 'tokens') addTo(window, rate.per, counters.latest, amount)
  }
  forgetUnlimited(counters, limits.rates)
  counters.reservedNano += reservedNano
  counters.calls += 1
  if (isStream) counters.streams += 1
}

/** What has no limit any more is forgotten. `rates` have windows, all of them. */
function forgetUnlimited(counters: Counters, rates: Limits['rates']): void {
  let count = 0
  for (const _name in counters.rates) count += 1
  if (count <= rates.length) return
  const names = new Set(rates.map(rateName))
  counters.rates = Object.fromEntries(Object.entries(counters.rates).filter(([name]) => names.has(name)))
}

/** What a call came to. */
export interface Outcome {
  readonly share: Share
  readonly tokens: number
  readonly costNano: number
}

/** Gives back what a call had set aside and books what it came to. `takenAt` is `latest` of the counters when the share was taken. */
export function giveBack(counters: Counters, takenAt: number, { share, tokens, costNano }: Outcome): void {
  counters.reservedNano -= share.reservedNano
  counters.calls -= 1
  if (share.isStream) counters.streams -= 1
  const difference = tokens - share.tokens
  for (const per of ratePeriods) {
    const window = counters.rates[rateNames.tokens[per]]
    if (window !== undefined) correct(window, per, takenAt, difference)
  }
  counters.spentNano += costNano
  for (const name in counters.periods) spendingOf(counters, name).nano += costNano
}
