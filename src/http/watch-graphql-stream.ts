import type { ByteSink, ByteStream } from '../core/byte-stream.ts'
import { toGatewayError } from '../core/errors.ts'
import type { CallTrace } from '../pipeline/call-trace.ts'
import { toErrorAnswer } from './error-response.ts'

/**
 * Closes the trace of a request whose answer is a stream of GraphQL results, and ends it with an error where the server must.
 * Source: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md#distinct-connections-mode
 */
export function watchGraphqlStream(source: ByteStream, trace: CallTrace): ByteStream {
  let target: ByteSink | undefined
  let bytesOut = 0
  return {
    ...source,
    start(sink) {
      target = sink
      source.start({
        write(chunk) {
          bytesOut += chunk.length
          return sink.write(chunk)
        },
        end() {
          trace.finish('ok', { status: 200, bytesOut })
          sink.end()
        },
        fail(error) {
          trace.finish('interrupted', { status: 200, bytesOut, errorCode: toGatewayError(error).code })
          sink.fail(error)
        },
      })
    },
    cancel(reason) {
      trace.finish('client_gone', { status: 200, bytesOut })
      source.cancel(reason)
    },
    interrupt(reason) {
      const error = toGatewayError(reason)
      trace.finish('interrupted', { status: 200, bytesOut, errorCode: error.code })
      source.cancel(reason)
      target?.write(
        new TextEncoder().encode(`event: next\ndata: ${toErrorAnswer(error, 'graphql').body}\n\n${complete}`),
      )
      target?.end()
    },
  }
}

const complete = 'event: complete\ndata:\n\n'
