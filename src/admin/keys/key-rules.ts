import { GatewayError } from '../../core/errors.ts'
import { contains, parseIpRange, parseIpRanges } from '../../core/ip-address.ts'
import { matchesAny } from '../../core/match-pattern.ts'
import { toUsd } from '../../core/usd.ts'
import { passthroughOperation } from '../../dialects/operations.ts'
import type { Budget, Limits } from '../../metering/limits.ts'
import type { ApiKey, Grants, KeyWithAncestors } from '../../storage/key-store.ts'
import { type FieldProblem, refuse } from './input.ts'

/** The new fields of a key. An omitted field was checked when it was set. */
export interface Proposal {
  readonly grants: Partial<Grants>
  readonly limits: Limits | undefined
  /** The limits that the request itself names. */
  readonly namedLimits: Limits
  readonly perUser: Limits | undefined
  readonly expiresAt: number | undefined
}

/**
 * Throws GatewayError `invalid_value` for contradictory limits and for rights beyond those of an ancestor (S35). A
 * change that narrows a key is not compared with its descendants, because every call checks all its ancestors.
 */
export function checkKey(
  { grants, limits, namedLimits, perUser, expiresAt }: Proposal,
  known: Pick<ApiKey, 'limits' | 'perUser'>,
  above: readonly ApiKey[],
): void {
  if (limits !== undefined) checkAlone(limits, 'limits')
  if (perUser !== undefined) checkAlone(perUser, 'per_user')
  const users = perUser ?? known.perUser
  // One user cannot have more than all users together.
  if (users !== undefined && (limits !== undefined || perUser !== undefined))
    refuse(findExcess(users, 'per_user', { limits: limits ?? known.limits, owner: 'of `limits`' }))
  for (const key of above) {
    const owner = `of its ancestor (${key.id})`
    refuse(findExcessGrant(grants, key.grants, owner))
    refuse(findExcess(namedLimits, 'limits', { limits: key.limits, owner }))
    if (expiresAt !== undefined && key.expiresAt !== undefined && expiresAt > key.expiresAt) {
      const latest = new Date(key.expiresAt).toISOString()
      refuse({ path: 'expires_at', message: `must not be after ${latest}, which is \`expires_at\` ${owner}` })
    }
  }
}

function checkAlone(limits: Limits, path: string): void {
  refuse(findRepeated(limits, path))
  refuse(findExcess(limits, path))
}

/** Maximum depth of a key. No key changes its parent, so a cycle cannot arise. */
const levelLimit = 8

/** Returns the ancestors of a new key, parent first. Throws GatewayError `invalid_value` for an unusable parent. */
export function checkParent(parent: KeyWithAncestors | undefined): readonly ApiKey[] {
  if (parent === undefined) throw refusedParent('names a key that does not exist')
  const above = [parent.key, ...parent.ancestors]
  if (above.length < levelLimit) return above
  throw refusedParent(`names a key that already has ${levelLimit - 1} ancestors, which is the maximum`)
}

function refusedParent(message: string): GatewayError {
  return new GatewayError('invalid_value', `parent_id ${message}.`, { param: 'parent_id' })
}

/** Lists of grants by their names on the wire. */
const grantFields = {
  models: 'models',
  operations: 'operations',
  origins: 'origins',
  ip_ranges: 'ipRanges',
} as const satisfies Readonly<Record<string, keyof Grants>>

/**
 * Finds the first entry of a key's lists that allows more than its ancestor (S35). An omitted list allows the same as
 * the ancestor.
 *
 * A pattern is within another pattern if the other matches it with its `*` read as an ordinary character: each string
 * for this `*` is then part of a string for the other's `*`.
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
    // Never granted implicitly, so never inherited either.
    pattern === passthroughOperation ? (list?.includes(pattern) ?? false) : isPatternWithin(pattern, list),
  origins: (origin, list) => list === undefined || list.includes(origin),
  ipRanges: (entry, list) => {
    if (list === undefined) return true
    const range = parseIpRange(entry)
    return range !== undefined && parseIpRanges(list).some((outer) => contains(outer, range))
  },
}

/** Limits that others must not exceed. */
interface Bound {
  readonly limits: Limits
  /** Their owner in messages, such as `of its ancestor (key_…)`. */
  readonly owner: string
}

/**
 * Finds the first limit that can never be reached because another limit is lower: a limit per minute above that per
 * hour, or a limit above that of `bound`. Without `bound` the limits are compared with each other.
 */
function findExcess(limits: Limits, path: string, bound?: Bound): FieldProblem | undefined {
  const outer = toMeasures(bound?.limits ?? limits)
  for (const inner of toMeasures(limits)) {
    const above = outer.find((candidate) => isOver(candidate, inner, bound === undefined) && inner.max > candidate.max)
    if (above === undefined) continue
    const range = `must be from ${inner.kind === 'money' ? 0 : 1} to ${formatValue(above)}`
    const owner = bound === undefined ? '' : ` ${bound.owner}`
    return {
      path: `${path}.${inner.field}`,
      message: `${range}, because \`${above.field}\`${owner} is ${formatValue(above)}`,
    }
  }
  return undefined
}

/** Finds the first duplicate budget. */
function findRepeated({ budgets }: Limits, path: string): FieldProblem | undefined {
  const name = ({ per, timeZone }: Budget) => `${per} ${timeZone}`
  const index = budgets.findIndex((budget, at) => budgets.findIndex((other) => name(other) === name(budget)) < at)
  return index === -1
    ? undefined
    : { path: `${path}.budgets[${index}]`, message: 'repeats the period of an earlier budget' }
}

/** A limit in a form that can be compared with others of its kind. */
interface Measure {
  readonly kind: 'requests' | 'tokens' | 'concurrency' | 'money'
  /** A limit of a higher level also bounds every part of its period: that of a day bounds each hour. */
  readonly level: number
  /** Days of one zone are not parts of another's weeks. Undefined for a limit that does not reset at midnight. */
  readonly timeZone?: string | undefined
  readonly max: number
  readonly field: string
}

const rateLevels = { minute: 0, hour: 1, day: 2 } as const
const budgetLevels = { day: 1, week: 2, month: 3, total: 4 } as const

function toMeasures({ rates, budgets, concurrentCalls, concurrentStreams, callNano }: Limits): readonly Measure[] {
  const measures: Measure[] = rates.map(({ unit, window, limit }) => ({
    kind: unit,
    level: rateLevels[window],
    max: limit,
    field: `${unit}_per_${window}`,
  }))
  if (concurrentStreams !== undefined)
    measures.push({ kind: 'concurrency', level: 0, max: concurrentStreams, field: 'concurrent_streams' })
  if (concurrentCalls !== undefined)
    measures.push({ kind: 'concurrency', level: 1, max: concurrentCalls, field: 'concurrent_calls' })
  if (callNano !== undefined) measures.push({ kind: 'money', level: 0, max: callNano, field: 'usd_per_call' })
  for (const [index, { per, limitNano, timeZone }] of budgets.entries()) {
    measures.push({
      kind: 'money',
      level: budgetLevels[per],
      timeZone: per === 'total' ? undefined : timeZone,
      max: limitNano,
      field: `budgets[${index}].usd`,
    })
  }
  return measures
}

function isOver(outer: Measure, inner: Measure, isStrict: boolean): boolean {
  if (outer.kind !== inner.kind || (isStrict ? outer.level <= inner.level : outer.level < inner.level)) return false
  return outer.timeZone === undefined || inner.timeZone === undefined || outer.timeZone === inner.timeZone
}

function formatValue({ kind, max }: Measure): string {
  return String(kind === 'money' ? toUsd(max) : max)
}
