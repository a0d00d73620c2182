import { contains, parseIpRange, parseIpRanges } from '../../core/ip-address.ts'
import { matchesAny } from '../../core/match-pattern.ts'
import { passthroughOperation } from '../../pipeline/access/authorize.ts'
import type { Grants } from '../../storage/key-store.ts'
import type { FieldProblem } from './field-problem.ts'

/** A field of the wire, and the list that it stands for. */
const grantFields = {
  models: 'models',
  operations: 'operations',
  origins: 'origins',
  ip_ranges: 'ipRanges',
} as const satisfies Readonly<Record<string, keyof Grants>>

/**
 * S35: the first entry of a key's lists that allows more than the key above it may do. A list that is left out allows what that one does.
 *
 * A pattern is part of another where the other matches it, its `*` taken as a letter like any: whatever stands for the `*` then lies within
 * what the other's own `*` stand for.
 */
export function findExcessGrant(grants: Partial<Grants>, outer: Grants, owner: string): FieldProblem | undefined {
  for (const [field, name] of Object.entries(grantFields)) {
    const index = grants[name]?.findIndex((entry) => !isWithin[name](entry, outer[name])) ?? -1
    if (index !== -1) return { path: `${field}[${index}]`, message: `allows more than \`${field}\` ${owner}` }
  }
  return undefined
}

type IsWithin = (entry: string, list: readonly string[] | undefined) => boolean

const isPatternWithin: IsWithin = (pattern, list) => list === undefined || matchesAny(list, pattern)

const isWithin: Readonly<Record<keyof Grants, IsWithin>> = {
  models: isPatternWithin,
  operations: (pattern, list) =>
    // Never implied, so it is never inherited either.
    pattern === passthroughOperation ? (list?.includes(pattern) ?? false) : isPatternWithin(pattern, list),
  origins: (origin, list) => list === undefined || list.includes(origin),
  ipRanges: (text, list) => {
    if (list === undefined) return true
    const range = parseIpRange(text)
    return range !== undefined && parseIpRanges(list).some((outer) => contains(outer, range))
  },
}
