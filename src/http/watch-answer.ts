import { type ByteStream, wrapStream } from '../core/byte-stream.ts'
import { toGatewayError } from '../core/errors.ts'
import type { CallTrace } from '../pipeline/call/call-trace.ts'

/** A stream on its way to its reader. */
export interface WatchedAnswer extends ByteStream {
  /** Sent so far. */
  bytesOut(): number
}

/** Closes the trace of a request whose answer is a stream. One that breaks off is cut, so that nobody takes it for the whole. */
export function watchAnswer(source: ByteStream, trace: CallTrace): WatchedAnswer {
  let bytesOut = 0
  const watched = wrapStream(source, {
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
  })
  return Object.assign(watched, { bytesOut: () => bytesOut })
}
