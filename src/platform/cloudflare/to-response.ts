import { type Answer, isByteStream } from '../../core/answer.ts'
import { toWebStream } from './to-web-stream.ts'

/** Renders an answer. `leave` is called when the caller stops reading. */
export function toResponse(answer: Answer | undefined, leave: () => void): Response {
  // Nobody reads it: the caller has left.
  if (answer === undefined) return new Response(null, { status: 499 })
  const { status, headers, body } = answer
  if (isByteStream(body)) return new Response(toWebStream(body, leave), { status, headers })
  return new Response(status === 204 ? null : body, { status, headers })
}
