import type { AbortSwitch } from '../../core/abort-switch.ts'
import type { ByteSink, ByteStream } from '../../core/byte-stream.ts'
import { type GatewayResponse, isByteStream } from '../../core/gateway-response.ts'
import { FetchedBody } from './upstream/fetched-body.ts'

interface ResponseOptions {
  /** Aborts when the client has disconnected. The response stream aborts it if it notices first. */
  readonly gone: AbortSwitch
  /** Keeps pending work alive in workerd after the client has disconnected. */
  defer(work: Promise<unknown>): void
}

/** Converts a gateway response to a workerd `Response`. */
export function toResponse(response: GatewayResponse | undefined, call: ResponseOptions): Response {
  // The client has disconnected and will not read this response.
  if (response === undefined) return new Response(null, { status: 499 })
  const { status, headers, cookies, body } = response
  if (!isByteStream(body)) {
    // An empty body would set a length of 0 and replace the announced length of a HEAD or 304 response.
    const isNone = status === 204 || status === 304 || (body.length === 0 && headers['content-length'] !== undefined)
    return new Response(isNone ? null : body, { status, headers: withCookies(headers, cookies) })
  }
  const length = headers['content-length']
  const sink = new ResponseSink(body, call.gone, length === undefined ? undefined : Number(length))
  call.defer(sink.finished)
  return new Response(sink.open(), { status, headers })
}

/** Only a complete response sets cookies. A list, because each cookie is a header of its own. */
function withCookies(headers: GatewayResponse['headers'], cookies: GatewayResponse['cookies']): HeadersInit {
  if (cookies === undefined) return headers
  return [...Object.entries(headers), ...cookies.map((cookie): [string, string] => ['set-cookie', cookie])]
}

/** Maximum number of unread chunks before the source pauses. */
const waitingChunks = 4

/**
 * Writes a byte stream to the body of a `Response`. The body is a native stream, so workerd can pipe the rest without
 * JavaScript.
 */
class ResponseSink implements ByteSink {
  readonly #source: ByteStream
  readonly #gone: AbortSwitch
  readonly #through: IdentityTransformStream
  readonly #finished = Promise.withResolvers<void>()
  readonly #onGone = () => this.#abandon()
  /** One shared callback for all chunks. */
  readonly #onTaken = () => this.#chunkTaken()
  #writer: WritableStreamDefaultWriter<Uint8Array>
  #waiting = 0
  #isPaused = false
  #offloadedBody: FetchedBody | undefined = undefined
  /** Resolves when the native pipe ends, and never rejects; undefined while nothing is offloaded. */
  #offloading: Promise<void> | undefined = undefined
  #hasEnded = false

  /**
   * Aborts `gone` when the client has disconnected, and listens to it in case others notice first. Without a length,
   * the body is sent in chunks, regardless of its headers.
   */
  constructor(source: ByteStream, gone: AbortSwitch, length: number | undefined) {
    this.#source = source
    this.#gone = gone
    this.#through = length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length)
    this.#writer = this.#through.writable.getWriter()
    gone.addEventListener('abort', this.#onGone)
    this.#watchWriter()
  }

  /** Resolves once the client has read everything or has disconnected. */
  get finished(): Promise<void> {
    return this.#finished.promise
  }

  /** Starts the source. Call it once. */
  open(): ReadableStream<Uint8Array> {
    if (this.#gone.aborted) this.#abandon()
    else this.#source.start(this)
    return this.#through.readable
  }

  write(chunk: Uint8Array): boolean {
    if (this.#hasEnded || this.#delayForPipe(() => this.write(chunk))) return true
    this.#waiting++
    this.#writer.write(chunk).then(this.#onTaken, this.#onTaken)
    this.#isPaused = this.#waiting >= waitingChunks
    return !this.#isPaused
  }

  end(): void {
    if (this.#hasEnded || this.#delayForPipe(() => this.end())) return
    this.#hasEnded = true
    this.#writer.close().then(this.#finished.resolve, this.#finished.resolve)
  }

  fail(error: unknown): void {
    if (this.#hasEnded || this.#delayForPipe(() => this.fail(error))) return
    this.#hasEnded = true
    this.#writer.abort(new Broken(error)).then(this.#finished.resolve, this.#finished.resolve)
  }

  offload(source: ByteStream): boolean {
    if (this.#hasEnded || this.#offloading !== undefined || !(source instanceof FetchedBody) || !source.isOffloadable())
      return false
    this.#writer.releaseLock()
    this.#offloadedBody = source
    this.#offloading = source.offloadTo(this.#through.writable).then(() => {
      this.#offloading = undefined
      this.#writer = this.#through.writable.getWriter()
      this.#watchWriter()
    })
    return true
  }

  /** Delays an operation during native piping: stops the pipe, and runs the operation once the pipe has ended. */
  #delayForPipe(later: () => void): boolean {
    if (this.#offloading === undefined) return false
    this.#offloadedBody?.release()
    void this.#offloading.then(later)
    return true
  }

  #chunkTaken(): void {
    this.#waiting--
    if (!this.#isPaused || this.#hasEnded || this.#waiting >= waitingChunks) return
    this.#isPaused = false
    this.#source.resume()
  }

  #watchWriter(): void {
    const writer = this.#writer
    writer.closed.catch(() => {
      // A released writer rejects `closed` too.
      if (this.#writer === writer && this.#offloading === undefined) this.#abandon()
    })
  }

  /** Cancels the source after the client has disconnected. */
  #abandon(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#gone.abort(undefined)
    const cancel = () => {
      this.#source.cancel()
      this.#finished.resolve()
    }
    // First reads the copy of the offloaded part, because it must be charged too.
    const lastCopy = this.#offloadedBody?.readLastCopy()
    if (lastCopy === undefined) cancel()
    else void lastCopy.then(cancel)
  }
}

/**
 * Looks like workerd's error for a lost connection: workerd reports any other as an uncaught exception if the body has
 * a length.
 */
class Broken extends Error {
  readonly retryable = true

  constructor(cause: unknown) {
    super('The response was interrupted.', { cause })
  }
}
