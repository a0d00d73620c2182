import type { Limits } from '../../metering/limits.ts'
import type { KeyWithAncestors } from '../../storage/key-store.ts'
import type { Caller } from '../call/call.ts'

/** True if the caller's key, or one of its ancestors, limits money. */
export function hasBudget({ key }: Caller): boolean {
  return key !== undefined && [key.key, ...key.ancestors].some(limitsMoney)
}

/** The same, without keys in shadow mode, which enforce nothing. Allocates no list, because it runs for every call. */
export function hasEnforcedBudget({ key, ancestors }: KeyWithAncestors): boolean {
  if (!key.isShadow && limitsMoney(key)) return true
  for (const ancestor of ancestors) if (!ancestor.isShadow && limitsMoney(ancestor)) return true
  return false
}

function limitsMoney({ limits, perUser }: { readonly limits: Limits; readonly perUser: Limits | undefined }): boolean {
  return areMoney(limits) || (perUser !== undefined && areMoney(perUser))
}

function areMoney({ budgets, callNano }: Limits): boolean {
  return budgets.length > 0 || callNano !== undefined
}
