import type * as z from 'zod'
import { toPathText } from '../../config/config-error.ts'
import { GatewayError } from '../../core/errors.ts'
import { toFieldError } from './field-problem.ts'

/**
 * Unknown JSON as what the schema says. Throws GatewayError `invalid_value` or `missing_required_parameter` for the first thing that is
 * wrong.
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw issue === undefined ? toFieldError({ path: '', message: 'is not right' }) : toError(issue, input)
}

function toError(issue: z.core.$ZodIssue, input: unknown): GatewayError {
  const path = toPathText(pathOf(issue))
  if (issue.code === 'invalid_type' && path !== '' && valueAt(input, issue.path) === undefined) {
    return new GatewayError('missing_required_parameter', `${path} is required: it ${issue.message}.`, { param: path })
  }
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message
  return toFieldError({ path, message })
}

/** Of names that are wrong, those that are not known are named themselves; a label's may be anything, and its mapping is named. */
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
