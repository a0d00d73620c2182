import type { Budget, Limits, RateLimit, RatePeriod } from './limits.ts'
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

export function rateName({ of, per }: RateLimit): string {
  return `${of}/${per}`
}

export function periodName({ per, timeZone }: Budget): string {
  return `${per}@${timeZone}`
}

/** Brings the counters to `now`, so that periods that are over begin again. */
export function advance(counters: Counters, now: number): void {
  counters.latest = Math.max(counters.latest, now)
  for (const name of Object.keys(counters.periods)) spendingOf(counters, name)
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
  const rates: Record<string, RateWindow> = {}
  for (const rate of limits.rates) {
    const window = counters.rates[rateName(rate)] ?? []
    const amount = rate.of === 'tokens' ? tokens : Number(countsAsRequest)
    // Tokens also where there are none, so that there is a place for those that the call turns out to use.
    if (amount > 0 || rate.of === 'tokens') addTo(window, rate.per, counters.latest, amount)
    rates[rateName(rate)] = window
  }
  // What has no limit any more is forgotten.
  counters.rates = rates
  counters.reservedNano += reservedNano
  counters.calls += 1
  if (isStream) counters.streams += 1
}

/** What a call came to. */
export interface Outcome {
  readonly share: Share
  /** `latest` of the counters when the share was taken. */
  readonly takenAt: number
  readonly tokens: number
  readonly costNano: number
}

/** Gives back what a call had set aside and books what it came to. */
export function giveBack(counters: Counters, { share, takenAt, tokens, costNano }: Outcome): void {
  counters.reservedNano -= share.reservedNano
  counters.calls -= 1
  if (share.isStream) counters.streams -= 1
  for (const [name, window] of Object.entries(counters.rates)) {
    const [of, per] = name.split('/')
    if (of === 'tokens') correct(window, per as RatePeriod, takenAt, tokens - share.tokens)
  }
  counters.spentNano += costNano
  for (const name of Object.keys(counters.periods)) spendingOf(counters, name).nano += costNano
}
