import type { ByteStream } from '../core/byte-stream.ts'
import { type GatewayError, toGatewayError } from '../core/errors.ts'
import type { Outcome } from '../telemetry/call-record.ts'
import { joinTurns } from './join-turns.ts'
import { type Leavable, leave } from './read-on.ts'
import type { RelayOptions } from './relay-events.ts'
import { watchStream } from './watch-stream.ts'

const leaving = { startSource, settle }

/** One stream on its way. */
interface Passage extends Leavable {
  readonly options: RelayOptions
  hasContent: boolean
  bytesOut: number
  isOver: boolean
}

/**
 * Passes bytes on that are not events: audio, files. Where they break off, the caller's connection is cut, since that is the only sign
 * of an incomplete body that HTTP has. A reader who leaves is treated as `relayEvents` does. Settles the trace exactly once.
 */
export function relayBytes(source: ByteStream, options: RelayOptions): ByteStream {
  const passage: Passage = {
    ...{ source: joinTurns(source), options, sink: undefined, hasStarted: false, watch: undefined },
    ...{ hasContent: false, bytesOut: 0, isOver: false },
  }
  return {
    start(sink) {
      passage.sink = sink
      begin(passage)
    },
    resume() {
      passage.watch?.resumed()
      passage.source.resume()
    },
    cancel(reason) {
      if (passage.isOver) passage.source.cancel(reason)
      else leave(passage, reason, leaving)
    },
    interrupt: (error) => cut(passage, error, toGatewayError(error).code),
  }
}

function begin(passage: Passage): void {
  const { attempt, clock, streams, firstByteMs, idleMs } = passage.options
  attempt.sawFirstByte()
  const { stalledReaderMs } = streams
  const limits = { firstByteMs, idleMs, totalMs: attempt.remainingMs(), heartbeatMs: 0, stalledReaderMs }
  passage.watch = watchStream(limits, { expire: (error) => expire(passage, error), beat() {} }, clock)
  startSource(passage)
}

function startSource(passage: Passage): void {
  passage.hasStarted = true
  passage.source.start({
    write: (chunk) => pass(passage, chunk),
    end() {
      const { isOver, sink } = passage
      if (isOver) return
      settle(passage, sink === undefined ? 'client_gone' : 'ok')
      sink?.end()
    },
    fail: (error) => cut(passage, error, 'upstream_interrupted'),
  })
}

function pass(passage: Passage, chunk: Uint8Array): boolean {
  const { isOver, options, sink } = passage
  if (isOver) return true
  options.trace.sawFirstByte()
  passage.watch?.sawContent()
  passage.hasContent ||= chunk.length > 0
  if (sink === undefined) return true
  passage.bytesOut += chunk.length
  const accepts = sink.write(chunk)
  if (!accepts) passage.watch?.paused()
  return accepts
}

/** A reader who takes nothing has left too. */
function expire(passage: Passage, error: GatewayError): void {
  if (error.code !== 'request_timeout') {
    cut(passage, error, error.code)
    return
  }
  const { sink, options } = passage
  options.trace.add({ errorCode: error.code })
  leave(passage, error, leaving)
  sink?.fail(error)
}

function cut(passage: Passage, error: unknown, errorCode: GatewayError['code']): void {
  const { isOver, options, source, sink } = passage
  if (isOver) return
  if (options.attempt.hasCallerLeft()) settle(passage, 'client_gone')
  else settle(passage, 'interrupted', errorCode)
  source.cancel(error)
  sink?.fail(error)
}

function settle(passage: Passage, outcome: Outcome, errorCode?: GatewayError['code']): void {
  const { options, watch, bytesOut, hasContent } = passage
  passage.isOver = true
  watch?.stop()
  // What came is paid for, by the character or the picture: how much of it came says nothing.
  const fields = { bytesOut, producedTokens: hasContent ? 1 : 0 }
  options.trace.finish(outcome, errorCode === undefined ? fields : { ...fields, errorCode })
  options.attempt.finish()
}
