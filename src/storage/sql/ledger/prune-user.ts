import { lapsesAt } from '../../../metering/counters.ts'
import { type Limits, noLimits } from '../../../metering/limits.ts'
import type { CounterCache } from './create-counter-cache.ts'

/** End users that one step looks at: it holds up calls for some milliseconds. */
export const userLimit = 500

/**
 * Forgets the counters of an end user that decide nothing any more, as of the limits that its key has for each user now: a caller chooses the names, and
 * each would stay for ever (case D17). Inside a transaction.
 */
export function pruneUser(subject: string, limits: Limits | undefined, now: number, counters: CounterCache): void {
  const own = counters.read(subject)
  if (own !== undefined && lapsesAt(own, limits ?? noLimits) <= now) counters.delete(subject)
}
