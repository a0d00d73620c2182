import type { LimitStatus } from '../../../src/metering/limit-status.ts'
import type { BudgetPeriod, RateUnit, RateWindow } from '../../../src/metering/limits.ts'

/** The status of a limit, without its identity. */
export type StatusFields = Pick<LimitStatus, 'keyId' | 'isPerUser' | 'allowed' | 'used' | 'resetsInMs'>

/** Returns the status of the limit with this public name. */
export function limitStatusOf(name: string, fields: StatusFields): LimitStatus {
  const [left = '', right = ''] = name.split('/')
  if (name === 'usd_per_call') return { kind: 'call_cost', ...fields }
  if (left === 'budget') return { kind: 'budget', period: right as BudgetPeriod, ...fields }
  if (right !== '') return { kind: 'rate', unit: left as RateUnit, window: right as RateWindow, ...fields }
  return { kind: 'concurrency', unit: name === 'concurrent_calls' ? 'calls' : 'streams', ...fields }
}
