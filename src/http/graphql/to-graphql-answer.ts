import { type Answer, countBytes } from '../../core/answer.ts'
import { fromReadable } from '../../core/byte-stream.ts'
import { GatewayError } from '../../core/errors.ts'
import type { CallTrace } from '../../pipeline/call/call-trace.ts'
import { eventStreamHeaders } from '../../sse/event-stream.ts'
import { watchGraphqlStream } from './watch-graphql-stream.ts'

/** What Yoga answers, for the platform to render. Closes the trace of what was refused, and of a stream when that ends. */
export async function toGraphqlAnswer(response: Response, trace: CallTrace): Promise<Answer> {
  const { status } = response
  const type = response.headers.get('content-type') ?? 'text/plain; charset=utf-8'
  const allow = response.headers.get('allow')
  const headers = { 'content-type': type, ...(allow !== null && { allow }) }
  if (!type.startsWith('text/event-stream')) {
    const body = await response.text()
    if (status >= 400) trace.finish('rejected', { status, bytesOut: countBytes(body) })
    return { status, headers, body }
  }
  return {
    status,
    headers: { ...headers, ...eventStreamHeaders },
    body: watchGraphqlStream(fromReadable(response.body, toInterruption), trace),
  }
}

function toInterruption(cause: unknown): GatewayError {
  return new GatewayError('internal', 'The events of the subscription broke off.', { cause })
}
