import type * as z from 'zod'
import { toPathText } from '../../config/config-error.ts'
import { GatewayError } from '../../core/errors.ts'

/** A mistake in a field of the input. */
export interface FieldProblem {
  /** Such as `limits.budgets[0].time_zone`; empty for the whole. */
  readonly path: string
  /** Continues the path: "must be …". */
  readonly message: string
}

/** Throws GatewayError `invalid_value` for a problem, if there is one. */
export function refuse(problem: FieldProblem | undefined): void {
  if (problem !== undefined) throw toFieldError(problem)
}

/**
 * Reads unknown JSON by a schema. Throws GatewayError `invalid_value` or `missing_required_parameter` for the first mistake.
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const [issue] = result.error.issues
  if (issue === undefined) throw toFieldError({ path: '', message: 'is not right' })
  const path = toPathText(pathOf(issue))
  if (issue.code === 'invalid_type' && path !== '' && valueAt(input, issue.path) === undefined) {
    throw new GatewayError('missing_required_parameter', `${path} is required: it ${issue.message}.`, { param: path })
  }
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message
  throw toFieldError({ path, message })
}

function toFieldError({ path, message }: FieldProblem): GatewayError {
  const sentence = `${path === '' ? 'The body' : path} ${message}`
  const text = /[.?]$/.test(sentence) ? sentence : `${sentence}.`
  return new GatewayError('invalid_value', text, path === '' ? {} : { param: path })
}

/** An unknown field is named itself; for a wrong name of a label, which may be any string, the mapping is named. */
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
