import type { Settings } from '../config/settings.ts'
import type { ByteStream } from '../core/byte-stream.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError, toGatewayError } from '../core/errors.ts'
import type { Usage } from '../core/usage.ts'
import { toErrorEvent } from '../openai/error-event.ts'
import type { StreamShape } from '../openai/operations.ts'
import { createStreamReader, type StreamReader, type StreamSummary } from '../openai/read-stream.ts'
import { heartbeat } from '../sse/event-stream.ts'
import { createEventSplitter, type EventSplitter } from '../sse/split-events.ts'
import type { Outcome } from '../telemetry/call-record.ts'
import type { CallTrace } from './call-trace.ts'
import { canBeCarried } from './can-be-carried.ts'
import { joinTurns } from './join-turns.ts'
import { type Leavable, leave } from './read-on.ts'
import type { Attempt } from './start-attempt.ts'
import { watchStream } from './watch-stream.ts'

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
  /** What a usage costs, where the caller has asked. */
  readonly toCost: ((usage: Usage) => number | null) | undefined
  /** The longest event that is let through. */
  readonly eventBytes: number
}

const leaving = { startSource, settle: settleUnread }

const blankLine = new TextEncoder().encode('\n\n')

/** One stream on its way. */
interface Passage extends Leavable {
  /** The source as it came from the transport. */
  readonly upstream: ByteStream
  readonly options: EventRelayOptions
  readonly reader: StreamReader
  readonly splitter: EventSplitter
  /** The chunk in hand has an event with data. */
  hasContent: boolean
  isTooLong: boolean
  bytesOut: number
  isOver: boolean
  /** The platform carries the stream: what comes has passed already. */
  isCarried: boolean
  stopGrace: () => void
}

/**
 * Passes an event stream on, byte for byte, event by event.
 *
 * Ends with the upstream's own end, or with an error event and no `[DONE]` where it broke off (R11, R12). A reader who leaves cancels the
 * upstream at once, or has it read on to its end, unseen, where the attempt outlives it (R03). Settles the trace exactly once.
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
      passage.source.resume()
    },
    cancel(reason) {
      // After the end the upstream still has its grace: a reader that has got everything leaves too.
      if (!passage.isOver) leave(passage, reason, leaving)
    },
    interrupt: (error) => breakOff(passage, toGatewayError(error)),
  }
}

function createPassage(source: ByteStream, options: EventRelayOptions): Passage {
  const reader = createStreamReader(options.shape, options.hidesUsage, options.toCost)
  const splitter = createEventSplitter((event) => {
    passage.isTooLong ||= event.end - event.start > options.eventBytes
    if (passage.isTooLong) return false
    passage.hasContent ||= event.hasData
    return reader.see(event)
  })
  const passage: Passage = {
    ...{
      source: joinTurns(source),
      upstream: source,
      options,
      reader,
      splitter,
      sink: undefined,
      hasStarted: false,
      watch: undefined,
    },
    ...{ hasContent: false, isTooLong: false, bytesOut: 0, isOver: false, isCarried: false, stopGrace() {} },
  }
  return passage
}

function begin(passage: Passage): void {
  const { attempt, clock, streams, firstByteMs, idleMs } = passage.options
  const { heartbeatMs, stalledReaderMs } = streams
  attempt.sawFirstByte()
  const limits = { firstByteMs, idleMs, heartbeatMs, stalledReaderMs, totalMs: attempt.remainingMs() }
  passage.watch = watchStream(limits, { beat: () => beat(passage), expire: (error) => expire(passage, error) }, clock)
  startSource(passage)
}

function startSource(passage: Passage): void {
  passage.hasStarted = true
  passage.source.start({
    write: (chunk) => pass(passage, chunk),
    end: () => end(passage),
    fail: (error) => breakOff(passage, toGatewayError(error)),
  })
}

function pass(passage: Passage, chunk: Uint8Array): boolean {
  if (passage.isOver) return true
  const { splitter, reader, options } = passage
  passage.hasContent = false
  const accepts = writeRuns(passage, splitter.push(chunk))
  if (passage.hasContent) {
    options.trace.sawFirstByte()
    passage.watch?.sawContent()
    carry(passage)
  }
  if (reader.hasEnded()) endAtDone(passage)
  else if (passage.isTooLong || splitter.restLength() > options.eventBytes)
    breakOff(passage, tooLong(options.eventBytes))
  else if (!accepts) passage.watch?.paused()
  return accepts
}

function writeRuns(passage: Passage, runs: readonly Uint8Array[]): boolean {
  let accepts = true
  for (const run of runs) {
    // A write may tell the reader's end, after which nobody takes the rest.
    if (passage.sink === undefined) return true
    passage.bytesOut += run.length
    if (!passage.isCarried) accepts = passage.sink.write(run)
  }
  return accepts
}

/** Has the platform carry the rest where nothing of it has to be changed, and where its times are not too short to be kept then. */
function carry(passage: Passage): void {
  const { options, splitter, reader, sink, upstream } = passage
  const { hidesUsage, toCost, shape, idleMs, streams } = options
  if (passage.isCarried || hidesUsage || toCost !== undefined || shape === 'typed') return
  if (splitter.restLength() > 0 || reader.hasEnded() || !canBeCarried(idleMs, streams.heartbeatMs)) return
  passage.isCarried = sink?.carry?.(upstream) === true
}

