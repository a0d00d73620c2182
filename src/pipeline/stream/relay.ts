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
  /** Must not reach the client. */
  readonly secrets: SecretFilter
  /** Memory held for the stream; released at its end. */
  readonly share: BufferShare
  /** True if the client received the length of the body. */
  readonly hasLength: boolean
  /** `Call.defer`. */
  defer(work: Promise<unknown>): void
  /** Undefined for bytes other than events: audio, files. */
  readonly events: EventOptions | undefined
}

export interface EventOptions {
  readonly reader: StreamReader
  readonly format: EventFormat
  /** The format of the client, whose dialect may be another. */
  readonly clientFormat: EventFormat
  readonly maxEventBytes: number
  /** True if the platform may relay the stream natively: no event is dropped or changed. */
  readonly mayOffload: boolean
  /** Receives the error that the upstream reports in the stream, before the attempt ends. */
  seeFailure?(failure: JsonObject): void
}

/**
 * Relays an upstream's stream to the client, event by event if it has events, else as bytes.
 * - A stream of events ends with the upstream's own end. If it broke off, it ends with an error event and no `[DONE]`
 *   (R11, R12). Bytes that break off end with the connection, HTTP's only sign of an incomplete body.
 * - A client that disconnects cancels the upstream at once, unless the attempt is drained (R03) or a stage outlives the
 *   client.
 * - The attempt ends exactly once, when the upstream has ended; the trace when the client's stream has.
 * - `upstream` is the response's own body, of which `source` may be a view: the platform can relay only `upstream`
 *   natively.
 * - Secrets are hidden, also when split across two chunks: the end of a chunk is held back while it may be the start of
 *   one. If the platform relays the stream, a secret has passed once it is found, and the stream is broken off (case
 *   D6).
 */
export function relay(source: ByteStream, upstream: ByteStream, options: RelayOptions): ByteStream {
  return new Relay(source, upstream, options)
}

const encoder = new TextEncoder()
const blankLine = encoder.encode('\n\n')

/** A platform checks a natively relayed stream every two seconds, so it cannot keep shorter deadlines. */
const minOffloadedMs = 5_000

/** The sink of a stream that is read to its end after its client has disconnected. */
const discard: ByteSink = { write: () => true, end() {}, fail() {} }

class Relay implements ByteStream, ByteSink {
  readonly #options: RelayOptions
  readonly #upstream: ByteStream
  readonly #source: ByteStream
  readonly #flow: EventFlow | undefined
  /** Undefined before the start, and once the client has disconnected or received the end. */
  #sink: ByteSink | undefined = undefined
  #deadlines: StreamDeadlines | undefined = undefined
  #hasStarted = false
  #hasContent = false
  /** The attempt has ended. Held events, and the end itself, may still have to be sent to the client. */
  #isOver = false
  #areStagesOver = false
  #isReleasing = false
  /** Runs once no event is held. */
  #lastStep: (() => void) | undefined = undefined
  /** The client received the end while the attempt still runs; its disconnecting is then ignored. */
  #hasSentEnd = false
  /** Why the stream was broken off, for a client that starts it later. */
  #error: GatewayError | undefined = undefined
  /** The platform relays the stream natively: the chunks that arrive here have been sent already. */
  #isOffloaded = false
  /** The last bytes received, if they may be the start of a secret. */
  #held: Uint8Array | undefined = undefined
  #bytesOut = 0
  /** The result of the last write: whether the client accepts more. */
  #acceptsMore = true
  #stopGrace = () => {}
  #onOver = () => {}

