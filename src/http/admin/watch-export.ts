import type { ByteStream } from '../../core/byte-stream.ts'
import { toGatewayError } from '../../core/errors.ts'
import type { CallTrace } from '../../pipeline/call-trace.ts'

/** Closes the trace of a request whose answer is an export. One that breaks off is cut, so that nobody takes it for the whole. */
export function watchExport(source: ByteStream, trace: CallTrace): ByteStream {
  let bytesOut = 0
  return {
    ...source,
    start(sink) {
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
  }
}
