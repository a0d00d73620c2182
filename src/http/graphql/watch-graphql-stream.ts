import type { ByteSink, ByteStream } from '../../core/byte-stream.ts'
import { toGatewayError } from '../../core/errors.ts'
import type { CallTrace } from '../../pipeline/call/call-trace.ts'
import { toErrorAnswer } from '../error-response.ts'
import { watchAnswer } from '../watch-answer.ts'

/**
 * Closes the trace of a request whose answer is a stream of GraphQL results, and ends it with an error where the server must.
 * Source: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md#distinct-connections-mode
 */
export function watchGraphqlStream(source: ByteStream, trace: CallTrace): ByteStream {
  const watched = watchAnswer(source, trace)
  let target: ByteSink | undefined
  return {
    ...watched,
    start(sink) {
      target = sink
      watched.start(sink)
    },
    interrupt(reason) {
      const error = toGatewayError(reason)
      trace.finish('interrupted', { status: 200, bytesOut: watched.bytesOut(), errorCode: error.code })
      source.cancel(reason)
      target?.write(
        new TextEncoder().encode(`event: next\ndata: ${toErrorAnswer(error, 'graphql').body}\n\n${complete}`),
      )
      target?.end()
    },
  }
}

const complete = 'event: complete\ndata:\n\n'
