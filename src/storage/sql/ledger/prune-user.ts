import { expiresAt } from '../../../metering/counters.ts'
import { type Limits, noLimits } from '../../../metering/limits.ts'
import type { CounterCache } from './create-counter-cache.ts'

/** Maximum number of end users that one step checks. A step blocks calls for a few milliseconds. */
export const userLimit = 500

/**
 * Deletes the counters of an end user that no longer affect any decision under the current per-user limits. Without
 * this, counters would grow without bound, because callers choose the names (case D17). Call it inside a transaction.
 */
export function pruneUser(subject: string, limits: Limits | undefined, now: number, counters: CounterCache): void {
  const own = counters.read(subject)
  if (own !== undefined && expiresAt(own, limits ?? noLimits) <= now) counters.delete(subject)
}