/** Half an event may have passed where the platform carries the stream; a comment would break it. */
function beat(passage: Passage): void {
  if (passage.isCarried && passage.splitter.restLength() > 0) return
  passage.isCarried = false
  passage.sink?.write(heartbeat)
}

/** R18: some upstreams keep the body open after `[DONE]`. They get a moment to close it, so that the connection can be used again. */
function endAtDone(passage: Passage): void {
  const { source, sink, options } = passage
  const summary = passage.reader.summarise()
  // Some say so after an error too.
  settle(passage, summary, toOutcome(passage, summary.hasError))
  passage.stopGrace = options.clock.after(options.streams.graceMs, () => source.cancel())
  sink?.end()
}

function end(passage: Passage): void {
  passage.stopGrace()
  if (passage.isOver) return
  const summary = passage.reader.summarise()
  const { isComplete, hasError } = summary
  if (!isComplete && !hasError) {
    breakOff(passage, cutShort())
    return
  }
  const rest = passage.splitter.rest()
  if (rest.length > 0) writeRuns(passage, [rest])
  settle(passage, summary, toOutcome(passage, hasError))
  passage.sink?.end()
}

/** Of a stream that was read to its end. */
function toOutcome({ sink }: Passage, hasError: boolean): Outcome {
  if (sink === undefined) return 'client_gone'
  return hasError ? 'upstream_error' : 'ok'
}

/** Ends a stream that its upstream did not end; one that was complete by then is no failure. */
function breakOff(passage: Passage, error: GatewayError): void {
  if (passage.isOver) return
  const { source, sink, options, reader } = passage
  if (options.attempt.hasCallerLeft()) {
    settleUnread(passage)
    source.cancel(error)
    return
  }
  const summary = reader.summarise()
  const { isComplete } = summary
  settle(passage, summary, isComplete ? 'ok' : 'interrupted', isComplete ? undefined : error)
  source.cancel(error)
  if (!isComplete) writeError(passage, error)
  sink?.end()
}

/** Half an event may have passed where the platform carried the stream, which a blank line ends. */
function writeError({ isCarried, options, sink }: Passage, error: GatewayError): void {
  if (isCarried) sink?.write(blankLine)
  sink?.write(toErrorEvent(error, options.shape))
}

/** A reader who takes nothing cannot be told either: its connection is cut. */
function expire(passage: Passage, error: GatewayError): void {
  if (error.code !== 'request_timeout') {
    breakOff(passage, error)
    return
  }
  const { sink, options } = passage
  options.trace.add({ errorCode: error.code })
  leave(passage, error, leaving)
  sink?.fail(error)
}

function settleUnread(passage: Passage): void {
  settle(passage, passage.reader.summarise(), 'client_gone')
}

function settle(passage: Passage, summary: StreamSummary, outcome: Outcome, error?: GatewayError): void {
  const { options, bytesOut, watch } = passage
  const { usage, finishReason, producedTokens } = summary
  passage.isOver = true
  watch?.stop()
  options.trace.finish(outcome, {
    usage,
    finishReason,
    producedTokens,
    bytesOut,
    ...(error && { errorCode: error.code }),
  })
  options.attempt.finish()
}

function cutShort(): GatewayError {
  return new GatewayError('upstream_interrupted', "The provider's stream ended before it was complete.")
}

function tooLong(limit: number): GatewayError {
  return new GatewayError('upstream_answer_too_large', `The provider sent an event of more than ${limit} bytes.`)
}
