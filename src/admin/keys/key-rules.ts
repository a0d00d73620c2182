import { GatewayError } from '../../core/errors.ts'
import { contains, parseIpRange, parseIpRanges } from '../../core/ip-address.ts'
import { matchesAny } from '../../core/match-pattern.ts'
import { toUsd } from '../../core/usd.ts'
import type { Budget, Limits } from '../../metering/limits.ts'
import { passthroughOperation } from '../../pipeline/access/authorize.ts'
import type { ApiKey, Grants, KeyWithAncestors } from '../../storage/key-store.ts'
import { type FieldProblem, refuse } from './input.ts'

/** The new fields of a key. A field that is left out was checked when it was set. */
export interface Proposal {
  readonly grants: Partial<Grants>
  readonly limits: Limits | undefined
  /** Those of `limits` that the request names, and no others. */
  readonly namedLimits: Limits
  readonly perUser: Limits | undefined
  readonly expiresAt: number | undefined
}

/**
 * Refuses limits that contradict each other, and everything beyond the rights of a key above (S35). A key that is narrowed later is not
 * compared with the keys below it: every call asks all of them again. Throws GatewayError `invalid_value`.
 */
export function checkKey(
  { grants, limits, namedLimits, perUser, expiresAt }: Proposal,
  known: Pick<ApiKey, 'limits' | 'perUser'>,
  above: readonly ApiKey[],
): void {
  if (limits !== undefined) checkAlone(limits, 'limits')
  if (perUser !== undefined) checkAlone(perUser, 'per_user')
  const users = perUser ?? known.perUser
  // One user cannot have more than all of them together.
  if (users !== undefined && (limits !== undefined || perUser !== undefined))
    refuse(findExcess(users, 'per_user', { limits: limits ?? known.limits, owner: 'of `limits`' }))
  for (const key of above) {
    const owner = `of the key above it (${key.id})`
    refuse(findExcessGrant(grants, key.grants, owner))
    refuse(findExcess(namedLimits, 'limits', { limits: key.limits, owner }))
    if (expiresAt !== undefined && key.expiresAt !== undefined && expiresAt > key.expiresAt) {
      const most = new Date(key.expiresAt).toISOString()
      refuse({ path: 'expires_at', message: `must not be after ${most}, which is \`expires_at\` ${owner}` })
    }
  }
}

function checkAlone(limits: Limits, path: string): void {
  refuse(findRepeated(limits, path))
  refuse(findExcess(limits, path))
}

/** A key, its parent and so on. Since no key changes its parent, none becomes its own ancestor. */
const levelLimit = 8

/** The keys above a new one, its parent first. Throws GatewayError `invalid_value` where it cannot be below that parent. */
export function checkParent(parent: KeyWithAncestors | undefined): readonly ApiKey[] {
  if (parent === undefined) throw refusedParent('names a key that does not exist')
  const above = [parent.key, ...parent.ancestors]
  if (above.length < levelLimit) return above
  throw refusedParent(`names a key of the lowest level: it has ${levelLimit - 1} keys above it`)
}

function refusedParent(message: string): GatewayError {
  return new GatewayError('invalid_value', `parent_id ${message}.`, { param: 'parent_id' })
}

/** A list of grants, by its name on the wire. */
const grantFields = {
  models: 'models',
  operations: 'operations',
  origins: 'origins',
  ip_ranges: 'ipRanges',
} as const satisfies Readonly<Record<string, keyof Grants>>

/**
 * S35: the first entry of a key's lists that allows more than the key above. A list that is left out allows the same as that key.
 *
 * A pattern is part of another where the other matches it, with its `*` read as an ordinary letter: any string that stands for this `*`
 * then lies within the strings for the other's own `*`.
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

/** Limits that bound others. */
interface Bound {
  readonly limits: Limits
  /** Their name in messages, such as `of the key above it (key_…)`. */
  readonly owner: string
}

/**
 * The first limit that could never be reached, since a narrower one holds as well: a limit for a minute above that for an hour, or one above
 * that of the `bound`. Undefined where each makes sense. Without `bound` the limits are compared with each other.
 */
function findExcess(limits: Limits, path: string, bound?: Bound): FieldProblem | undefined {
  const outer = toMeasures(bound?.limits ?? limits)
  for (const inner of toMeasures(limits)) {
    const above = outer.find(
      (candidate) => isOver(candidate, inner, bound === undefined) && inner.most > candidate.most,
    )
    if (above === undefined) continue
    const range = `must be from ${inner.kind === 'money' ? 0 : 1} to ${toText(above)}`
    const owner = bound === undefined ? '' : ` ${bound.owner}`
    return { path: `${path}.${inner.field}`, message: `${range}, since \`${above.field}\`${owner} is ${toText(above)}` }
  }
  return undefined
}

/** The first budget that is there twice. */
function findRepeated({ budgets }: Limits, path: string): FieldProblem | undefined {
  const name = ({ per, timeZone }: Budget) => `${per} ${timeZone}`
  const index = budgets.findIndex((budget, at) => budgets.findIndex((other) => name(other) === name(budget)) < at)
  return index === -1 ? undefined : { path: `${path}.budgets[${index}]`, message: 'repeats the budget of a period' }
}

/** A limit as it is compared with others of its kind. */
interface Measure {
  readonly kind: 'requests' | 'tokens' | 'concurrency' | 'money'
  /** A limit of a higher level also holds for every part of its period: a day's for each of its hours. */
  readonly level: number
  /** Days of one zone are no parts of another's weeks. Undefined for a limit without midnights. */
  readonly timeZone?: string | undefined
  readonly most: number
  readonly field: string
}

const rateLevels = { minute: 0, hour: 1, day: 2 } as const
const budgetLevels = { day: 1, week: 2, month: 3, total: 4 } as const

function toMeasures({ rates, budgets, concurrentCalls, concurrentStreams, callNano }: Limits): readonly Measure[] {
  const measures: Measure[] = rates.map(({ unit, window, limit }) => ({
    kind: unit,
    level: rateLevels[window],
    most: limit,
    field: `${unit}_per_${window}`,
  }))
  if (concurrentStreams !== undefined)
    measures.push({ kind: 'concurrency', level: 0, most: concurrentStreams, field: 'concurrent_streams' })
  if (concurrentCalls !== undefined)
    measures.push({ kind: 'concurrency', level: 1, most: concurrentCalls, field: 'concurrent_calls' })
  if (callNano !== undefined) measures.push({ kind: 'money', level: 0, most: callNano, field: 'usd_per_call' })
  for (const [index, { per, limitNano, timeZone }] of budgets.entries()) {
    measures.push({
      kind: 'money',
      level: budgetLevels[per],
      timeZone: per === 'total' ? undefined : timeZone,
      most: limitNano,
      field: `budgets[${index}].usd`,
    })
  }
  return measures
}

function isOver(outer: Measure, inner: Measure, isStrict: boolean): boolean {
  if (outer.kind !== inner.kind || (isStrict ? outer.level <= inner.level : outer.level < inner.level)) return false
  return outer.timeZone === undefined || inner.timeZone === undefined || outer.timeZone === inner.timeZone
}

function toText({ kind, most }: Measure): string {
  return String(kind === 'money' ? toUsd(most) : most)
}
