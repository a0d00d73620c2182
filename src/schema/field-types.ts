import * as z from 'zod'
import { didYouMean } from '../core/did-you-mean.ts'
import { parseDay } from '../core/time.ts'
import { maxUsd, toNano } from '../core/usd.ts'
import type { StringProblem } from './text-problems.ts'

/** The command line option of a field. Its help shows the description of the schema. */
export interface FieldOption {
  /** Such as `rpm` for `--rpm`. */
  readonly name: string
  readonly kind: 'string' | 'switch' | 'count' | 'usd' | 'list' | 'time' | 'labels' | 'budgets'
}

/**
 * Creates a strict object schema. S36: an unknown field is refused, because a misspelt limit would silently not apply.
 */
export function fields<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const names = Object.keys(shape)
  return z.strictObject(shape, {
    error: ({ code, keys }) =>
      code === 'unrecognized_keys' ? describeUnknown(String(keys?.[0]), names) : 'must be an object',
  })
}

/** Creates a string schema. A message that `problemOf` returns becomes the error. */
export function stringOf(problemOf: StringProblem = () => undefined) {
  return z.string({ error: 'must be a string' }).superRefine((value, context) => {
    const message = problemOf(value)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })
}

/** Creates a schema of an amount in USD. Amounts are stored exactly. */
export function amount() {
  const error = `must be an amount of USD from 0 to ${maxUsd} with at most 9 decimals`
  return z
    .number({ error })
    .refine((usd) => toNano(usd) !== undefined, { error })
    .meta({ minimum: 0, maximum: maxUsd })
}

/** Creates a schema of a time in a response: ISO 8601 in UTC. */
export function time() {
  return z.string().meta({ format: 'date-time' })
}

const instantFormat = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/**
 * Parses a time of a request to milliseconds since 1970: an ISO 8601 date with time and zone, or a date alone, which
 * means midnight UTC. Returns undefined for any other string.
 */
export function toInstant(value: string): number | undefined {
  const date = instantFormat.exec(value)?.[1]
  if (date === undefined || parseDay(date) === undefined) return undefined
  const instant = Date.parse(value)
  return Number.isNaN(instant) ? undefined : instant
}

/** Why a response field cannot be set, or only at creation. */
const fixed: Readonly<Record<string, string>> = {
  parent_id: 'cannot be changed. Create another key below the other parent',
  secret: 'cannot be set. Rotate the key to change its secret',
  secrets: 'cannot be set. Rotate the key to change its secret',
  id: 'is set by the server',
  object: 'is set by the server',
  created_at: 'is set by the server',
  updated_at: 'is set by the server',
}

function describeUnknown(name: string, names: readonly string[]): string {
  const reason = Object.hasOwn(fixed, name) ? fixed[name] : undefined
  if (reason !== undefined) return reason
  const all = `Use ${names.map((known) => `\`${known}\``).join(', ')}`
  return `is an unknown field. ${didYouMean(name, names) ?? all}`
}
