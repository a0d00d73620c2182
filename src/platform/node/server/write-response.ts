import type { ServerResponse } from 'node:http'
import type { Buffers } from '../../../core/buffers.ts'
import type { ByteStream } from '../../../core/byte-stream.ts'
import { type GatewayResponse, isByteStream } from '../../../core/gateway-response.ts'
import { maxTimerMs } from '../node-clock.ts'
import { queueCleanup } from './tick-queue.ts'

/** Maximum body to join with the head: copying a longer one costs more than a second buffer in the write. */
const maxJoinedBytes = 16 * 1_024

/** Time limits for a client that reads a response, in milliseconds. */
export interface ReadTimeouts {
  /** Maximum time without reading anything. */
  readonly stalledMs: number
  /** Maximum time per started mebibyte of a response; unlimited if undefined. */
  readonly msPerMebibyte?: number
}

/** Memory of a paused response in the provider's socket and parser: a chunk or two. */
const upstreamBytes = 96 * 1_024

/**
 * Writes a response to its socket, a stream with backpressure (R08).
 *
 * - A client that reads a complete response too slowly is cut off (R09, S64). Relayed streams enforce this themselves.
 * - Bytes that wait for a slow client of a stream count in `buffers`; if there is no room, the client is cut off.
 * - `beforeEnd`, if given, is called after the last byte, with the function that ends the response.
 */
export function writeResponse(
  { status, headers, cookies, body, isReady }: GatewayResponse,
  response: ServerResponse,
  timeouts: ReadTimeouts,
  buffers: Buffers,
  beforeEnd?: (end: () => void) => void,
): void {
  if (isByteStream(body)) {
    if (isReady === true) limitTime(response, timeouts, Number(headers['content-length'] ?? 0))
    response.writeHead(status, toRawHeaders(headers))
    const end = () => void response.end()
    pipe(body, response, buffers, beforeEnd === undefined ? end : () => beforeEnd(end))
    return
  }
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  const raw = toRawHeaders(headers)
  if (cookies !== undefined) for (const cookie of cookies) raw.push('set-cookie', cookie)
  // A response to HEAD, or a 304, has the length of the omitted body, or none.
  if (status !== 204 && status !== 304 && headers['content-length'] === undefined)
    raw.push('content-length', String(length))
  response.writeHead(status, raw)
  if (beforeEnd !== undefined) {
    if (length > 0) response.write(body)
    else response.flushHeaders()
    beforeEnd(() => void response.end())
  }
  // A Latin-1 string has the same bytes, and `node:http` joins a string with the head into one write.
  else if (typeof body === 'string' || length > maxJoinedBytes) response.end(body)
  else response.end(Buffer.from(body.buffer, body.byteOffset, length).toString('latin1'), 'latin1')
  // If the socket has accepted everything, no timeout is needed.
  if (response.writableLength > 0) limitTime(response, timeouts, length)
}

const mebibyte = 1_048_576

/** Sets both timeouts, because a client that reads a little now and then never stalls, but could read for hours. */
function limitTime(response: ServerResponse, { stalledMs, msPerMebibyte }: ReadTimeouts, length: number): void {
  response.setTimeout(stalledMs)
  if (msPerMebibyte === undefined) return
  const totalMs = msPerMebibyte * Math.max(1, Math.ceil(length / mebibyte))
  const timer = setTimeout(() => response.destroy(), Math.min(totalMs, maxTimerMs))
  response.once('close', () => clearTimeout(timer))
}

/** Converts headers to a flat list of names and values: half the cost of copying the object to add one header. */
function toRawHeaders(headers: GatewayResponse['headers']): string[] {
  const raw: string[] = []
  for (const name in headers) raw.push(name, headers[name] ?? '')
  return raw
}

/**
 * Writes each chunk with one system call, with its framing; `coalesceChunks` has already joined the chunks of one tick.
 */
function pipe(body: ByteStream, response: ServerResponse, buffers: Buffers, end: () => void): void {
  const share = buffers.open()
  response.on('drain', () => {
    share.release()
    body.resume()
  })
  response.on('close', () => {
    share.release()
    queueCleanup(() => body.cancel())
  })
  let isEmpty = true
  body.start({
    write(chunk) {
      isEmpty = false
      // A write to a destroyed response would emit an unhandled error.
      if (response.destroyed || response.write(chunk)) return true
      // Writes now, not at the next tick: if the socket accepts a long chunk at once, the provider need not pause.
      response.socket?.uncork()
      if (response.writableLength === 0) return true
      if (!share.resize(response.writableLength + upstreamBytes)) response.destroy()
      return false
    },
    end,
    fail: () => void response.destroy(),
  })
  if (isEmpty && !response.writableEnded) response.flushHeaders()
}
