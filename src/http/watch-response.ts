import { type ByteSink, type ByteStream, wrapStream } from '../core/byte-stream.ts'
import { type GatewayError, toGatewayError } from '../core/errors.ts'
import type { CallTrace } from '../pipeline/call/call-trace.ts'

/**
 * Closes the trace of a request when the stream of its answer ends, however it ends. A stream that breaks off is cut, so that an incomplete
 * answer cannot be taken for the whole. `toLastWords` makes the text that ends the answer where the server itself must end it; without it
 * `source` decides.
 */
export function watchResponse(
  source: ByteStream,
  trace: CallTrace,
  toLastWords?: (error: GatewayError) => string,
): ByteStream {
  let bytesOut = 0
  let reader: ByteSink | undefined
  return wrapStream(source, {
    start(sink) {
      reader = sink
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
    ...(toLastWords !== undefined && {
      interrupt(reason: Error) {
        const error = toGatewayError(reason)
        trace.finish('interrupted', { status: 200, bytesOut, errorCode: error.code })
        source.cancel(reason)
        reader?.write(new TextEncoder().encode(toLastWords(error)))
        reader?.end()
      },
    }),
  })
}