  constructor(source: ByteStream, upstream: ByteStream, options: RelayOptions) {
    const { events, stages, deadline } = options
    this.#options = options
    this.#upstream = upstream
    this.#source = coalesceChunks(source)
    this.#flow = events && new EventFlow(events.reader, stages, events.maxEventBytes)
    // A stream that is neither started nor cancelled ends at its deadline.
    deadline.signal.addEventListener('abort', () => {
      if (!this.#hasStarted) this.#breakOff(toGatewayError(deadline.signal.reason))
    })
  }

  // Towards the client.

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
    if (this.#hasSentEnd && !this.#isOver) return
    if (!this.#isOver) {
      this.#leave(reason)
      return
    }
    // Held events still pass the stages that outlive the client.
    if (this.#sink !== undefined) this.#sink = this.#flow?.heldUntil === undefined ? undefined : discard
    // After its last event the upstream has a grace period, even if the client has received everything and disconnects.
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
      // Before the bytes pass, because the sink may need memory for the same bytes.
      hasRoom = this.#options.share.resize(flow.restLength + events.reader.heldBytes() + flow.heldBytes)
      for (const run of runs) accepts = this.#pass(run)
      if (flow.hasContent) {
        this.#sawContent()
        if (events.reader.hasOutput()) {
          this.#options.attempt.sawFirstOutput()
          this.#offload(flow)
        }
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
    // The rest cannot become a secret any longer. If the stream breaks off, the rest is dropped instead.
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
    const failure = toGatewayError(error)
    this.#breakOff(this.#flow === undefined ? new GatewayError('upstream_interrupted', failure.message) : failure)
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
    // `write` may find that the client has disconnected; the rest is dropped.
    if (this.#sink === undefined) return true
    this.#bytesOut += bytes.length
    if (this.#isOffloaded) return true
    for (const stage of this.#options.stages) stage.onBytes?.(bytes)
    this.#acceptsMore = this.#sink.write(bytes)
    return this.#acceptsMore
  }

  /** Waits for the stage that holds an event, and relays the events that it releases. */
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
      .catch((error: unknown) => this.#failClient(toGatewayError(error)))
  }

  /**
   * Ends the client's stream after a stage has failed: with an error instead of the remaining events, and no `[DONE]`.
   * The upstream is drained for its usage, up to `streams.drainMs`.
   */
  #failClient(error: GatewayError): void {
    const sink = this.#sink
    const { clock, streams, defer } = this.#options
    this.#isReleasing = false
    this.#lastStep = undefined
    this.#flow?.stopStages()
    this.#hasSentEnd = true
    this.#sink = sink === undefined || this.#isOver ? undefined : discard
    this.#endStages({ outcome: 'interrupted', isWhole: false, error })?.catch(() => {})
    this.#closeTrace(sink === undefined ? 'client_gone' : 'interrupted', error.code)
    this.#sendLast(sink, error)
    if (this.#isOver) return
    const stopReading = clock.after(streams.drainMs, () => this.#breakOff(error))
    defer(
      new Promise<void>((resolve) => {
        this.#onOver = () => {
          stopReading()
          resolve()
        }
      }),
    )
    this.#deadlines?.released()
    this.resume()
  }

  /** Offloads the rest to the platform if no event must be changed and its deadlines are long enough for it. */
  #offload(flow: EventFlow): void {
    const { events, stages, timeouts, streams } = this.#options
    if (this.#isOffloaded || events?.mayOffload !== true || stages.length > 0) return
    if (flow.isInEvent || this.#held !== undefined || events.reader.hasEnded()) return
    // A stream that may still be without content must then end with an error, which the platform would not write.
    if (!events.reader.hasContent() && !events.format.endsWithConnection) return
    const { heartbeatMs } = streams
    if (timeouts.idleMs < minOffloadedMs || (heartbeatMs > 0 && heartbeatMs < minOffloadedMs)) return
    this.#isOffloaded = this.#sink?.offload?.(this.#upstream) === true
  }

  /** Sends a heartbeat. In an offloaded stream half an event may have been sent; a comment would break it. */
  #beat(): void {
    if (this.#isOffloaded && (this.#flow?.isInEvent === true || this.#held !== undefined)) return
    this.#isOffloaded = false
    this.#sink?.write(this.#options.events?.clientFormat.heartbeat ?? heartbeat)
  }

  /** A client that reads nothing cannot receive an error either: its connection is closed. */
  #expire(error: GatewayError): void {
    if (error.code !== 'request_timeout') {
      this.#breakOff(error)
      return
    }
    const sink = this.#sink
    this.#leave(error, error.code)
    sink?.fail(error)
  }

  /** Handles a client that has disconnected, or was cut off for the reason in `errorCode`. */
  #leave(reason: unknown, errorCode?: ErrorCode): void {
    const { stages, deadline } = this.#options
    if (stages.some(({ outlivesClient }) => outlivesClient)) {
      this.#sink = discard
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

  /** Ends the attempt without a client. */
  #endUnread(summary: StreamSummary | undefined, hasReachedEnd: boolean, errorCode?: ErrorCode): void {
    this.#sink = undefined
    this.#flow?.dropRest()
    this.#endAttempt('client_gone', summary, errorCode ?? this.#options.attempt.errorCode)
    this.#closeTrace('client_gone', errorCode)
    const end = { outcome: 'client_gone', isWhole: hasReachedEnd && this.#isWhole(summary), error: undefined } as const
    this.#endStages(end)?.catch(() => {})
  }

  /**
   * R18: some upstreams keep the body open after `[DONE]`. They get a grace period to close it, because cancelling it
   * would cost the connection.
   */
  #endAtLastEvent(summary: StreamSummary): void {
    const { clock, streams } = this.#options
    if (summary.isEmpty) {
      this.#breakOff(withoutContent(), 'upstream_error')
      return
    }
    this.#stopGrace = clock.after(streams.graceMs, () => this.#source.cancel())
    // Some send `[DONE]` after an error, too.
    this.#endWhole(summary)
  }

  #endWhole(summary: StreamSummary | undefined): void {
    if (this.#sink === undefined) {
      this.#endUnread(summary, true)
      return
    }
    this.#complete()
    const outcome = summary?.failure !== undefined ? 'upstream_error' : 'ok'
    this.#endAttempt(outcome, summary)
    this.#sendEnd({ outcome, isWhole: this.#isWhole(summary), error: undefined })
  }

  /** Passes the events that the stages add to the end. */
  #complete(): void {
    const flow = this.#flow
    if (flow === undefined) return
    for (const bytes of flow.complete()) this.#pass(bytes)
    // A stage may hold one of them.
    this.#awaitRelease(flow)
  }

  /** Ends a stream that its upstream did not end; it is not a failure if the stream was already complete. */
  #breakOff(error: GatewayError, failure: Outcome = 'interrupted'): void {
    if (this.#isOver) return
    this.#flow?.dropRest()
    const summary = this.#options.events?.reader.summarise()
    if (this.#options.deadline.hasCallerLeft()) {
      this.#endUnread(summary, false)
      this.#source.cancel(error)
      return
    }
    // Some streams end only with the connection.
    const isComplete = summary?.isComplete === true && this.#options.events?.format.endsWithConnection !== true
    if (isComplete) this.#complete()
    const outcome = isComplete ? 'ok' : failure
    this.#endAttempt(outcome, summary, isComplete ? undefined : error.code)
    this.#source.cancel(error)
    this.#sendEnd({ outcome, isWhole: isComplete && this.#isWhole(summary), error: isComplete ? undefined : error })
  }

  /** Ends the attempt, and with it settles the money, before the client receives the end. */
  #endAttempt(outcome: Outcome, summary: StreamSummary | undefined, errorCode?: string): void {
    const { attempt, deadline } = this.#options
    this.#isOver = true
    this.#deadlines?.stop()
    if (summary === undefined) {
      // Bytes are priced by the character or the image, so their number is no measure.
      attempt.producedTokens = this.#hasContent ? 1 : 0
    } else {
      attempt.usage = summary.usage
      attempt.finishReason = summary.finishReason
      attempt.producedTokens = summary.producedTokens
      if (summary.pictures !== undefined) attempt.media = { images: summary.pictures }
      if (summary.failure !== undefined) this.#options.events?.seeFailure?.(summary.failure)
    }
    this.#options.share.release()
    deadline.finish()
    attempt.end(outcome, errorCode)
    this.#onOver()
  }

  /** Returns undefined if no stage has work left. */
  #endStages(end: StreamEnd): Promise<unknown> | undefined {
    const { stages } = this.#options
    if (stages.length === 0 || this.#areStagesOver) return undefined
    this.#areStagesOver = true
    const waits = stages.flatMap((stage) => stage.onEnd?.(end) ?? [])
    return waits.length === 0 ? undefined : Promise.all(waits)
  }

  /** Ends the client's stream after the held events and every stage's `onEnd`. */
  #sendEnd(end: StreamEnd): void {
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
      else waits.then(close).catch((failure: unknown) => this.#failClient(toGatewayError(failure)))
    }
    if (this.#flow?.heldUntil === undefined) finish()
    else this.#lastStep = finish
  }

  #close(error: GatewayError | undefined): void {
    const sink = this.#sink
    this.#sink = undefined
    this.#sendLast(sink, error)
  }

  /** Sends an end, or an error first. In an offloaded stream half an event may have been sent; a blank line ends it. */
  #sendLast(sink: ByteSink | undefined, error: GatewayError | undefined): void {
    const { events } = this.#options
    if (error !== undefined && events === undefined) {
      sink?.fail(error)
      return
    }
    if (error !== undefined && events !== undefined) {
      if (this.#isOffloaded) sink?.write(blankLine)
      sink?.write(encoder.encode(events.clientFormat.toErrorEvent(error)))
    }
    sink?.end()
  }

  /**
   * True if the stream reached its own end without an error, and no budget cut it short. Bytes other than events always
   * count as whole.
   */
  #isWhole(summary: StreamSummary | undefined): boolean {
    return (
      summary === undefined ||
      (summary.isComplete && summary.failure === undefined && !this.#options.attempt.isTruncated)
    )
  }

  #closeTrace(outcome: Outcome, errorCode?: ErrorCode): void {
    const { attempt, trace } = this.#options
    const fields = { status: attempt.status, bytesOut: this.#bytesOut }
    trace.finish(outcome, errorCode === undefined ? fields : { ...fields, errorCode })
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
