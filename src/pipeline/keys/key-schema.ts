import * as z from 'zod'
import { matchesPattern } from '../../core/match-pattern.ts'
import { nearest } from '../../core/nearest.ts'
import { toNano, usdLimit } from '../../core/usd.ts'
import { operations } from '../../dialects/operations.ts'
import { bounds } from '../../schema/bounds.ts'
import { ipRangeProblem, originProblem, type TextProblem } from '../../schema/text-problems.ts'
import { choice, count, flag, list } from '../../schema/value-schemas.ts'
import { passthroughOperation } from '../authorize.ts'
import { toInstant } from './to-instant.ts'
import { toTimeZone } from './to-time-zone.ts'

/** No limit that somebody wants is larger, and sums of a day's calls stay exact. */
const countLimit = 1_000_000_000_000
/** The list of a key is gone through for every call. */
const listLimit = 200
const patternLength = 200
const nameLength = 100
const labelCount = 16
const labelLength = 512
/** Thirty days: a secret that is replaced must go some time. */
const overlapLimit = 30 * 24 * 60 * 60

const amount = () => {
  const error = `must be an amount of USD from 0 to ${usdLimit} with at most 9 decimals`
  return z.number({ error }).refine((usd) => toNano(usd) !== undefined, { error })
}

const rate = () => count(1, countLimit).nullish()

const budget = fields({
  usd: amount(),
  per: choice(['day', 'week', 'month', 'total']),
  time_zone: textOf(timeZoneProblem).nullish(),
})

const limits = fields({
  requests_per_minute: rate(),
  requests_per_hour: rate(),
  requests_per_day: rate(),
  tokens_per_minute: rate(),
  tokens_per_hour: rate(),
  tokens_per_day: rate(),
  concurrent_calls: rate(),
  concurrent_streams: rate(),
  usd_per_call: amount().nullish(),
  budgets: list(budget).max(20, { error: 'must have at most 20 entries' }).nullish(),
})

const patterns = (problemOf: TextProblem) =>
  list(textOf(problemOf))
    .max(listLimit, { error: `must have at most ${listLimit} entries` })
    .nullish()

/** Everything of a key that can be set at any time. */
const settable = {
  disabled: flag().optional(),
  expires_at: textOf(timeProblem).nullish(),
  models: patterns(patternProblem),
  operations: patterns(operationProblem),
  origins: patterns(keyOriginProblem),
  ip_ranges: patterns(ipRangeProblem),
  limits: limits.nullish(),
  per_user: limits.nullish(),
  shadow: flag().optional(),
  default_max_tokens: count(1, bounds.tokens).nullish(),
  labels: z
    .record(textOf(labelNameProblem), textOf(labelProblem), { error: 'must be a mapping of names to texts' })
    .refine((labels) => Object.keys(labels).length <= labelCount, { error: `must have at most ${labelCount} entries` })
    .nullish(),
}

const secret = textOf(() => undefined).nullish()

/** What a key is made from. */
export const newKeySchema = fields({
  name: textOf(nameProblem),
  parent_id: textOf(() => undefined).nullish(),
  ...settable,
  secret,
})

/** What changes a key. */
export const keyChangeSchema = fields({ name: textOf(nameProblem).optional(), ...settable })

/** What gives a key another secret. */
export const rotationSchema = fields({ overlap_seconds: count(0, overlapLimit).nullish(), secret })

export type NewKeyInput = z.output<typeof newKeySchema>
export type KeyChangeInput = z.output<typeof keyChangeSchema>
export type LimitsInput = z.output<typeof limits>

/** What is told and never set, or set once. */
const fixed: Readonly<Record<string, string>> = {
  parent_id: 'stays as it was when the key was made. Make another key below the other parent',
  secret: 'is changed by rotating the key',
  secrets: 'is changed by rotating the key',
  id: 'is given by the server',
  object: 'is given by the server',
  created_at: 'is given by the server',
  updated_at: 'is given by the server',
}

/** S36: what is not known is refused, so that nobody believes in a limit that was misspelt. */
function fields<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const names = Object.keys(shape)
  return z.strictObject(shape, {
    error: ({ code, keys }) =>
      code === 'unrecognized_keys' ? describeUnknown(String(keys?.[0]), names) : 'must be an object of named values',
  })
}

function describeUnknown(name: string, names: readonly string[]): string {
  const why = Object.hasOwn(fixed, name) ? fixed[name] : undefined
  if (why !== undefined) return why
  const meant = nearest(name, names, 2).map((known) => `\`${known}\``)
  if (meant.length > 0) return `is not known here. Did you mean ${meant.join(' or ')}?`
  return `is not known here. There are ${names.map((known) => `\`${known}\``).join(', ')}`
}

function textOf(problemOf: TextProblem) {
  return z.string({ error: 'must be a text' }).superRefine((value, context) => {
    const message = problemOf(value)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })
}

function nameProblem(name: string): string | undefined {
  const isPlain = name.trim() !== '' && name.length <= nameLength && !/\p{C}/u.test(name)
  return isPlain ? undefined : `must be a text of 1 to ${nameLength} characters without line breaks`
}

function labelNameProblem(name: string): string | undefined {
  if (/^[a-z0-9][\w.:/-]{0,63}$/i.test(name)) return undefined
  return 'must have names of 1 to 64 letters, digits and `_.:/-`, that begin with a letter or a digit'
}

function labelProblem(value: string): string | undefined {
  if (value.length <= labelLength && value.isWellFormed()) return undefined
  return `must be a text of at most ${labelLength} characters`
}

function patternProblem(pattern: string): string | undefined {
  if (pattern.length > 0 && pattern.length <= patternLength && !/[\s\p{C}]/u.test(pattern)) return undefined
  return `must be the name of a model, in which \`*\` stands for any text: 1 to ${patternLength} characters without spaces`
}

const operationNames: readonly string[] = [...Object.keys(operations), passthroughOperation]

function operationProblem(pattern: string): string | undefined {
  if (operationNames.some((name) => matchesPattern(pattern, name))) return undefined
  const meant = nearest(pattern, operationNames, 2).map((name) => `\`${name}\``)
  const hint = meant.length > 0 ? `Did you mean ${meant.join(' or ')}?` : `There are ${operationNames.join(', ')}`
  return `fits no operation. ${hint}`
}

function keyOriginProblem(origin: string): string | undefined {
  return origin === '*' ? 'must be an exact origin; for any, write null' : originProblem(origin)
}

function timeProblem(text: string): string | undefined {
  if (toInstant(text) !== undefined) return undefined
  return 'must be a date and time with its zone, such as 2030-01-31T00:00:00Z'
}

function timeZoneProblem(name: string): string | undefined {
  if (toTimeZone(name) !== undefined) return undefined
  const [meant] = nearest(name, ['UTC', ...Intl.supportedValuesOf('timeZone')], 1)
  const hint = meant === undefined ? 'Use a name such as `UTC` or `Europe/Berlin`' : `Did you mean \`${meant}\`?`
  return `is no time zone that is known. ${hint}`
}
