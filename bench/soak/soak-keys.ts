import { noLimits } from '../../src/metering/limits.ts'
import type { CallerKey } from '../crash/open-ledger-file.ts'

/** The callers' keys. Calls sometimes reach each kind of limit, and receive 429. */
export interface SoakKeys {
  readonly free: CallerKey
  /** Its budget runs out midway. */
  readonly capped: CallerKey
  /** Often at its per-minute limits. */
  readonly rated: CallerKey
  /** Often at its concurrency limit. */
  readonly narrow: CallerKey
  /** For passthrough routes. */
  readonly relay: CallerKey
}

/** Cost per minute of the capped key's calls, at about twice the rate that one core reaches. */
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
