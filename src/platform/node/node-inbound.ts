import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ByteSink, ByteStream } from '../../core/byte-stream.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Inbound } from '../../http/inbound.ts'
import { findMalformation } from './find-malformation.ts'

/** What the server knows of a request beyond it. */
interface Surroundings extends Pick<Inbound, 'gone' | 'defer'> {
  readonly maxHeaders: number
}

/** A request of `node:http` in Weir's terms. */
export function toInbound(
  request: IncomingMessage,
  response: ServerResponse,
  { gone, maxHeaders, defer }: Surroundings,
): Inbound {
  return {
    method: request.method ?? 'GET',
    malformed: findMalformation(request, maxHeaders),
    scheme: 'http',
    target: request.url ?? '/',
    header: (name) => toText(request.headers[name]),
    headerNames: () => Object.keys(request.headers),
    bodyLength: readLength(request.headers['content-length']),
    body: () => toByteStream(request, response),
    gone,
    defer,
    isLoopback: isLoopback(request.socket.remoteAddress),
    address: request.socket.remoteAddress,
    arrivedAt: performance.now(),
  }
}

function toText(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value
}

/** `node:http` has already refused anything but digits. */
function readLength(value: string | undefined): number | undefined {
  return value === undefined ? undefined : Number(value)
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (address === '::1' || /^(::ffff:)?127\./.test(address))
}

function toByteStream(request: IncomingMessage, response: ServerResponse): ByteStream {
  function start(sink: ByteSink): void {
    // R35: a caller who waits with the body is told to go on only now, when the body is wanted.
    if (/^100-continue$/i.test(request.headers.expect ?? '')) response.writeContinue()
    let isOver = false
    const finish = (how: () => void) => () => {
      if (isOver) return
      isOver = true
      how()
    }
    request.on('data', (chunk: Uint8Array) => {
      if (!isOver && !sink.write(chunk)) request.pause()
    })
    request.on(
      'end',
      finish(() => sink.end()),
    )
    request.on(
      'close',
      finish(() => sink.fail(new GatewayError('bad_request', 'The body ended before its announced length.'))),
    )
  }
  return {
    start,
    resume: () => void request.resume(),
    cancel() {
      request.removeAllListeners('data')
      request.pause()
    },
  }
}
