import type { ServerResponse } from 'node:http'
import type { Buffers } from '../../../core/buffers.ts'
import type { ByteStream } from '../../../core/byte-stream.ts'
import { type GatewayResponse, isByteStream } from '../../../core/gateway-response.ts'
import { maxTimerMs } from '../node-clock.ts'
import { leaveInTurn } from './take-turns.ts'

/** A longer body costs more to copy than the second piece of a write does. */
const joinedBytes = 16 * 1_024

/** How long a reader may take. Milliseconds. */
export interface Patience {
  /** Without taking anything. */
  readonly stalledMs: number
  /** For each mebibyte of an answer, the last one whole; undefined where it takes as long as it takes. */
  readonly msPerMebibyte?: number
}

/** The socket to a provider and its parser hold so much of an answer that waits for its reader, a chunk or two. */
const upstreamBytes = 96 * 1_024

/**
 * Writes an answer to its socket: a whole one in one go, a stream as it comes and no faster than it is read (R08).
 * A reader of what is all there is cut off when its time is up (R09, S64); relayed streams see to that themselves.
 * Bytes that wait for a slow reader of a stream count in `buffers`; where there is no room, it is cut off too.
 * With `beforeEnd` the response is ended by the function that it is given, once all has been written.
 */
export function writeResponse(
  { status, headers, body, isReady }: GatewayResponse,
  response: ServerResponse,
  patience: Patience,
  buffers: Buffers,
  beforeEnd?: (end: () => void) => void,
): void {
  if (isByteStream(body)) {
    if (isReady === true) limitTime(response, patience, Number(headers['content-length'] ?? 0))
    response.writeHead(status, toRawHeaders(headers))
    const end = () => void response.end()
    pipe(body, response, buffers, beforeEnd === undefined ? end : () => beforeEnd(end))
    return
  }
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  const raw = toRawHeaders(headers)
  // The answer to HEAD, or a 304, has the length of what it tells of, or none.
  if (status !== 204 && status !== 304 && headers['content-length'] === undefined)
    raw.push('content-length', String(length))
  response.writeHead(status, raw)
  if (beforeEnd !== undefined) {
    if (length > 0) response.write(body)
    else response.flushHeaders()
    beforeEnd(() => void response.end())
  }
  // Latin-1 text is the same bytes, and `node:http` joins it with the head into one write.
  else if (typeof body === 'string' || length > joinedBytes) response.end(body)
  else response.end(Buffer.from(body.buffer, body.byteOffset, length).toString('latin1'), 'latin1')
  // What the socket has taken already needs no watch.
  if (response.writableLength > 0) limitTime(response, patience, length)
}

const mebibyte = 1_048_576

/** A reader who takes a little now and then is never stalled, and would hold its connection for hours. */
function limitTime(response: ServerResponse, { stalledMs, msPerMebibyte }: Patience, length: number): void {
  response.setTimeout(stalledMs)
  if (msPerMebibyte === undefined) return
  const wholeMs = msPerMebibyte * Math.max(1, Math.ceil(length / mebibyte))
  const cut = setTimeout(() => response.destroy(), Math.min(wholeMs, maxTimerMs))
  response.once('close', () => clearTimeout(cut))
}

/** Names and values in turn, as `node:http` takes them too: half the cost of a copy of the object with one more header. */
function toRawHeaders(headers: GatewayResponse['headers']): string[] {
  const raw: string[] = []
  for (const name in headers) raw.push(name, headers[name] ?? '')
  return raw
}

/** Each chunk is one write: what comes in one turn is in one piece already (`coalesceChunks`), and `node:http` frames it in one call of the system. */
function pipe(body: ByteStream, response: ServerResponse, buffers: Buffers, end: () => void): void {
  const share = buffers.open()
  response.on('drain', () => {
    share.giveBack()
    body.resume()
  })
  response.on('close', () => {
    share.giveBack()
    leaveInTurn(() => body.cancel())
  })
  let isEmpty = true
  body.start({
    write(chunk) {
      isEmpty = false
      // Written to all the same, it would emit an error that nobody takes.
      if (response.destroyed || response.write(chunk)) return true
      // `node:http` would write at the next tick. A long chunk that the socket takes at once is no reason to pause its provider.
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
