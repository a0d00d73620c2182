import type { AbortSwitch } from '../../core/abort-switch.ts'
import { type Answer, isByteStream } from '../../core/answer.ts'
import { ResponseSink } from './response-sink.ts'

interface ResponseOptions {
  /** Aborts when the caller has left, and is to be aborted where that is seen first by the answer's stream. */
  readonly gone: AbortSwitch
  /** Keeps workerd from dropping what is under way once the caller has left. */
  defer(work: Promise<unknown>): void
}

/** Renders an answer. */
export function toResponse(answer: Answer | undefined, call: ResponseOptions): Response {
  // Nobody reads it: the caller has left.
  if (answer === undefined) return new Response(null, { status: 499 })
  const { status, headers, body } = answer
  if (!isByteStream(body)) return new Response(status === 204 ? null : body, { status, headers })
  const sink = new ResponseSink(body, call.gone)
  call.defer(sink.over)
  return new Response(sink.open(), { status, headers })
}
