import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BufferShare } from '../../../core/buffers.ts'
import type { ByteSink, ByteStream } from '../../../core/byte-stream.ts'
import { GatewayError } from '../../../core/errors.ts'
import { isLoopbackAddress } from '../../../core/loopback.ts'
import type { IncomingRequest } from '../../../http/incoming-request.ts'
import type { CallerHeaders } from '../../../providers/forward-headers.ts'
import { findMalformation } from './malformed-requests.ts'
import { waitForTick } from './tick-queue.ts'

/** The context that the server adds to a request. */
interface Surroundings extends Pick<IncomingRequest, 'gone' | 'defer' | 'connection' | 'arrivedAt'> {
  readonly maxHeaders: number
}

/** Adapts a request of `node:http`. */
export class NodeRequest implements IncomingRequest {
  readonly scheme = 'http'
  readonly method: string
  readonly target: string
  readonly malformed: GatewayError | undefined
  refused: GatewayError | undefined = undefined
  readonly bodyLength: number | undefined
  readonly gone: IncomingRequest['gone']
  readonly defer: IncomingRequest['defer']
  readonly address: string | undefined
  readonly connection: IncomingRequest['connection']
  readonly isHttp10: boolean
  readonly isLoopback: boolean
  readonly arrivedAt: number
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  /** Buffer shares to release after the response was sent. */
  #shares: BufferShare[] = []

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    { gone, maxHeaders, defer, connection, arrivedAt }: Surroundings,
  ) {
    this.arrivedAt = arrivedAt
    this.method = request.method ?? 'GET'
    this.target = request.url ?? '/'
    this.malformed = findMalformation(request, maxHeaders)
    this.bodyLength = readLength(request.headers['content-length'])
    this.gone = gone
    this.defer = defer
    this.connection = connection
    this.address = request.socket.remoteAddress
    this.isHttp10 = request.httpVersion === '1.0'
    this.isLoopback = this.address !== undefined && isLoopbackAddress(this.address)
    this.#request = request
    this.#response = response
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }

  headers(): CallerHeaders {
    return this.#request.headers
  }

  /** An arrow function, because calls store it without `this`. */
  readonly releaseWhenSent = (share: BufferShare): void => {
    if (this.#response.destroyed) share.release()
    else if (this.#shares.length > 0) this.#shares.push(share)
    // Nearly always the only one. A literal allocates one element; `push` onto an empty array would allocate 17.
    else this.#shares = [share]
  }

  waitForTick(): Promise<void> | undefined {
    return waitForTick()
  }

  /** Releases all shares: the response was sent, or the caller has disconnected. */
  release(): void {
    for (const share of this.#shares) share.release()
  }

  body(): ByteStream {
    return new RequestBody(this.#request, this.#response)
  }
}

/** Parses `content-length`; `node:http` has already rejected anything except digits. */
function readLength(value: string | undefined): number | undefined {
  return value === undefined ? undefined : Number(value)
}

class RequestBody implements ByteStream {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  #isOver = false

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request
    this.#response = response
  }

  start(sink: ByteSink): void {
    const request = this.#request
    // R35: sends `100 Continue` only now, when the body is needed.
    if (request.headers.expect?.toLowerCase() === '100-continue') this.#response.writeContinue()
    request.on('data', (chunk: Uint8Array) => {
      if (!this.#isOver && !sink.write(chunk)) request.pause()
    })
    request.on('end', () => {
      if (this.#isOver) return
      this.#isOver = true
      sink.end()
    })
    request.on('close', () => {
      if (this.#isOver) return
      this.#isOver = true
      sink.fail(new GatewayError('bad_request', 'The body ended before its announced length.'))
    })
  }

  resume(): void {
    this.#request.resume()
  }

  cancel(): void {
    this.#request.removeAllListeners('data')
    this.#request.pause()
  }
}
