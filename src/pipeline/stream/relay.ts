import type { Settings } from '../../config/settings.ts'
import type { ByteSink, ByteStream } from '../../core/byte-stream.ts'
import type { Clock } from '../../core/clock.ts'
import { type ErrorCode, GatewayError, toGatewayError } from '../../core/errors.ts'
import type { EventFormat } from '../../dialects/dialect.ts'
import type { StreamReader, StreamSummary } from '../../dialects/stream-reader.ts'
import type { Timeouts } from '../../providers/provider.ts'
import { heartbeat } from '../../sse/event-stream.ts'
import type { Outcome } from '../../telemetry/call-record.ts'
import type { Attempt } from '../attempt.ts'
import type { AttemptDeadline } from '../attempt-deadline.ts'
import type { Call } from '../call.ts'
import { coalesceChunks } from './coalesce-chunks.ts'
import { EventFlow } from './event-flow.ts'
import type { Stage, StreamEnd } from './stage.ts'
import { type StreamDeadlines, startStreamDeadlines } from './stream-deadlines.ts'

export interface RelayOptions {
  readonly attempt: Attempt
  readonly deadline: AttemptDeadline
  readonly timeouts: Pick<Timeouts, 'firstByteMs' | 'idleMs'>
  readonly streams: Settings['streams']
  readonly clock: Clock
  readonly trace: Call['trace']
  readonly stages: readonly Stage[]
  /** Undefined for bytes that are no events: audio, files. */
  readonly events: EventOptions | undefined
}

export interface EventOptions {
  readonly reader: StreamReader
  readonly format: EventFormat
  readonly maxEventBytes: number
  /** True where the platform may relay the stream by itself: no event is to be dropped or changed. */
  readonly mayOffload: boolean
}

/**
 * Relays an upstream's stream to its reader, event by event where it has events, else as bytes.
 *
 * A stream of events ends with the upstream's own end, or with an error event and no `[DONE]` where it broke off (R11, R12). Bytes that break off
 * end with the connection, the only sign of an incomplete body that HTTP has. A reader who leaves cancels the upstream at once, unless the
 * attempt is drained (R03) or a stage outlives the reader. The attempt ends exactly once, when the upstream has; the trace when the reader is
 * done.
 */
export function relay(source: ByteStream, options: RelayOptions): ByteStream {
  return new Relay(source, options)
}

const encoder = new TextEncoder()
const blankLine = encoder.encode('\n\n')

/** A platform that relays a stream by itself looks at it every two seconds, so shorter times cannot be kept then. */
const minOffloadedMs = 5_000

/** The place of a reader who has left a stream that is read to its end. */
const nowhere: ByteSink = { write: () => true, end() {}, fail() {} }

class Relay implements ByteStream, ByteSink {
  readonly #options: RelayOptions
  readonly #upstream: ByteStream
  readonly #source: ByteStream
  readonly #flow: EventFlow | undefined
  /** Undefined before the start, and once the reader has left or knows the end. */
  #sink: ByteSink | undefined = undefined
  #deadlines: StreamDeadlines | undefined = undefined
  #hasStarted = false
  #hasContent = false
  /** The attempt has ended. Events that are held, and the end itself, may still be on their way to the reader. */
  #isOver = false
  #areStagesOver = false
  #isReleasing = false
  /** Runs once nothing is held. */
  #lastStep: (() => void) | undefined = undefined
  /** The platform relays the stream by itself: the chunks that come here have passed already. */
  #isOffloaded = false
  #bytesOut = 0
  #stopGrace = () => {}

