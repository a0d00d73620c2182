import type { Settings } from '../../config/settings.ts'
import { type BufferShare, overloaded } from '../../core/buffers.ts'
import { type ByteSink, type ByteStream, concat } from '../../core/byte-stream.ts'
import type { Clock } from '../../core/clock.ts'
import { type ErrorCode, GatewayError, toGatewayError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import type { EventFormat } from '../../dialects/dialect.ts'
import type { StreamReader, StreamSummary } from '../../dialects/stream-reader.ts'
import type { Timeouts } from '../../providers/provider.ts'
import { heartbeat } from '../../sse/event-stream.ts'
import type { Outcome } from '../../telemetry/call-record.ts'
import type { Attempt } from '../call/attempt.ts'
import type { Call } from '../call/call.ts'
import type { Stage, StreamEnd } from '../call/stage.ts'
import type { AttemptDeadline } from './attempt-deadline.ts'
import { coalesceChunks } from './coalesce-chunks.ts'
import { EventFlow } from './event-flow.ts'
import type { SecretFilter } from './hide-secrets.ts'
import { type StreamDeadlines, startStreamDeadlines } from './stream-deadlines.ts'

export interface RelayOptions {
  readonly attempt: Attempt
  readonly deadline: AttemptDeadline
  readonly timeouts: Pick<Timeouts, 'firstByteMs' | 'idleMs'>
  readonly streams: Settings['streams']
  readonly clock: Clock
  readonly trace: Call['trace']
  readonly stages: readonly Stage[]
  /** Must not reach the reader. */
  readonly secrets: SecretFilter
  /** Of what is held of the stream; given back at its end. */
  readonly share: BufferShare
  /** The reader has been told the length of the body. */
  readonly hasLength: boolean
  /** As of `Call`. */
  defer(work: Promise<unknown>): void
  /** Undefined for bytes that are no events: audio, files. */
  readonly events: EventOptions | undefined
}

export interface EventOptions {
  readonly reader: StreamReader
  readonly format: EventFormat
  readonly maxEventBytes: number
  /** True where the platform may relay the stream by itself: no event is to be dropped or changed. */
  readonly mayOffload: boolean
  /** Takes the error that the upstream reports in the stream, before the attempt ends. */
  seeFailure?(failure: JsonObject): void
}

/**
 * Relays an upstream's stream to its reader, event by event where it has events, else as bytes.
 *
 * A stream of events ends with the upstream's own end, or with an error event and no `[DONE]` where it broke off (R11, R12). Bytes that break off
 * end with the connection, the only sign of an incomplete body that HTTP has. A reader who leaves cancels the upstream at once, unless the
 * attempt is drained (R03) or a stage outlives the reader. The attempt ends exactly once, when the upstream has; the trace when the reader is
 * done. `upstream` is the response's own body, of which `source` may be a view: the platform can relay only that by itself.
 *
 * Secrets are hidden, also where two chunks share one: the end of a chunk is held back while it may be the beginning of one. Where the platform
 * relays the stream, a secret has passed once it is found, and the stream is broken off (case D6).
 */
export function relay(source: ByteStream, upstream: ByteStream, options: RelayOptions): ByteStream {
  return new Relay(source, upstream, options)
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
  /** The attempt has ended. Held events, and the end itself, may still be on their way to the reader. */
  #isOver = false
  #areStagesOver = false
  #isReleasing = false
  /** Runs once nothing is held. */
  #lastStep: (() => void) | undefined = undefined
  /** The reader has been told the end while the attempt still runs; its leaving is ignored then. */
  #hasToldEnd = false
  /** Why the stream was broken off, for a reader who starts it later. */
  #error: GatewayError | undefined = undefined
  /** The platform relays the stream by itself: the chunks that come here have passed already. */
  #isOffloaded = false
  /** The end of what came, which may be the beginning of a secret. */
  #held: Uint8Array | undefined = undefined
  #bytesOut = 0
  /** The reader's last word on whether it takes more. */
  #acceptsMore = true
  #stopGrace = () => {}
  #whenOver = () => {}

  constructor(source: ByteStream, upstream: ByteStream, options: RelayOptions) {
    const { events, stages, deadline } = options
    this.#options = options
    this.#upstream = upstream
    this.#source = coalesceChunks(source)
    this.#flow = events && new EventFlow(events.reader, stages, events.maxEventBytes)
    // A stream that is neither started nor cancelled ends with its time.
    deadline.signal.addEventListener('abort', () => {
      if (!this.#hasStarted) this.#breakOff(toGatewayError(deadline.signal.reason))
    })
  }

  // Towards the reader.

  start(sink: ByteSink): void {
    this.#sink = sink
    if (this.#isOver) this.#close(this.#error)
    else this.#read()
  }

  resume(): void {
    this.#acceptsMore = true
    this.#deadlines?.resumed()
    if (this.#flow?.heldUntil === undefined) this.#source.resume()
  }

  cancel(reason?: unknown): void {
    if (this.#hasToldEnd && !this.#isOver) return
    if (!this.#isOver) {
      this.#leave(reason)
      return
    }
    // Held events still pass the stages that outlive the reader.
    if (this.#sink !== undefined) this.#sink = this.#flow?.heldUntil === undefined ? undefined : nowhere
    // After its last event the upstream has its grace, also where the reader has everything and leaves.
    if (this.#flow === undefined) this.#source.cancel(reason)
  }

  interrupt(error: Error): void {
    this.#breakOff(toGatewayError(error))
  }

  // From the upstream.

  write(chunk: Uint8Array): boolean {
    if (this.#isOver) return true
    const { secrets, hasLength } = this.#options
    const held = this.#held
    const bytes = held === undefined ? chunk : concat([held, chunk], held.length + chunk.length)
    const shown = secrets.hide(bytes, hasLength)
    if (this.#isOffloaded && shown !== bytes) {
      this.#breakOff(
        new GatewayError('upstream_invalid_answer', 'The provider repeated a secret of this server in its stream.'),
      )
      return true
    }
    const heldLength = secrets.beginningLength(shown)
    if (heldLength === 0) {
      this.#held = undefined
      return this.#take(shown)
    }
    this.#held = shown.subarray(shown.length - heldLength)
    return heldLength === shown.length || this.#take(shown.subarray(0, shown.length - heldLength))
  }

  /** Takes bytes without secrets. */
  #take(chunk: Uint8Array): boolean {
    const { events } = this.#options
    const flow = this.#flow
    let accepts = true
    let hasRoom = true
    if (flow === undefined || events === undefined) {
      if (chunk.length > 0) this.#sawContent()
      accepts = this.#pass(chunk)
    } else {
      const runs = flow.push(chunk)
      // Before they pass, since the sink may take room for the same bytes.
      hasRoom = this.#options.share.resize(flow.restLength + events.reader.heldBytes())
      for (const run of runs) accepts = this.#pass(run)
      if (flow.hasContent) {
        this.#sawContent()
        this.#offload(flow)
      }
      if (flow.heldUntil !== undefined) {
        this.#awaitRelease(flow)
        accepts = false
      }
      if (events.reader.hasEnded()) this.#endAtLastEvent(events.reader.summarise())
      else if (flow.isTooLong) this.#breakOff(tooLong(events.maxEventBytes))
      else if (!hasRoom) this.#breakOff(overloaded())
    }
    if (!accepts && !this.#isOver) this.#deadlines?.paused()
    return accepts
  }

  end(): void {
    this.#stopGrace()
    // What has ended is no beginning of a secret. Of what breaks off it is better left out.
    if (this.#held !== undefined && !this.#isOver) this.#take(this.#held)
    if (this.#isOver) return
    const summary = this.#options.events?.reader.summarise()
    if (summary !== undefined && !summary.isComplete && summary.failure === undefined) {
      if (summary.isEmpty) this.#breakOff(withoutContent(), 'upstream_error')
      else this.#breakOff(cutShort())
      return
    }
    const rest = this.#flow?.takeRest()
    if (rest !== undefined) this.#pass(rest)
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
    // `write` may find the reader gone; the rest is dropped.
    if (this.#sink === undefined) return true
    this.#bytesOut += bytes.length
    if (this.#isOffloaded) return true
    for (const stage of this.#options.stages) stage.onBytes?.(bytes)
    this.#acceptsMore = this.#sink.write(bytes)
    return this.#acceptsMore
  }

  /** Waits for the stage that holds an event, and passes on what it lets go. */
  #awaitRelease(flow: EventFlow): void {
    const { heldUntil } = flow
    if (this.#isReleasing || heldUntil === undefined) return
    this.#isReleasing = true
    this.#deadlines?.held()
    heldUntil
      .then((verdict) => {
        this.#isReleasing = false
        for (const bytes of flow.release(verdict)) this.#pass(bytes)
        if (flow.heldUntil !== undefined) {
          this.#awaitRelease(flow)
          return
        }
        this.#deadlines?.released()
        if (this.#lastStep !== undefined) {
          this.#lastStep()
          this.#source.resume()
        } else if (this.#acceptsMore && !this.#isOver) {
          this.resume()
        }
      })
      .catch((error: unknown) => this.#failReader(toGatewayError(error)))
  }

  /**
   * A stage has failed. The reader gets an error in place of the remaining events, and no `[DONE]`; the upstream is read on for its usage, for
   * a while.
   */
  #failReader(error: GatewayError): void {
    const sink = this.#sink
    const { clock, streams, defer } = this.#options
    this.#isReleasing = false
    this.#lastStep = undefined
    this.#flow?.stopStages()
    this.#hasToldEnd = true
    this.#sink = sink === undefined || this.#isOver ? undefined : nowhere
    this.#endStages({ outcome: 'interrupted', isWhole: false, error })?.catch(() => {})
    this.#closeTrace(sink === undefined ? 'client_gone' : 'interrupted', error.code)
    this.#tell(sink, error)
    if (this.#isOver) return
    const stopReading = clock.after(streams.drainMs, () => this.#breakOff(error))
    defer(
      new Promise<void>((resolve) => {
        this.#whenOver = () => {
          stopReading()
          resolve()
        }
      }),
    )
    this.#deadlines?.released()
    this.resume()
  }

  /** Has the platform relay the rest where no event of it is to be changed, and where its times are long enough to be kept then. */
  #offload(flow: EventFlow): void {
    const { events, stages, timeouts, streams } = this.#options
    if (this.#isOffloaded || events?.mayOffload !== true || stages.length > 0) return
    if (flow.isInEvent || this.#held !== undefined || events.reader.hasEnded()) return
    // A stream that may still come without content has to end in an error, which the platform would not write.
    if (!events.reader.hasContent() && !events.format.endsWithConnection) return
    const { heartbeatMs } = streams
    if (timeouts.idleMs < minOffloadedMs || (heartbeatMs > 0 && heartbeatMs < minOffloadedMs)) return
    this.#isOffloaded = this.#sink?.carry?.(this.#upstream) === true
  }

  /** Where the platform relays the stream, half an event may have passed; a comment would break it. */
  #beat(): void {
    if (this.#isOffloaded && (this.#flow?.isInEvent === true || this.#held !== undefined)) return
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

  /** The reader has left, or was cut off for the reason that `errorCode` names. */
  #leave(reason: unknown, errorCode?: ErrorCode): void {
    const { stages, deadline } = this.#options
    if (stages.some(({ outlivesReader }) => outlivesReader)) {
      this.#sink = nowhere
      if (errorCode !== undefined) this.#closeTrace('client_gone', errorCode)
    } else if (deadline.outlivesCaller()) {
      this.#sink = undefined
      this.#deadlines?.stop()
      this.#deadlines = undefined
      this.#options.attempt.errorCode = errorCode
      this.#closeTrace('client_gone', errorCode)
    } else {
      this.#endUnread(this.#options.events?.reader.summarise(), false, errorCode)
      this.#source.cancel(reason)
      return
    }
    if (this.#hasStarted) this.resume()
    else this.#read()
  }

  /** The attempt ends without a reader. */
  #endUnread(summary: StreamSummary | undefined, hasReachedEnd: boolean, errorCode?: ErrorCode): void {
    this.#sink = undefined
    this.#flow?.dropRest()
    this.#endAttempt('client_gone', summary, errorCode ?? this.#options.attempt.errorCode)
    this.#closeTrace('client_gone', errorCode)
    const end = { outcome: 'client_gone', isWhole: hasReachedEnd && this.#isWhole(summary), error: undefined } as const
    this.#endStages(end)?.catch(() => {})
  }

  /** R18: some upstreams keep the body open after `[DONE]`. They get a moment to close it, so that the connection can be used again. */
  #endAtLastEvent(summary: StreamSummary): void {
    const { clock, streams } = this.#options
    if (summary.isEmpty) {
      this.#breakOff(withoutContent(), 'upstream_error')
      return
    }
    this.#stopGrace = clock.after(streams.graceMs, () => this.#source.cancel())
    // Some say `[DONE]` after an error too.
    this.#endWhole(summary)
  }

  #endWhole(summary: StreamSummary | undefined): void {
    if (this.#sink === undefined) {
      this.#endUnread(summary, true)
      return
    }
    const outcome = summary?.failure !== undefined ? 'upstream_error' : 'ok'
    this.#endAttempt(outcome, summary)
    this.#tellEnd({ outcome, isWhole: this.#isWhole(summary), error: undefined })
  }

  /** Ends a stream that its upstream did not end; a stream that was complete by then is no failure. */
  #breakOff(error: GatewayError, failure: Outcome = 'interrupted'): void {
    if (this.#isOver) return
    this.#flow?.dropRest()
    const summary = this.#options.events?.reader.summarise()
    if (this.#options.deadline.hasCallerLeft()) {
      this.#endUnread(summary, false)
      this.#source.cancel(error)
      return
    }
    // The end of the connection is the only end of some.
    const isComplete = summary?.isComplete === true && this.#options.events?.format.endsWithConnection !== true
    const outcome = isComplete ? 'ok' : failure
    this.#endAttempt(outcome, summary, isComplete ? undefined : error.code)
    this.#source.cancel(error)
    this.#tellEnd({ outcome, isWhole: isComplete && this.#isWhole(summary), error: isComplete ? undefined : error })
  }

  /** Money first: the attempt ends now, whatever its reader is still to be told. */
  #endAttempt(outcome: Outcome, summary: StreamSummary | undefined, errorCode?: string): void {
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
      if (summary.pictures !== undefined) attempt.media = { images: summary.pictures }
      if (summary.failure !== undefined) this.#options.events?.seeFailure?.(summary.failure)
    }
    this.#options.share.giveBack()
    deadline.finish()
    attempt.end(outcome, errorCode)
    this.#whenOver()
  }

  /** Undefined where no stage has anything left to do. */
  #endStages(end: StreamEnd): Promise<unknown> | undefined {
    const { stages } = this.#options
    if (stages.length === 0 || this.#areStagesOver) return undefined
    this.#areStagesOver = true
    const waits = stages.flatMap((stage) => stage.onEnd?.(end) ?? [])
    return waits.length === 0 ? undefined : Promise.all(waits)
  }

  /** Ends the reader's stream after the held events and every stage's `onEnd`. */
  #tellEnd(end: StreamEnd): void {
    const { outcome, error } = end
    this.#error = error
    const finish = () => {
      this.#lastStep = undefined
      const waits = this.#endStages(end)
      const close = () => {
        this.#closeTrace(outcome, error?.code)
        this.#close(error)
      }
      if (waits === undefined) close()
      else waits.then(close).catch((failure: unknown) => this.#failReader(toGatewayError(failure)))
    }
    if (this.#flow?.heldUntil === undefined) finish()
    else this.#lastStep = finish
  }

  #close(error: GatewayError | undefined): void {
    const sink = this.#sink
    this.#sink = undefined
    this.#tell(sink, error)
  }

  /** An end, or an error and an end. Half an event may have passed where the platform relayed the stream; a blank line ends it. */
  #tell(sink: ByteSink | undefined, error: GatewayError | undefined): void {
    const { events } = this.#options
    if (error !== undefined && events === undefined) {
      sink?.fail(error)
      return
    }
    if (error !== undefined && events !== undefined) {
      if (this.#isOffloaded) sink?.write(blankLine)
      sink?.write(encoder.encode(events.format.toErrorEvent(error)))
    }
    sink?.end()
  }

  /**
   * The stream reached its own end and reported no error; bytes that are no events tell nothing of themselves. An answer that a budget has cut
   * short is not whole.
   */
  #isWhole(summary: StreamSummary | undefined): boolean {
    return (
      summary === undefined || (summary.isComplete && summary.failure === undefined && !this.#options.attempt.isCut)
    )
  }

  #closeTrace(outcome: Outcome, errorCode?: ErrorCode): void {
    const { attempt, trace } = this.#options
    const known = { status: attempt.status, bytesOut: this.#bytesOut }
    trace.finish(outcome, errorCode === undefined ? known : { ...known, errorCode })
  }
}

function cutShort(): GatewayError {
  return new GatewayError('upstream_interrupted', "The provider's stream ended before it was complete.")
}

function withoutContent(): GatewayError {
  return new GatewayError('upstream_invalid_answer', 'The provider answered 200 with a stream without content.')
}

function tooLong(limit: number): GatewayError {
  return new GatewayError('upstream_answer_too_large', `The provider sent an event of more than ${limit} bytes.`)
}
