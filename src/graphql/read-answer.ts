import { type Answer, isByteStream, toText } from '../core/answer.ts'
import { GatewayError } from '../core/errors.ts'
import { parseJsonObject } from '../core/json.ts'
import { toUpstreamError } from './to-upstream-error.ts'

/** The text of an answer that is whole and no refusal. Throws GraphQLError, or GatewayError `upstream_invalid_answer`. */
export function readAnswer({ status, body }: Answer): string {
  if (isByteStream(body)) {
    body.cancel()
    throw new GatewayError('upstream_invalid_answer', 'The provider answered with a stream where none was asked for.')
  }
  const text = toText(body)
  if (status >= 400) throw toUpstreamError(parseJsonObject(text), status)
  return text
}
