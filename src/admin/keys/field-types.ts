import * as z from 'zod'
import { didYouMean } from '../../core/did-you-mean.ts'
import { parseDay } from '../../core/time.ts'
import { toNano, usdLimit } from '../../core/usd.ts'
import type { TextProblem } from '../../schema/text-problems.ts'

/** The option of a field on the command line. Its help shows the description of the schema. */
export interface FieldOption {
  /** Such as `rpm` for `--rpm`. */
  readonly name: string
  readonly kind: 'string' | 'switch' | 'count' | 'usd' | 'list' | 'time' | 'labels' | 'budgets'
}

/** S36: an unknown field is refused, so that a misspelt limit does not limit nothing in silence. */
export function fields<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const names = Object.keys(shape)
  return z.strictObject(shape, {
    error: ({ code, keys }) =>
      code === 'unrecognized_keys' ? describeUnknown(String(keys?.[0]), names) : 'must be an object of named values',
  })
}

/** A string that passes `problemOf`, whose message becomes the error. */
export function stringOf(problemOf: TextProblem = () => undefined) {
  return z.string({ error: 'must be a string' }).superRefine((value, context) => {
    const message = problemOf(value)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })
}

/** An amount of USD, which is stored exactly. */
export function amount() {
  const error = `must be an amount of USD from 0 to ${usdLimit} with at most 9 decimals`
  return z
    .number({ error })
    .refine((usd) => toNano(usd) !== undefined, { error })
    .meta({ minimum: 0, maximum: usdLimit })
}

/** A time in a response: ISO 8601 in UTC. */
export function time() {
  return z.string().meta({ format: 'date-time' })
}

const instantFormat = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/**
 * A time in a request, in milliseconds since 1970: an ISO 8601 date with time and zone, or a date alone, which is its midnight in UTC.
 * Undefined for any other string.
 */
export function toInstant(text: string): number | undefined {
  const date = instantFormat.exec(text)?.[1]
  if (date === undefined || parseDay(date) === undefined) return undefined
  const instant = Date.parse(text)
  return Number.isNaN(instant) ? undefined : instant
}

/** The reason why a field of a response cannot be set, or only once. */
const fixed: Readonly<Record<string, string>> = {
  parent_id: 'stays as it was when the key was made. Make another key below the other parent',
  secret: 'is changed by rotating the key',
  secrets: 'is changed by rotating the key',
  id: 'is given by the server',
  object: 'is given by the server',
  created_at: 'is given by the server',
  updated_at: 'is given by the server',
}

function describeUnknown(name: string, names: readonly string[]): string {
  const why = Object.hasOwn(fixed, name) ? fixed[name] : undefined
  if (why !== undefined) return why
  const all = `There are ${names.map((known) => `\`${known}\``).join(', ')}`
  return `is not known here. ${didYouMean(name, names) ?? all}`
}
