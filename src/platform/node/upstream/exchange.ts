import type { Dispatcher } from 'undici/index.js'
import { type ByteSink, type ByteStream, Pieces } from '../../../core/byte-stream.ts'
import { type ErrorCode, GatewayError, notSentReason } from '../../../core/errors.ts'
import type { TransportRequest, TransportResponse } from '../../../providers/transport.ts'
import { decodeBody } from './decode-body.ts'
import { ReadScheduler } from './read-scheduler.ts'

/** Maximum of a response to buffer before it has a reader; above it the socket is paused. */
const maxUnreadBytes = 64 * 1024
/** Upper bound of HTTP's framing of a chunk. */
const frameBytes = 32

const scheduler = new ReadScheduler()

type Controller = Dispatcher.DispatchController

/**
 * One request and its response: undici's handler and the response body in one object, because each call needs one of
 * both. Buffers chunks, up to a bound, until there is a reader; then passes each chunk on directly.
 */
export class Exchange implements Dispatcher.DispatchHandler, ByteStream {
  readonly #signal: TransportRequest['signal']
  readonly #method: string
  readonly #resolve: (response: TransportResponse) => void
  readonly #reject: (error: unknown) => void
  readonly #abort = () => this.#giveUp()
  #controller: Controller | undefined = undefined
  #hasResponse = false
  #sink: ByteSink | undefined = undefined
  #waiting: Pieces | undefined = undefined
  /** Further chunks must wait, for the reader or for a later tick. */
  #isFull = false
  /** Number of waiting pieces that were passed on. */
  #passed = 0
  #isOver = false
  #failure: Error | undefined = undefined
  #hasEnded = false
  #isCancelled = false

