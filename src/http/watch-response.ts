import { type ByteSink, type ByteStream, wrapStream } from '../core/byte-stream.ts'
import { type GatewayError, toGatewayError } from '../core/errors.ts'
import type { CallTrace } from '../pipeline/call/call-trace.ts'

/**
 * Finishes the trace of a request when its response stream ends, fails or is cancelled. A failed stream is cut, so a
 * client cannot take an incomplete response for a complete one. `toTrailer` renders the last bytes of a stream that the
 * server ends early; without it `source` handles the interrupt.
 */
export function watchResponse(
  source: ByteStream,
  trace: CallTrace,
  toTrailer?: (error: GatewayError) => string,
): ByteStream {
  let bytesOut = 0
  let client: ByteSink | undefined
  return wrapStream(source, {
    start(sink) {
      client = sink
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
    ...(toTrailer !== undefined && {
      interrupt(reason: Error) {
        const error = toGatewayError(reason)
        trace.finish('interrupted', { status: 200, bytesOut, errorCode: error.code })
        source.cancel(reason)
        client?.write(new TextEncoder().encode(toTrailer(error)))
        client?.end()
      },
    }),
  })
}
