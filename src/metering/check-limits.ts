import { type Counters, periodName, rateName, type Share, spendingOf } from './counters.ts'
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
  for (const rate of limits.rates) standings.push(rateStanding(counters, rate, share))
  if (concurrentCalls !== undefined) standings.push(atOnce('concurrent_calls', concurrentCalls, calls, 1))
  if (concurrentStreams !== undefined && share.isStream)
    standings.push(atOnce('concurrent_streams', concurrentStreams, streams, 1))
  return standings
}

/** The same of the rates alone, which callers are told of with every answer. */
export function rateStandingsOf(counters: Counters, { rates }: Limits, share: Share): readonly LimitStanding[] {
  return rates.map((rate) => rateStanding(counters, rate, share))
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
  const limit = `budget/${per}`
  if (per === 'total') {
    return { limit, allowed, used: counters.spentNano + counters.reservedNano, asked, resetsInMs: undefined }
  }
  const { nano, endsAt } = spendingOf(counters, periodName(budget))
  return { limit, allowed, used: nano + counters.reservedNano, asked, resetsInMs: endsAt - counters.latest }
}

function rateStanding(counters: Counters, rate: RateLimit, { tokens, countsAsRequest }: Share): LimitStanding {
  const { of, per, limit: allowed } = rate
  const window = counters.rates[rateName(rate)] ?? []
  const asked = of === 'tokens' ? tokens : Number(countsAsRequest)
  const used = usedIn(window, per, counters.latest)
  // For a call that is refused, when it would fit; for one that fits, when all is free again.
  const rest = used + asked > allowed ? allowed - asked : 0
  const resetsInMs = rest < 0 ? undefined : untilAtMost(window, per, counters.latest, rest)
  return { limit: rateName(rate), allowed, used, asked, resetsInMs }
}
