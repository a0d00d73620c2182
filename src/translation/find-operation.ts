import type { Dialect } from '../dialects/dialect.ts'
import { type Operation, operations } from '../dialects/operations.ts'
import { canTranslate } from './translate.ts'

interface Serving {
  readonly dialects: readonly Dialect[]
  /** A plan of the caller's own is for its own client, whose calls pass unchanged. */
  readonly passesCallerCredentials: boolean
}

/**
 * Returns the operation in which a provider serves a call: the caller's own, else the first that the call can be
 * translated to; undefined if there is none.
 */
export function findOperation(
  requested: Operation,
  { dialects, passesCallerCredentials }: Serving,
): Operation | undefined {
  if (dialects.includes(requested.dialect)) return requested
  if (passesCallerCredentials) return undefined
  const spoken = dialects.find((dialect) => canTranslate(requested.dialect, dialect))
  return Object.values(operations).find(({ dialect }) => dialect === spoken)
}
