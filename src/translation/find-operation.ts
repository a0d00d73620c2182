import type { Dialect } from '../dialects/dialect.ts'
import { type Operation, operations } from '../dialects/operations.ts'
import { canTranslate } from './translate.ts'

/**
 * Returns the operation in which a provider of these dialects serves a call: the caller's own, else the first that the
 * call can be translated to; undefined if there is none.
 */
export function findOperation(requested: Operation, dialects: readonly Dialect[]): Operation | undefined {
  if (dialects.includes(requested.dialect)) return requested
  const spoken = dialects.find((dialect) => canTranslate(requested.dialect, dialect))
  return Object.values(operations).find(({ dialect }) => dialect === spoken)
}