  constructor(source: ByteStream, options: RelayOptions) {
    const { events, stages, deadline } = options
    this.#options = options
    this.#upstream = source
    this.#source = coalesceChunks(source)
    this.#flow = events && new EventFlow(events.reader, stages, events.maxEventBytes)
    // An answer that is neither started nor cancelled ends with its time.
    deadline.signal.addEventListener('abort', () => {
      if (!this.#hasStarted) this.#breakOff(toGatewayError(deadline.signal.reason))
    })
  }

  // Towards the reader.

  start(sink: ByteSink): void {
    this.#sink = sink
    this.#read()
  }

  resume(): void {
    this.#deadlines?.resumed()
    if (this.#flow === undefined || this.#flow.held.length === 0) this.#source.resume()
  }

  cancel(reason?: unknown): void {
    if (!this.#isOver) {
      this.#leave(reason)
      return
    }
    this.#sink = undefined
    // After its last event the upstream has its grace, also where the reader has everything and leaves.
    if (this.#flow === undefined) this.#source.cancel(reason)
  }

  interrupt(error: Error): void {
    this.#breakOff(toGatewayError(error))
  }

  // From the upstream.

  write(chunk: Uint8Array): boolean {
    if (this.#isOver) return true
    const { events } = this.#options
    const flow = this.#flow
    let accepts = true
    if (flow === undefined || events === undefined) {
      if (chunk.length > 0) this.#sawContent()
      accepts = this.#pass(chunk)
    } else {
      for (const run of flow.push(chunk)) accepts = this.#pass(run)
      if (flow.hasContent) {
        this.#sawContent()
        this.#offload(flow)
      }
      if (flow.held.length > 0) {
        this.#release(flow)
        accepts = false
      }
      if (events.reader.hasEnded()) this.#endAtLastEvent(events.reader.summarise())
      else if (flow.isTooLong) this.#breakOff(tooLong(events.maxEventBytes))
    }
    if (!accepts && !this.#isOver) this.#deadlines?.paused()
    return accepts
  }

  end(): void {
    this.#stopGrace()
    if (this.#isOver) return
    const summary = this.#options.events?.reader.summarise()
    if (summary !== undefined && !summary.isComplete && !summary.hasError) {
      this.#breakOff(cutShort())
      return
    }
    const rest = this.#flow?.rest()
    if (rest !== undefined && rest.length > 0) {
      if (this.#flow?.held.length === 0) this.#pass(rest)
      else this.#flow?.held.push({ until: undefined, bytes: [rest] })
    }
    this.#endWhole(summary)
  }

  fail(error: unknown): void {
    const known = toGatewayError(error)
    this.#breakOff(this.#flow === undefined ? new GatewayError('upstream_interrupted', known.message) : known)
  }

  #read(): void {
    if (this.#hasStarted) return
    this.#hasStarted = true
    const { deadline, timeouts, streams, clock } = this.#options
    deadline.stopTimer()
    if (this.#sink !== undefined) {
      const limits = {
        firstByteMs: timeouts.firstByteMs,
        idleMs: timeouts.idleMs,
        totalMs: deadline.remainingMs(),
        heartbeatMs: this.#flow === undefined ? 0 : streams.heartbeatMs,
        stalledReaderMs: streams.stalledReaderMs,
      }
      const timer = { beat: () => this.#beat(), expire: (error: GatewayError) => this.#expire(error) }
      this.#deadlines = startStreamDeadlines(limits, timer, clock)
    }
    this.#source.start(this)
  }

  #sawContent(): void {
    this.#hasContent = true
    this.#options.attempt.sawFirstByte()
    this.#deadlines?.sawContent()
  }

  #pass(bytes: Uint8Array): boolean {
    // A write may tell the reader's end, after which the rest is for no one.
    if (this.#sink === undefined) return true
    this.#bytesOut += bytes.length
    if (this.#isOffloaded) return true
    for (const stage of this.#options.stages) stage.onBytes?.(bytes)
    return this.#sink.write(bytes)
  }

  /** Passes the events on that wait for a stage, as their turn comes. */
  #release(flow: EventFlow): void {
    if (this.#isReleasing) return
    this.#isReleasing = true
    const passOn = () => {
      this.#isReleasing = false
      let accepts = true
      do {
        for (const bytes of flow.held.shift()?.bytes ?? []) accepts = this.#pass(bytes)
      } while (flow.held.length > 0 && flow.held[0]?.until === undefined)
      if (flow.held.length > 0) this.#release(flow)
      else if (this.#lastStep !== undefined) this.#lastStep()
      else if (accepts) this.resume()
    }
    const until = flow.held[0]?.until ?? Promise.resolve()
    until.then(passOn, (error: unknown) => this.#failReader(toGatewayError(error)))
  }

  /**
   * A stage has failed. Its reader must not take for done what is not, and gets an error in place of the rest; the upstream is read on for its
   * usage.
   */
  #failReader(error: GatewayError): void {
    const sink = this.#sink
    this.#sink = this.#isOver ? undefined : nowhere
    if (this.#flow !== undefined) this.#flow.held.length = 0
    void this.#endStages({ outcome: 'interrupted', isWhole: false, error })?.catch(() => {})
    this.#writeError(error, sink)
    this.#closeTrace('interrupted', error)
    sink?.end()
    this.resume()
  }

  /** Has the platform relay the rest where no event of it is to be changed, and where its times are long enough to be kept then. */
  #offload(flow: EventFlow): void {
    const { events, stages, timeouts, streams } = this.#options
    if (this.#isOffloaded || events?.mayOffload !== true || stages.length > 0) return
    if (flow.isInEvent || events.reader.hasEnded()) return
    const { heartbeatMs } = streams
    if (timeouts.idleMs < minOffloadedMs || (heartbeatMs > 0 && heartbeatMs < minOffloadedMs)) return
    this.#isOffloaded = this.#sink?.carry?.(this.#upstream) === true
  }

  /** Where the platform relays the stream, half an event may have passed; a comment would break it. */
  #beat(): void {
    if (this.#isOffloaded && this.#flow?.isInEvent === true) return
    this.#isOffloaded = false
    this.#sink?.write(heartbeat)
  }

  /** A reader who takes nothing cannot be told either: its connection is cut. */
  #expire(error: GatewayError): void {
    if (error.code !== 'request_timeout') {
      this.#breakOff(error)
      return
    }
    const sink = this.#sink
    this.#leave(error, error.code)
    sink?.fail(error)
  }

  /** The reader has left. */
  #leave(reason: unknown, errorCode?: ErrorCode): void {
    const { stages, deadline } = this.#options
    if (stages.some(({ outlivesReader }) => outlivesReader)) {
      this.#sink = nowhere
    } else if (deadline.outlivesCaller()) {
      this.#sink = undefined
      this.#deadlines?.stop()
      this.#deadlines = undefined
      this.#closeTrace('client_gone')
    } else {
      this.#endUnread(this.#options.events?.reader.summarise(), errorCode)
      this.#source.cancel(reason)
      return
    }
    if (this.#hasStarted) this.resume()
    else this.#read()
  }

  /** The attempt ends without a reader. */
  #endUnread(summary: StreamSummary | undefined, errorCode?: ErrorCode): void {
    this.#sink = undefined
    this.#endAttempt('client_gone', summary, errorCode)
    this.#closeTrace('client_gone')
    this.#endStages({ outcome: 'client_gone', isWhole: isWhole(summary), error: undefined })?.catch(() => {})
  }

  /** R18: some upstreams keep the body open after `[DONE]`. They get a moment to close it, so that the connection can be used again. */
  #endAtLastEvent(summary: StreamSummary): void {
    const { clock, streams } = this.#options
    this.#stopGrace = clock.after(streams.graceMs, () => this.#source.cancel())
    // Some say `[DONE]` after an error too.
    this.#endWhole(summary)
  }

  #endWhole(summary: StreamSummary | undefined): void {
    if (this.#sink === undefined) {
      this.#endUnread(summary)
      return
    }
    const outcome = summary?.hasError === true ? 'upstream_error' : 'ok'
    this.#endAttempt(outcome, summary)
    this.#tellEnd({ outcome, isWhole: isWhole(summary), error: undefined })
  }

  /** Ends a stream that its upstream did not end; a stream that was complete by then is no failure. */
  #breakOff(error: GatewayError): void {
    if (this.#isOver) return
    const summary = this.#options.events?.reader.summarise()
    if (this.#options.deadline.hasCallerLeft()) {
      this.#endUnread(summary)
      this.#source.cancel(error)
      return
    }
    const isComplete = summary?.isComplete === true
    const outcome = isComplete ? 'ok' : 'interrupted'
    this.#endAttempt(outcome, summary, isComplete ? undefined : error.code)
    this.#source.cancel(error)
    this.#tellEnd({ outcome, isWhole: isWhole(summary) && isComplete, error: isComplete ? undefined : error })
  }

  /** Money first: the attempt ends now, whatever its reader is still to be told. */
  #endAttempt(outcome: Outcome, summary: StreamSummary | undefined, errorCode?: ErrorCode): void {
    const { attempt, deadline } = this.#options
    this.#isOver = true
    this.#deadlines?.stop()
    if (summary === undefined) {
      // Bytes are paid for by the character or the picture: how many came says nothing.
      attempt.producedTokens = this.#hasContent ? 1 : 0
    } else {
      attempt.usage = summary.usage
      attempt.finishReason = summary.finishReason
      attempt.producedTokens = summary.producedTokens
    }
    deadline.finish()
    attempt.end(outcome, errorCode)
  }

  /** Undefined where no stage has anything left to do. */
  #endStages(end: StreamEnd): Promise<unknown> | undefined {
    const { stages } = this.#options
    if (stages.length === 0 || this.#areStagesOver) return undefined
    this.#areStagesOver = true
    const waits = stages.flatMap((stage) => stage.onEnd?.(end) ?? [])
    return waits.length === 0 ? undefined : Promise.all(waits)
  }

  /** Tells the reader of the end, once all that is held has passed and the stages are done. */
  #tellEnd(end: StreamEnd): void {
    const { outcome, error } = end
    const close = () => {
      const sink = this.#sink
      this.#sink = undefined
      this.#closeTrace(outcome, error)
      if (error !== undefined && this.#flow === undefined) sink?.fail(error)
      else sink?.end()
    }
    const finish = () => {
      const waits = this.#endStages(end)
      if (error !== undefined) this.#writeError(error, this.#sink)
      if (waits === undefined) close()
      else waits.then(close, (failure: unknown) => this.#failReader(toGatewayError(failure)))
    }
    if (this.#flow === undefined || this.#flow.held.length === 0) finish()
    else this.#lastStep = finish
  }

  /** Half an event may have passed where the platform relayed the stream; a blank line ends it. */
  #writeError(error: GatewayError, sink: ByteSink | undefined): void {
    const { events } = this.#options
    if (events === undefined) return
    if (this.#isOffloaded) sink?.write(blankLine)
    sink?.write(encoder.encode(events.format.toErrorEvent(error)))
  }

  #closeTrace(outcome: Outcome, error?: GatewayError): void {
    const { attempt, trace } = this.#options
    const errorCode = error?.code ?? attempt.errorCode
    const known = { status: attempt.status, bytesOut: this.#bytesOut }
    trace.finish(outcome, errorCode === undefined ? known : { ...known, errorCode })
  }
}

/** The stream reached its own end and reported no error; bytes that are no events tell nothing of themselves. */
function isWhole(summary: StreamSummary | undefined): boolean {
  return summary === undefined || (summary.isComplete && !summary.hasError)
}

function cutShort(): GatewayError {
  return new GatewayError('upstream_interrupted', "The provider's stream ended before it was complete.")
}

function tooLong(limit: number): GatewayError {
  return new GatewayError('upstream_answer_too_large', `The provider sent an event of more than ${limit} bytes.`)
}
