import { noLimits } from '../../src/metering/limits.ts'
import type { CallerKey } from '../crash/open-ledger-file.ts'

/** Whose calls they are. Each kind of limit is met now and then, and refuses by 429. */
export interface SoakKeys {
  readonly free: CallerKey
  /** Its budget ends somewhere in the middle. */
  readonly capped: CallerKey
  /** Often at its limits of a minute. */
  readonly rated: CallerKey
  /** Often at its limit of calls at a time. */
  readonly narrow: CallerKey
  /** For the endpoints that Weir does not understand. */
  readonly relay: CallerKey
}

/** The cost of the calls of the capped key in a minute, at about twice the speed that one core reaches. */
const budgetNanoPerMinute = 40_000_000

export function createSoakKeys(minutes: number): SoakKeys {
  const budgets = [{ per: 'total', limitNano: Math.round(budgetNanoPerMinute * minutes), timeZone: 'UTC' }] as const
  const rates = [
    { unit: 'requests', window: 'minute', limit: 600 },
    { unit: 'tokens', window: 'minute', limit: 600_000 },
  ] as const
  return {
    free: { id: 'key_free', secret: 'soak-free', limits: noLimits },
    capped: { id: 'key_capped', secret: 'soak-capped', limits: { ...noLimits, budgets } },
    rated: { id: 'key_rated', secret: 'soak-rated', limits: { ...noLimits, rates } },
    narrow: { id: 'key_narrow', secret: 'soak-narrow', limits: { ...noLimits, concurrentCalls: 4 } },
    relay: { id: 'key_relay', secret: 'soak-relay', limits: noLimits, operations: ['passthrough'] },
  }
}
