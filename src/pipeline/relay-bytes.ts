import type { ByteSink, ByteStream } from '../core/byte-stream.ts'
import { type GatewayError, toGatewayError } from '../core/errors.ts'
import type { Outcome } from '../telemetry/call-record.ts'
import type { RelayOptions } from './relay-events.ts'
import { type StreamWatch, watchStream } from './watch-stream.ts'

/**
 * Passes bytes on that are not events: audio, files. Where they break off, the caller's connection is cut, since that is the only sign
 * of an incomplete body that HTTP has. Settles the trace exactly once.
 */
export function relayBytes(
  source: ByteStream,
  { attempt, trace, clock, idleMs, firstByteMs, streams }: RelayOptions,
): ByteStream {
  let sink: ByteSink | undefined
  let watch: StreamWatch | undefined
  let bytesOut = 0
  let isOver = false

  function settle(outcome: Outcome, errorCode?: GatewayError['code']): void {
    isOver = true
    watch?.stop()
    attempt.finish()
    trace.finish(outcome, { bytesOut, errorCode })
  }

  function cut(error: unknown, outcome: Outcome, errorCode: GatewayError['code']): void {
    if (isOver) return
    if (attempt.hasCallerLeft()) settle('client_gone')
    else settle(outcome, errorCode)
    source.cancel(error)
    sink?.fail(error)
  }

  return {
    start(target) {
      sink = target
      attempt.sawFirstByte()
      const limits = {
        firstByteMs,
        idleMs,
        totalMs: attempt.remainingMs(),
        heartbeatMs: 0,
        stalledReaderMs: streams.stalledReaderMs,
      }
      const expire = (error: GatewayError) =>
        cut(error, error.code === 'request_timeout' ? 'client_gone' : 'interrupted', error.code)
      watch = watchStream(limits, { expire, beat() {} }, clock)
      source.start({
        write(chunk) {
          if (isOver) return true
          bytesOut += chunk.length
          trace.sawFirstByte()
          watch?.sawContent()
          const accepts = target.write(chunk)
          if (!accepts) watch?.paused()
          return accepts
        },
        end() {
          if (isOver) return
          settle('ok')
          target.end()
        },
        fail: (error) => cut(error, 'interrupted', 'upstream_interrupted'),
      })
    },
    resume() {
      watch?.resumed()
      source.resume()
    },
    cancel(reason) {
      if (!isOver) settle('client_gone')
      source.cancel(reason)
    },
    interrupt: (error) => cut(error, 'interrupted', toGatewayError(error).code),
  }
}
