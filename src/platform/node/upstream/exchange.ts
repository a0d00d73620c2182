import type { Dispatcher } from 'undici/index.js'
import { type ByteSink, type ByteStream, Pieces } from '../../../core/byte-stream.ts'
import { type ErrorCode, GatewayError } from '../../../core/errors.ts'
import type { TransportRequest, TransportResponse } from '../../../providers/transport.ts'
import { decodeBody } from './decode-body.ts'
import { ReadingTurns } from './reading-turns.ts'

/** So much of an answer that has no reader yet is kept before its socket is paused. */
const unreadBytes = 64 * 1024
/** HTTP's own frame of a chunk is shorter. */
const frameBytes = 32

const turns = new ReadingTurns()

type Controller = Dispatcher.DispatchController

/**
 * One request and its answer: undici's handler and the answer's body in one object, since a call makes one of each.
 * Chunks that come before there is a reader are kept, up to a bound; afterwards each goes straight on.
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
  /** More has to wait, for the reader or for a later turn. */
  #isFull = false
  /** So many of the waiting pieces have gone on. */
  #passed = 0
  #isOver = false
  #failure: Error | undefined = undefined
  #hasToldEnd = false
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
    // Views of the first chunk, which undici would hold as long as the answer takes.
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
    // Resumed in a microtask, undici delivers empty chunks without end.
    if (this.#isCancelled || chunk.length === 0) return
    const sink = this.#sink
    if (sink !== undefined && this.#hasTurn(chunk)) {
      this.#pass(sink, chunk)
    } else {
      this.#waiting ??= new Pieces()
      this.#waiting.add(chunk)
    }
    if ((this.#isFull && endsRead(chunk)) || (this.#waiting?.length ?? 0) > unreadBytes) controller.pause()
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
      // After its end the socket may already carry another request.
      if (this.#waiting === undefined) this.#tellEnd(sink)
    } else if (this.#isFull) this.#controller?.pause()
    else if (this.#controller?.paused === true) this.#controller.resume()
  }

  /** Hands on what waits, until the sink wants to pause. */
  #passWaiting(sink: ByteSink): void {
    while (this.#waiting !== undefined && !this.#isCancelled) {
      const pieces = this.#waiting.list()
      const chunk = pieces[this.#passed]
      if (chunk === undefined || !this.#hasTurn(chunk)) return
      this.#passed += 1
      if (this.#passed === pieces.length) {
        this.#waiting = undefined
        this.#passed = 0
      }
      this.#pass(sink, chunk)
    }
  }

  /** Where this turn is used up, a later one is asked for. */
  #hasTurn(chunk: Uint8Array): boolean {
    if (this.#isFull) return false
    if (turns.take(chunk.length)) return true
    this.#isFull = true
    turns.resumeLater(this)
    return false
  }

  #pass(sink: ByteSink, chunk: Uint8Array): void {
    // Full first: a resume() from within write() must not be lost.
    this.#isFull = true
    if (sink.write(chunk)) this.#isFull = false
  }

  cancel(): void {
    if (this.#isCancelled) return
    this.#isCancelled = true
    this.#waiting = undefined
    // After its end the socket may already carry another request.
    if (!this.#isOver && this.#controller?.aborted === false) this.#controller.abort(new Error('cancelled'))
  }

  breakOff(error: unknown): void {
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
    if (this.#sink !== undefined && this.#waiting === undefined && !this.#isCancelled) this.#tellEnd(this.#sink)
  }

  #tellEnd(sink: ByteSink): void {
    // A reader may ask to go on after its end.
    if (this.#hasToldEnd) return
    this.#hasToldEnd = true
    if (this.#failure === undefined) sink.end()
    else sink.fail(this.#failure)
  }
}

/**
 * True for the last chunk of one read of the socket. Paused before it, undici puts the rest back into the socket, which reads 64 KiB more behind it at
 * every resume and joins the two: a slow reader of long chunks would have it hold megabytes (case D5).
 */
function endsRead({ buffer, byteOffset, length }: Uint8Array): boolean {
  return byteOffset + length > buffer.byteLength - frameBytes
}

type ReceivedHeaders = Readonly<Record<string, string | string[] | undefined>>

/** Nearly always: only repeated headers are lists. */
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
  // Of a proxy that does not answer; for all else the pipeline has timers of its own.
  UND_ERR_HEADERS_TIMEOUT: 'upstream_connect_timeout',
  ETIMEDOUT: 'upstream_connect_timeout',
  ENOTFOUND: 'upstream_dns_error',
  EAI_AGAIN: 'upstream_dns_error',
}

const messages: Partial<Readonly<Record<ErrorCode, string>>> = {
  upstream_connect_timeout: 'The provider could not be reached in time.',
  upstream_dns_error: 'The name of the provider’s host does not resolve.',
  upstream_tls_error: 'The provider’s certificate is not valid.',
  upstream_unreachable: 'The provider could not be reached, or closed the connection before it answered.',
}

/** Puts an error of undici or of a socket into Weir's words; addresses and stacks stay in `cause`. */
function toUpstreamError(error: Error): GatewayError {
  if (error instanceof GatewayError) return error
  const systemCode = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const isTls = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_VERIFY/.test(systemCode)
  const code = isTls ? 'upstream_tls_error' : (codes[systemCode] ?? 'upstream_unreachable')
  return new GatewayError(code, messages[code] ?? 'The provider could not be reached.', { cause: error })
}

/** The same for an answer that had begun. */
function toInterruption(error: Error): GatewayError {
  if (error instanceof GatewayError) return error
  return new GatewayError('upstream_interrupted', 'The provider broke off its answer.', { cause: error })
}
