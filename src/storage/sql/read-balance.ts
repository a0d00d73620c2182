import { advance, type Counters, spendingOf } from '../../metering/counters.ts'
import type { Balance } from '../ledger.ts'

/** What a subject has spent and set aside at `now`. */
export function readBalance(counters: Counters | undefined, now: number): Balance | undefined {
  if (counters === undefined) return undefined
  // A copy: reading brings nothing forward in what is kept.
  const current = JSON.parse(JSON.stringify(counters)) as Counters
  advance(current, now)
  const { spentNano, reservedNano, calls, streams } = current
  return {
    ...{ spentNano, reservedNano, calls, streams },
    dayNano: spendingOf(current, 'day@UTC').nano,
    weekNano: spendingOf(current, 'week@UTC').nano,
    monthNano: spendingOf(current, 'month@UTC').nano,
  }
}
