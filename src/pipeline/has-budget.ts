import type { Limits } from '../metering/limits.ts'
import type { Caller } from './authenticate.ts'

/** Whether money is limited for this caller, by its key or by one above it. */
export function hasBudget({ key }: Caller): boolean {
  if (key === undefined) return false
  return [key.key, ...key.ancestors].some(({ limits, perUser }) => limitsMoney(limits) || limitsMoney(perUser))
}

function limitsMoney(limits: Limits | undefined): boolean {
  return limits !== undefined && (limits.budgets.length > 0 || limits.callNano !== undefined)
}
