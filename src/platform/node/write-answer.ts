import type { ServerResponse } from 'node:http'
import { type Answer, isByteStream } from '../../core/answer.ts'
import { type ByteStream, concat } from '../../core/byte-stream.ts'

/** A longer body costs more to copy than the second piece of a write does. */
const joinedBytes = 16 * 1_024

/**
 * Writes an answer to its socket: a whole one in one go, a stream as it comes and no faster than it is read (R08).
 * A reader who takes nothing of what is all there is cut off after `stalledReaderMs` (R09); relayed streams see to that themselves.
 */
export function writeAnswer(
  { status, headers, body }: Answer,
  response: ServerResponse,
  stalledReaderMs: number,
): void {
  if (isByteStream(body)) {
    if (headers['content-length'] !== undefined) response.setTimeout(stalledReaderMs)
    response.writeHead(status, toRawHeaders(headers))
    pipe(body, response)
    return
  }
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  const raw = toRawHeaders(headers)
  if (status !== 204) raw.push('content-length', String(length))
  response.writeHead(status, raw)
  // Latin-1 text is the same bytes, and `node:http` joins it with the head into one write.
  if (typeof body === 'string' || length > joinedBytes) response.end(body)
  else response.end(Buffer.from(body.buffer, body.byteOffset, length).toString('latin1'), 'latin1')
  // What the socket has taken already needs no watch.
  if (response.writableLength > 0) response.setTimeout(stalledReaderMs)
}

/** Names and values in turn, as `node:http` takes them too: half the cost of a copy of the object with one more header. */
function toRawHeaders(headers: Answer['headers']): string[] {
  const raw: string[] = []
  for (const name in headers) raw.push(name, headers[name] ?? '')
  return raw
}

/**
 * What comes in one turn of the event loop leaves in one write: `node:http` holds it back for so long anyway, and then hands each chunk to
 * the system in three pieces. A burst of 200 events costs a third less.
 */
function pipe(body: ByteStream, response: ServerResponse): void {
  let waiting: Uint8Array[] = []
  let waitingBytes = 0
  let isFull = false

  function take(): Uint8Array {
    const joined = concat(waiting, waitingBytes)
    waiting = []
    waitingBytes = 0
    return joined
  }

  function flush(): void {
    if (waiting.length === 0 || response.destroyed) return
    // Only a write that says `false` is followed by a `drain`.
    if (response.write(take()) && isFull) resume()
  }

  function resume(): void {
    isFull = false
    body.resume()
  }

  response.on('drain', resume)
  response.on('close', () => body.cancel())
  body.start({
    write(chunk) {
      if (waiting.length === 0) process.nextTick(flush)
      waiting.push(chunk)
      waitingBytes += chunk.length
      isFull ||= response.writableLength + waitingBytes >= response.writableHighWaterMark
      return !isFull
    },
    end: () => void response.end(waiting.length > 0 ? take() : undefined),
    fail: () => void response.destroy(),
  })
  if (waiting.length === 0 && !response.writableEnded) response.flushHeaders()
}
