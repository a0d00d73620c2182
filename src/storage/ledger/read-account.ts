import { listLimits, statusOf } from '../../metering/check-limits.ts'
import { advance, type Counters, createCounters } from '../../metering/counters.ts'
import type { LimitStatus } from '../../metering/limit-status.ts'
import type { KeyChain } from '../../metering/limits.ts'
import type { ReadCounters } from './decide-admission.ts'
import type { Balance } from './ledger.ts'

/** The balance of an unused key. */
export const nothingSpent: Balance = {
  spentNano: 0,
  reservedNano: 0,
  dayNano: 0,
  weekNano: 0,
  monthNano: 0,
  calls: 0,
  streams: 0,
}

/** Returns the spending and the reservations of a subject at `now`. */
export function toBalance(counters: Counters | undefined, now: number): Balance | undefined {
  if (counters === undefined) return undefined
  const { moment, spentNano, reservedNano, calls, streams } = advance(counters, now)
  const spentIn = (name: string) => spentNano[moment.periods.findIndex((period) => period.name === name)] ?? 0
  return {
    spentNano: spentIn('total'),
    reservedNano,
    calls,
    streams,
    dayNano: spentIn('day@UTC'),
    weekNano: spentIn('week@UTC'),
    monthNano: spentIn('month@UTC'),
  }
}

/** Returns the status at `now` of every limit of a key and of its ancestors. */
export function toLimitStatuses(chain: KeyChain, now: number, read: ReadCounters): readonly LimitStatus[] {
  return chain.flatMap(({ id, limits }) => {
    const counters = advance(read(id) ?? createCounters(now), now)
    return listLimits(limits).map((limit) => statusOf(limit, counters, 0, { keyId: id, isPerUser: false }))
  })
}
