import type { Settings } from '../config/settings.ts'
import type { ByteSink, ByteStream } from '../core/byte-stream.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError, toGatewayError } from '../core/errors.ts'
import { toErrorEvent } from '../openai/error-event.ts'
import type { StreamShape } from '../openai/operations.ts'
import { createStreamReader, type StreamReader } from '../openai/read-stream.ts'
import { heartbeat } from '../sse/event-stream.ts'
import { createEventSplitter, type EventSplitter } from '../sse/split-events.ts'
import type { Outcome } from '../telemetry/call-record.ts'
import type { CallTrace } from './call-trace.ts'
import type { Attempt } from './start-attempt.ts'
import { type StreamWatch, watchStream } from './watch-stream.ts'

export interface RelayOptions {
  readonly attempt: Attempt
  readonly trace: CallTrace
  readonly clock: Clock
  readonly firstByteMs: number
  readonly idleMs: number
  readonly streams: Settings['streams']
}

export interface EventRelayOptions extends RelayOptions {
  readonly shape: StreamShape
  readonly hidesUsage: boolean
  /** The longest event that is let through. */
  readonly eventBytes: number
}

/** One stream on its way. */
interface Passage {
  readonly source: ByteStream
  readonly options: EventRelayOptions
  readonly reader: StreamReader
  readonly splitter: EventSplitter
  sink: ByteSink | undefined
  watch: StreamWatch | undefined
  /** The chunk in hand has an event with data. */
  hasContent: boolean
  isTooLong: boolean
  bytesOut: number
  isOver: boolean
  stopGrace: () => void
}

/**
 * Passes an event stream on, byte for byte, event by event.
 *
 * Ends with the upstream's own end, or with an error event and no `[DONE]` where it broke off (R11, R12). A reader who leaves cancels the
 * upstream at once. Settles the trace exactly once.
 */
export function relayEvents(source: ByteStream, options: EventRelayOptions): ByteStream {
  const passage = createPassage(source, options)
  return {
    start(sink) {
      passage.sink = sink
      begin(passage)
    },
    resume() {
      passage.watch?.resumed()
      source.resume()
    },
    cancel(reason) {
      // After the end the upstream still has its grace: a reader that has got everything leaves too.
      if (passage.isOver) return
      settle(passage, 'client_gone')
      source.cancel(reason)
    },
    interrupt: (error) => breakOff(passage, toGatewayError(error)),
  }
}

function createPassage(source: ByteStream, options: EventRelayOptions): Passage {
  const reader = createStreamReader(options.shape, options.hidesUsage)
  const splitter = createEventSplitter((event) => {
    passage.isTooLong ||= event.end - event.start > options.eventBytes
    if (passage.isTooLong) return false
    passage.hasContent ||= event.hasData
    return reader.see(event)
  })
  const passage: Passage = {
    ...{ source, options, reader, splitter, sink: undefined, watch: undefined },
    ...{ hasContent: false, isTooLong: false, bytesOut: 0, isOver: false, stopGrace() {} },
  }
  return passage
}

function begin(passage: Passage): void {
  const { options, source } = passage
  const { attempt, clock, streams, firstByteMs, idleMs } = options
  const { heartbeatMs, stalledReaderMs } = streams
  attempt.sawFirstByte()
  const limits = { firstByteMs, idleMs, heartbeatMs, stalledReaderMs, totalMs: attempt.remainingMs() }
  const beat = () => void passage.sink?.write(heartbeat)
  passage.watch = watchStream(limits, { beat, expire: (error) => expire(passage, error) }, clock)
  source.start({
    write: (chunk) => pass(passage, chunk),
    end: () => end(passage),
    fail: (error) => breakOff(passage, toGatewayError(error)),
  })
}

function pass(passage: Passage, chunk: Uint8Array): boolean {
  if (passage.isOver) return true
  const { splitter, reader, options, watch } = passage
  passage.hasContent = false
  const accepts = writeRuns(passage, splitter.push(chunk))
  if (passage.hasContent) {
    options.trace.sawFirstByte()
    watch?.sawContent()
  }
  if (reader.hasEnded()) endAtDone(passage)
  else if (passage.isTooLong || splitter.restLength() > options.eventBytes)
    breakOff(passage, tooLong(options.eventBytes))
  else if (!accepts) watch?.paused()
  return accepts
}

function writeRuns(passage: Passage, runs: readonly Uint8Array[]): boolean {
  let accepts = true
  for (const run of runs) {
    passage.bytesOut += run.length
    accepts = passage.sink?.write(run) ?? true
  }
  return accepts
}

/** R18: some upstreams keep the body open after `[DONE]`. They get a moment to close it, so that the connection can be used again. */
function endAtDone(passage: Passage): void {
  const { source, sink, options } = passage
  settle(passage, 'ok')
  passage.stopGrace = options.clock.after(options.streams.graceMs, () => source.cancel())
  sink?.end()
}

function end(passage: Passage): void {
  passage.stopGrace()
  if (passage.isOver) return
  const { isComplete, hasError } = passage.reader.summarise()
  if (!isComplete && !hasError) {
    breakOff(passage, cutShort())
    return
  }
  const rest = passage.splitter.rest()
  if (rest.length > 0) writeRuns(passage, [rest])
  settle(passage, hasError ? 'upstream_error' : 'ok')
  passage.sink?.end()
}

/** Ends a stream that its upstream did not end; one that was complete by then is no failure. */
function breakOff(passage: Passage, error: GatewayError): void {
  if (passage.isOver) return
  if (passage.options.attempt.hasCallerLeft()) {
    settle(passage, 'client_gone')
    return
  }
  const { source, sink, options, reader } = passage
  const { isComplete } = reader.summarise()
  settle(passage, isComplete ? 'ok' : 'interrupted', isComplete ? undefined : error)
  source.cancel(error)
  if (!isComplete) sink?.write(toErrorEvent(error, options.shape))
  sink?.end()
}

/** A reader who takes nothing cannot be told either: its connection is cut. */
function expire(passage: Passage, error: GatewayError): void {
  if (error.code !== 'request_timeout') {
    breakOff(passage, error)
    return
  }
  settle(passage, 'client_gone', error)
  passage.source.cancel(error)
  passage.sink?.fail(error)
}

function settle(passage: Passage, outcome: Outcome, error?: GatewayError): void {
  const { options, reader, bytesOut, watch } = passage
  passage.isOver = true
  watch?.stop()
  options.attempt.finish()
  const { usage, finishReason } = reader.summarise()
  options.trace.finish(outcome, { usage, finishReason, bytesOut, errorCode: error?.code })
}

function cutShort(): GatewayError {
  return new GatewayError('upstream_interrupted', "The provider's stream ended before it was complete.")
}

function tooLong(limit: number): GatewayError {
  return new GatewayError('upstream_answer_too_large', `The provider sent an event of more than ${limit} bytes.`)
}
