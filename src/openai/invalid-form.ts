import { GatewayError } from '../core/errors.ts'

/** The error of a form that parsers read differently, which may hide another model (S85). `problem` is a sentence. */
export function invalidForm(problem: string): GatewayError {
  return new GatewayError('invalid_form', `${problem} Let your HTTP client build the form and its \`content-type\`.`)
}
