import { type Counters, periodName, rateName, type Share, spendingOf, windowOf } from './counters.ts'
import type { Budget, Limits, RateLimit } from './limits.ts'
import { untilAtMost, usedIn } from './rate-window.ts'

/** One limit as it stands for one subject. */
export interface LimitStanding {
  /** `requests/minute`, `budget/month`, `concurrent_calls`, … */
  readonly limit: string
  /** Requests, tokens, calls or nano-USD. */
  readonly allowed: number
  /** Used and set aside. */
  readonly used: number
  /** What this call asks for. */
  readonly asked: number
  readonly resetsInMs: number | undefined
}

/**
 * Every limit of a subject as it stands before `share` is taken, in the order money, rates, concurrency. The share fits where each has
 * `used + asked <= allowed`. The counters must have been brought to now.
 */
export function standingsOf(counters: Counters, limits: Limits, share: Share): readonly LimitStanding[] {
  const standings: LimitStanding[] = []
  const { callNano, concurrentCalls, concurrentStreams } = limits
  const { calls, streams } = counters
  if (callNano !== undefined) standings.push(atOnce('usd_per_call', callNano, 0, share.reservedNano))
  for (const budget of limits.budgets) standings.push(budgetStanding(counters, budget, share))
  for (const rate of limits.rates) standings.push(rateStanding(counters, rate, askedOf(rate, share)))
  if (concurrentCalls !== undefined) standings.push(atOnce('concurrent_calls', concurrentCalls, calls, 1))
  if (concurrentStreams !== undefined && share.isStream)
    standings.push(atOnce('concurrent_streams', concurrentStreams, streams, 1))
  return standings
}

/** Whether nothing in {@link standingsOf} is exceeded; nearly always so, and then no list of limits is needed. */
export function fits(counters: Counters, limits: Limits, share: Share): boolean {
  const { callNano, concurrentCalls, concurrentStreams } = limits
  if (callNano !== undefined && share.reservedNano > callNano) return false
  if (concurrentCalls !== undefined && counters.calls + 1 > concurrentCalls) return false
  if (concurrentStreams !== undefined && share.isStream && counters.streams + 1 > concurrentStreams) return false
  for (const budget of limits.budgets) {
    if (bookedIn(counters, budget) + share.reservedNano > budget.limitNano) return false
  }
  for (const rate of limits.rates) {
    if (usedOf(counters, rate) + askedOf(rate, share) > rate.limit) return false
  }
  return true
}

/** How one rate stands for a call that asks for nothing of it. */
export function restingRate(counters: Counters, rate: RateLimit): LimitStanding {
  return rateStanding(counters, rate, 0)
}

/** Whether the share of the call would go over. */
export function isExceeded({ used, asked, allowed }: LimitStanding): boolean {
  return used + asked > allowed
}

function atOnce(limit: string, allowed: number, used: number, asked: number): LimitStanding {
  return { limit, allowed, used, asked, resetsInMs: undefined }
}

function budgetStanding(counters: Counters, budget: Budget, { reservedNano: asked }: Share): LimitStanding {
  const { per, limitNano: allowed } = budget
  const used = bookedIn(counters, budget)
  const resetsInMs = per === 'total' ? undefined : spendingOf(counters, periodName(budget)).endsAt - counters.latest
  return { limit: `budget/${per}`, allowed, used, asked, resetsInMs }
}

function rateStanding(counters: Counters, rate: RateLimit, asked: number): LimitStanding {
  const { per, limit: allowed } = rate
  const used = usedOf(counters, rate)
  // For a call that is refused, when it would fit; for one that fits, when all is free again.
  const rest = used + asked > allowed ? allowed - asked : 0
  const resetsInMs = rest < 0 ? undefined : untilAtMost(windowOf(counters, rate), per, counters.latest, rest)
  return { limit: rateName(rate), allowed, used, asked, resetsInMs }
}

/** Spent and set aside. */
function bookedIn(counters: Counters, budget: Budget): number {
  const spent = budget.per === 'total' ? counters.spentNano : spendingOf(counters, periodName(budget)).nano
  return spent + counters.reservedNano
}

function usedOf(counters: Counters, rate: RateLimit): number {
  return usedIn(windowOf(counters, rate), rate.per, counters.latest)
}

function askedOf({ of }: RateLimit, { tokens, countsAsRequest }: Share): number {
  return of === 'tokens' ? tokens : Number(countsAsRequest)
}
