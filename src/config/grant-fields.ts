import { didYouMean } from '../core/did-you-mean.ts'
import { formatIpRange, parseIpRange } from '../core/ip-address.ts'
import { matchesPattern } from '../core/match-pattern.ts'
import { operations, passthroughOperation } from '../dialects/operations.ts'
import { stringOf } from '../schema/field-types.ts'
import { ipRangeProblem, originProblem, type StringProblem, toOrigin } from '../schema/text-problems.ts'
import { list } from '../schema/value-schemas.ts'

/** Maximum entries of a list; every call checks the lists of its key. */
const listLimit = 200
const patternLength = 200

/** The lists of what a key allows, by their names in the admin API and in the configuration. */
export const grantFields = {
  models: grantField(patternProblem),
  operations: grantField(operationProblem),
  origins: grantField((origin) =>
    origin === '*' ? 'must be an exact origin; leave the list out, or send null to allow any' : originProblem(origin),
  ),
  ip_ranges: grantField(ipRangeProblem),
}

/** Returns the canonical entries of a list, without doubles. */
export function toGrant(name: keyof typeof grantFields, entries: readonly string[]): readonly string[] {
  return [...new Set(entries.map(canonical[name] ?? ((entry) => entry)))]
}

const canonical: Partial<Record<keyof typeof grantFields, (entry: string) => string>> = {
  origins: toOrigin,
  ip_ranges(entry) {
    const range = parseIpRange(entry)
    return range === undefined ? entry : formatIpRange(range)
  },
}

function grantField(problemOf: StringProblem) {
  return list(stringOf(problemOf)).max(listLimit, { error: `must have at most ${listLimit} entries` })
}

function patternProblem(pattern: string): string | undefined {
  if (pattern.length > 0 && pattern.length <= patternLength && !/[\s\p{C}]/u.test(pattern)) return undefined
  return `must be a model pattern of 1 to ${patternLength} characters without spaces, in which \`*\` matches any string`
}

function operationProblem(pattern: string): string | undefined {
  const names: readonly string[] = [...Object.keys(operations), passthroughOperation]
  if (names.some((name) => matchesPattern(pattern, name))) return undefined
  return `matches no operation. ${didYouMean(pattern, names) ?? `Use ${names.join(', ')}`}`
}

/** Allowed to the callers of a policy. An undefined list allows everything, an empty list nothing. */
export interface PolicyGrants {
  readonly models: readonly string[] | undefined
  readonly operations: readonly string[] | undefined
  readonly origins: readonly string[] | undefined
}
