import { dayMs } from '../../../core/time.ts'
import { expiresAt } from '../../../metering/counters.ts'
import { type Limits, noLimits } from '../../../metering/limits.ts'
import { isVirtualKey } from '../../key-ids.ts'
import { keyOfSubject, userSubject } from '../../ledger/decide-admission.ts'
import type { CounterCache } from './create-counter-cache.ts'

/** Maximum number of end users, tokens and networks that one step checks. A step blocks calls for a few milliseconds. */
export const userLimit = 500

/**
 * How long counters are kept whose limits are not stored and which do not say how long they matter: a replay of a
 * journal creates such counters. Longer than any window or period that ends.
 */
const unknownMs = 32 * dayMs

/** A subject below a key with counters: an end user, a user token or a network. */
export interface PrunedSubject {
  readonly subject: string
  /** The per-user limits of its key. */
  readonly limits: Limits | undefined
}

/**
 * Deletes the counters of a subject that no longer affect any decision. Without this, counters would grow without
 * bound, because callers choose the names (case D17). Call it inside a transaction.
 */
export function pruneUser({ subject, limits = noLimits }: PrunedSubject, now: number, counters: CounterCache): void {
  const own = counters.read(subject)
  if (own === undefined || own.calls > 0) return
  const keyId = keyOfSubject(subject)
  const hasStoredLimits = isVirtualKey(keyId) && subject.startsWith(userSubject(keyId, ''))
  const until = hasStoredLimits ? expiresAt(own, limits) : (own.keptUntil ?? own.moment.latest + unknownMs)
  if (until <= now) counters.delete(subject)
}
