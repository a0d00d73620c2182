import type { BudgetPeriod, RateUnit, RateWindow } from './limits.ts'
import { rateOf } from './rate.ts'

/** The status of one limit. */
interface Status {
  readonly keyId: string
  /** True for a limit of one end user. */
  readonly isPerUser: boolean
  /** The limit, in requests, tokens, calls, streams or nano-USD. */
  readonly allowed: number
  /** The used and reserved amount. */
  readonly used: number
  /** Milliseconds until some of the used amount becomes free; undefined if unknown or never. */
  readonly resetsInMs: number | undefined
}

export interface RateStatus extends Status {
  readonly kind: 'rate'
  readonly unit: RateUnit
  readonly window: RateWindow
}

export interface BudgetStatus extends Status {
  readonly kind: 'budget'
  readonly period: BudgetPeriod
}

export interface ConcurrencyStatus extends Status {
  readonly kind: 'concurrency'
  readonly unit: 'calls' | 'streams'
}

/** Status of the maximum cost of one call. */
export interface CallCostStatus extends Status {
  readonly kind: 'call_cost'
}

export type LimitStatus = RateStatus | BudgetStatus | ConcurrencyStatus | CallCostStatus

/**
 * Returns the name of a limit in headers, logs and JSON: `requests/minute`, `budget/month`, `concurrent_calls`,
 * `usd_per_call`.
 */
export function limitName(status: LimitStatus): string {
  switch (status.kind) {
    case 'rate':
      return rateOf(status).name
    case 'budget':
      return `budget/${status.period}`
    case 'concurrency':
      return `concurrent_${status.unit}`
    case 'call_cost':
      return 'usd_per_call'
  }
}

/** Returns true for limits in nano-USD. */
export function isMoney({ kind }: LimitStatus): boolean {
  return kind === 'budget' || kind === 'call_cost'
}

/** Returns the remaining amount; 0 if the limit was lowered below its use. */
export function remainingOf({ allowed, used }: LimitStatus): number {
  return Math.max(0, allowed - used)
}
