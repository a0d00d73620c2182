import { GatewayError } from '../core/errors.ts'

/** A form that parsers read differently, so that a provider might read another model than Weir (S85). `problem` is a sentence. */
export function invalidForm(problem: string): GatewayError {
  return new GatewayError('invalid_form', `${problem} Let your HTTP client build the form and its \`content-type\`.`)
}
