import { GatewayError } from '../../core/errors.ts'

/** What is wrong with a field of the input. */
export interface FieldProblem {
  /** Such as `limits.budgets[0].time_zone`; empty for the whole. */
  readonly path: string
  /** Continues the path: "must be …". */
  readonly message: string
}

export function toFieldError({ path, message }: FieldProblem): GatewayError {
  const sentence = `${path === '' ? 'The body' : path} ${message}`
  const text = /[.?]$/.test(sentence) ? sentence : `${sentence}.`
  return new GatewayError('invalid_value', text, path === '' ? {} : { param: path })
}

/** Throws GatewayError `invalid_value` for the first problem, if there is one. */
export function refuse(problem: FieldProblem | undefined): void {
  if (problem !== undefined) throw toFieldError(problem)
}
