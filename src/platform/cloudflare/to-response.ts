import type { AbortSwitch } from '../../core/abort-switch.ts'
import type { ByteSink, ByteStream } from '../../core/byte-stream.ts'
import { type GatewayResponse, isByteStream } from '../../core/gateway-response.ts'
import { FetchedBody } from './upstream/fetched-body.ts'

interface ResponseOptions {
  /** Aborts when the caller has left, and is to be aborted where that is seen first by the answer's stream. */
  readonly gone: AbortSwitch
  /** Keeps workerd from dropping what is under way once the caller has left. */
  defer(work: Promise<unknown>): void
}

/** Renders an answer. */
export function toResponse(answer: GatewayResponse | undefined, call: ResponseOptions): Response {
  // Nobody reads it: the caller has left.
  if (answer === undefined) return new Response(null, { status: 499 })
  const { status, headers, body } = answer
  if (!isByteStream(body)) {
    // A body of no bytes would have a length of its own, in place of the one that the answer to HEAD, or a 304, tells of.
    const isNone = status === 204 || status === 304 || (body.length === 0 && headers['content-length'] !== undefined)
    return new Response(isNone ? null : body, { status, headers })
  }
  const length = headers['content-length']
  const sink = new ResponseSink(body, call.gone, length === undefined ? undefined : Number(length))
  call.defer(sink.over)
  return new Response(sink.open(), { status, headers })
}

/** Chunks that may wait for the reader before the source is asked to pause. */
const waitingChunks = 4

/** A byte stream on its way into the body of a `Response`, which is a stream of workerd's own, so that workerd can carry the rest by itself. */
class ResponseSink implements ByteSink {
  readonly #source: ByteStream
  readonly #gone: AbortSwitch
  readonly #through: IdentityTransformStream
  readonly #over = Promise.withResolvers<void>()
  readonly #leave = () => this.#giveUp()
  /** One function for all chunks. */
  readonly #took = () => this.#sawTaken()
  #writer: WritableStreamDefaultWriter<Uint8Array>
  #waiting = 0
  #isPaused = false
  #carrier: FetchedBody | undefined = undefined
  /** Settles, and never rejects, once the carrying is over; undefined while nothing is carried. */
  #carried: Promise<void> | undefined = undefined
  #isOver = false

  /**
   * `gone` is aborted once the reader has left, and tells of it where others see that first. Where the length is not known, the body goes out in
   * chunks, whatever its headers say.
   */
  constructor(source: ByteStream, gone: AbortSwitch, length: number | undefined) {
    this.#source = source
    this.#gone = gone
    this.#through = length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length)
    this.#writer = this.#through.writable.getWriter()
    gone.addEventListener('abort', this.#leave)
    this.#watchWriter()
  }

  /** Settles once everything has been taken, or the reader has left. */
  get over(): Promise<void> {
    return this.#over.promise
  }

  /** Starts the source. To be called once. */
  open(): ReadableStream<Uint8Array> {
    if (this.#gone.aborted) this.#giveUp()
    else this.#source.start(this)
    return this.#through.readable
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isOver || this.#waitsForPipe(() => this.write(chunk))) return true
    this.#waiting++
    this.#writer.write(chunk).then(this.#took, this.#took)
    this.#isPaused = this.#waiting >= waitingChunks
    return !this.#isPaused
  }

  end(): void {
    if (this.#isOver || this.#waitsForPipe(() => this.end())) return
    this.#isOver = true
    this.#writer.close().then(this.#over.resolve, this.#over.resolve)
  }

  fail(error: unknown): void {
    if (this.#isOver || this.#waitsForPipe(() => this.fail(error))) return
    this.#isOver = true
    this.#writer.abort(new Broken(error)).then(this.#over.resolve, this.#over.resolve)
  }

  carry(source: ByteStream): boolean {
    if (this.#isOver || this.#carried !== undefined || !(source instanceof FetchedBody) || !source.isOffloadable())
      return false
    this.#writer.releaseLock()
    this.#carrier = source
    this.#carried = source.offloadTo(this.#through.writable).then(() => {
      this.#carried = undefined
      this.#writer = this.#through.writable.getWriter()
      this.#watchWriter()
    })
    return true
  }

  /** What is to be written while the stream is carried ends that, and waits until it is over. */
  #waitsForPipe(later: () => void): boolean {
    if (this.#carried === undefined) return false
    this.#carrier?.release()
    void this.#carried.then(later)
    return true
  }

  #sawTaken(): void {
    this.#waiting--
    if (!this.#isPaused || this.#isOver || this.#waiting >= waitingChunks) return
    this.#isPaused = false
    this.#source.resume()
  }

  #watchWriter(): void {
    const writer = this.#writer
    writer.closed.catch(() => {
      // One that was given back says so too.
      if (this.#writer === writer && this.#carried === undefined) this.#giveUp()
    })
  }

  /** Nobody reads any more. */
  #giveUp(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#gone.abort(undefined)
    const cancel = () => {
      this.#source.cancel()
      this.#over.resolve()
    }
    // What has passed unseen is paid for as well.
    const lastCopy = this.#carrier?.readLastCopy()
    if (lastCopy === undefined) cancel()
    else void lastCopy.then(cancel)
  }
}

/** Marked as workerd marks a lost connection. Any other error it reports as an uncaught exception, where the body has a length. */
class Broken extends Error {
  readonly retryable = true

  constructor(cause: unknown) {
    super('The response broke off.', { cause })
  }
}