  constructor(
    { signal, method }: TransportRequest,
    resolve: (response: TransportResponse) => void,
    reject: (error: unknown) => void,
  ) {
    this.#signal = signal
    this.#method = method
    this.#resolve = resolve
    this.#reject = reject
    signal.addEventListener('abort', this.#abort)
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller
    if (this.#signal.aborted) this.#giveUp()
  }

  onResponseStart(controller: Controller, status: number, received: ReceivedHeaders): void {
    if (status < 200) return
    this.#hasResponse = true
    // These are views of the first chunk, which undici would keep alive for the whole response.
    controller.rawHeaders = null
    const headers = isFlat(received) ? received : flatten(received)
    const encoding = headers['content-encoding']
    if (encoding === undefined || this.#method === 'HEAD' || status === 204) {
      this.#resolve({ status, headers, body: this })
      return
    }
    try {
      this.#resolve({ status, headers, body: decodeBody(this, encoding, toInterruption) })
    } catch (error) {
      this.#reject(error)
      controller.abort(error instanceof Error ? error : new Error('not decoded'))
    }
  }

  onResponseData(controller: Controller, chunk: Uint8Array): void {
    // If resumed in a microtask, undici delivers empty chunks endlessly.
    if (this.#isCancelled || chunk.length === 0) return
    const sink = this.#sink
    if (sink !== undefined && this.#canPass(chunk)) {
      this.#pass(sink, chunk)
    } else {
      this.#waiting ??= new Pieces()
      this.#waiting.add(chunk)
    }
    if ((this.#isFull && endsRead(chunk)) || (this.#waiting?.length ?? 0) > maxUnreadBytes) controller.pause()
  }

  onResponseEnd(): void {
    this.#finish(undefined)
  }

  onResponseError(_controller: Controller, error: Error): void {
    if (this.#hasResponse) {
      this.#finish(toInterruption(error))
      return
    }
    this.#signal.removeEventListener('abort', this.#abort)
    this.#reject(this.#signal.aborted ? this.#signal.reason : toUpstreamError(error))
  }

  start(sink: ByteSink): void {
    this.#sink = sink
    this.resume()
  }

  resume(): void {
    const sink = this.#sink
    if (sink === undefined) return
    this.#isFull = false
    this.#passWaiting(sink)
    if (this.#isCancelled) return
    if (this.#isOver) {
      // After the end the socket may already serve another request: it must not be paused or resumed.
      if (this.#waiting === undefined) this.#endSink(sink)
    } else if (this.#isFull) this.#controller?.pause()
    else if (this.#controller?.paused === true) this.#controller.resume()
  }

  /** Passes the waiting pieces on, until the sink pauses. */
  #passWaiting(sink: ByteSink): void {
    while (this.#waiting !== undefined && !this.#isCancelled) {
      const pieces = this.#waiting.list()
      const chunk = pieces[this.#passed]
      if (chunk === undefined || !this.#canPass(chunk)) return
      this.#passed += 1
      if (this.#passed === pieces.length) {
        this.#waiting = undefined
        this.#passed = 0
      }
      this.#pass(sink, chunk)
    }
  }

  /** Returns true if this tick has time for the chunk; otherwise schedules a resume in a later tick. */
  #canPass(chunk: Uint8Array): boolean {
    if (this.#isFull) return false
    if (scheduler.take(chunk.length)) return true
    this.#isFull = true
    scheduler.resumeLater(this)
    return false
  }

  #pass(sink: ByteSink, chunk: Uint8Array): void {
    // Set before the write, because the sink may call resume() within write().
    this.#isFull = true
    if (sink.write(chunk)) this.#isFull = false
  }

  cancel(): void {
    if (this.#isCancelled) return
    this.#isCancelled = true
    this.#waiting = undefined
    // After the end the socket may already serve another request.
    if (!this.#isOver && this.#controller?.aborted === false) this.#controller.abort(new Error('cancelled'))
  }

  fail(error: unknown): void {
    this.cancel()
    this.#sink?.fail(error)
  }

  #giveUp(): void {
    const { reason } = this.#signal
    const error = reason instanceof Error ? reason : new Error('aborted')
    this.#controller?.abort(error)
    this.#reject(error)
  }

  #finish(failure: Error | undefined): void {
    this.#signal.removeEventListener('abort', this.#abort)
    this.#isOver = true
    this.#failure = failure
    if (this.#sink !== undefined && this.#waiting === undefined && !this.#isCancelled) this.#endSink(this.#sink)
  }

  #endSink(sink: ByteSink): void {
    // A reader may call resume() after the end.
    if (this.#hasEnded) return
    this.#hasEnded = true
    if (this.#failure === undefined) sink.end()
    else sink.fail(this.#failure)
  }
}

/**
 * Returns true for the last chunk of a socket read. If paused earlier, undici puts the rest back into the socket, which
 * reads 64 KiB more at each resume and joins both: a slow reader would make it buffer megabytes (case D5).
 */
function endsRead({ buffer, byteOffset, length }: Uint8Array): boolean {
  return byteOffset + length > buffer.byteLength - frameBytes
}

type ReceivedHeaders = Readonly<Record<string, string | string[] | undefined>>

/** Fast path, nearly always true: only repeated headers are lists. */
function isFlat(headers: ReceivedHeaders): headers is Readonly<Record<string, string>> {
  for (const name in headers) if (typeof headers[name] !== 'string') return false
  return true
}

function flatten(headers: ReceivedHeaders): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) flat[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return flat
}

const codes: Readonly<Record<string, ErrorCode>> = {
  UND_ERR_CONNECT_TIMEOUT: 'upstream_connect_timeout',
  // Only for a proxy that does not respond: the pipeline has its own timers for the rest.
  UND_ERR_HEADERS_TIMEOUT: 'upstream_connect_timeout',
  ETIMEDOUT: 'upstream_connect_timeout',
  ENOTFOUND: 'upstream_dns_error',
  EAI_AGAIN: 'upstream_dns_error',
}

/** Errors of a connection that was never open. */
const notSent = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'])

const messages: Partial<Readonly<Record<ErrorCode, string>>> = {
  upstream_connect_timeout: 'The provider could not be reached in time.',
  upstream_dns_error: 'The name of the provider’s host does not resolve.',
  upstream_tls_error: 'The provider’s certificate is not valid.',
  upstream_unreachable: 'The provider could not be reached, or closed the connection before it answered.',
}

/** Converts an error of undici or of a socket to a GatewayError; addresses and stacks stay in `cause`. */
function toUpstreamError(error: Error): GatewayError {
  if (error instanceof GatewayError) return error
  const systemCode = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const isTls = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_VERIFY/.test(systemCode)
  const code = isTls ? 'upstream_tls_error' : (codes[systemCode] ?? 'upstream_unreachable')
  const reason = notSent.has(systemCode) ? notSentReason : undefined
  return new GatewayError(code, messages[code] ?? 'The provider could not be reached.', { cause: error, reason })
}

/** Converts an error after the response has begun. */
function toInterruption(error: Error): GatewayError {
  if (error instanceof GatewayError) return error
  return new GatewayError('upstream_interrupted', 'The provider broke off its answer.', { cause: error })
}
