import type { Dispatcher } from 'undici/index.js'
import { type ByteSink, type ByteStream, Pieces } from '../../../core/byte-stream.ts'
import { type ErrorCode, GatewayError } from '../../../core/errors.ts'
import type { TransportRequest, TransportResponse } from '../../../providers/transport.ts'
import { decodeBody } from './decode-body.ts'

/** So much of an answer that has no reader yet is kept before its socket is paused. */
const unreadBytes = 64 * 1024

/** So much of an answer passes in one turn. A fast socket has two megabytes ready each time, and there may be many of them (case D5). */
const turnBytes = 256 * 1024

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
  #hasAnswer = false
  #sink: ByteSink | undefined = undefined
  #waiting: Pieces | undefined = undefined
  /** Since the last rest. */
  #passedBytes = 0
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
    this.#hasAnswer = true
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
    if (this.#sink !== undefined && this.#waiting === undefined) {
      this.#passedBytes += chunk.length
      if (!this.#sink.write(chunk)) controller.pause()
      else if (this.#passedBytes >= turnBytes) this.#rest(controller)
      return
    }
    this.#waiting ??= new Pieces()
    this.#waiting.add(chunk)
    if (this.#waiting.length > unreadBytes) controller.pause()
  }

  onResponseEnd(): void {
    this.#finish(undefined)
  }

  onResponseError(_controller: Controller, error: Error): void {
    if (this.#hasAnswer) {
      this.#finish(toInterruption(error))
      return
    }
    this.#signal.removeEventListener('abort', this.#abort)
    this.#reject(this.#signal.aborted ? this.#signal.reason : toUpstreamError(error))
  }

  #rest(controller: Controller): void {
    this.#passedBytes = 0
    controller.pause()
    setImmediate(() => this.resume())
  }

  start(sink: ByteSink): void {
    this.#sink = sink
    this.resume()
  }

  resume(): void {
    const sink = this.#sink
    if (sink === undefined) return
    const accepts = this.#passWaiting(sink)
    if (this.#isCancelled) return
    if (this.#isOver && this.#waiting === undefined) this.#tellEnd(sink)
    else if (!accepts) this.#controller?.pause()
    else if (this.#controller?.paused === true) this.#controller.resume()
  }

  /** Hands on what waits, until the sink wants to pause: then it answers false. */
  #passWaiting(sink: ByteSink): boolean {
    const pieces = this.#waiting?.list() ?? []
    let accepts = true
    while (accepts && !this.#isCancelled) {
      const chunk = pieces[this.#passed++]
      if (chunk === undefined) break
      accepts = sink.write(chunk)
    }
    if (this.#passed >= pieces.length) this.#waiting = undefined
    return accepts
  }

  cancel(): void {
    if (this.#isCancelled) return
    this.#isCancelled = true
    this.#waiting = undefined
    // After its end the socket may already carry another request.
    if (!this.#isOver && this.#controller?.aborted === false) this.#controller.abort(new Error('cancelled'))
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
