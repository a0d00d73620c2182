import type * as z from 'zod'
import { formatPath } from '../../config/config-error.ts'
import { GatewayError } from '../../core/errors.ts'

/** An error in a field of the input. */
export interface FieldProblem {
  /** Such as `limits.budgets[0].time_zone`; empty for the whole body. */
  readonly path: string
  /** Completes a sentence that starts with the path: "must be …". */
  readonly message: string
}

/** Throws GatewayError `invalid_value` if `problem` is defined. */
export function refuse(problem: FieldProblem | undefined): void {
  if (problem !== undefined) throw toFieldError(problem)
}

/**
 * Parses JSON with a schema. Throws GatewayError `invalid_value` or `missing_required_parameter` for the first error.
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const [issue] = result.error.issues
  if (issue === undefined) throw toFieldError({ path: '', message: 'is invalid' })
  const path = formatPath(pathOf(issue))
  const mayBeAbsent = issue.code === 'invalid_type' || issue.code === 'invalid_value'
  if (mayBeAbsent && path !== '' && valueAt(input, issue.path) === undefined) {
    throw new GatewayError('missing_required_parameter', `${path} is required: it ${issue.message}.`, { param: path })
  }
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message
  throw toFieldError({ path, message })
}

function toFieldError({ path, message }: FieldProblem): GatewayError {
  const sentence = `${path === '' ? 'The body' : path} ${message}`
  const ended = /[.?]$/.test(sentence) ? sentence : `${sentence}.`
  return new GatewayError('invalid_value', ended, path === '' ? {} : { param: path })
}

/** Returns the path of an issue: the unknown field, or `labels` for an invalid label name, which may be any string. */
function pathOf(issue: z.core.$ZodIssue): readonly PropertyKey[] {
  if (issue.code === 'unrecognized_keys') return [...issue.path, issue.keys[0]?.slice(0, 50) ?? '']
  return issue.code === 'invalid_key' ? issue.path.slice(0, -1) : issue.path
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, name) => (typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined),
    input,
  )
}
