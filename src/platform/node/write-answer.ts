import type { ServerResponse } from 'node:http'
import { type Answer, isByteStream } from '../../core/answer.ts'
import type { ByteStream } from '../../core/byte-stream.ts'

/** Writes an answer to its socket: a whole one in one go, a stream as it comes and no faster than it is read (R08). */
export function writeAnswer({ status, headers, body }: Answer, response: ServerResponse): void {
  if (isByteStream(body)) {
    response.writeHead(status, toRawHeaders(headers))
    response.flushHeaders()
    pipe(body, response)
    return
  }
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  const raw = toRawHeaders(headers)
  if (status !== 204) raw.push('content-length', String(length))
  response.writeHead(status, raw)
  response.end(body)
}

/** Names and values in turn, as `node:http` takes them too: half the cost of a copy of the object with one more header. */
function toRawHeaders(headers: Answer['headers']): string[] {
  const raw: string[] = []
  for (const name in headers) raw.push(name, headers[name] ?? '')
  return raw
}

function pipe(body: ByteStream, response: ServerResponse): void {
  response.on('drain', () => body.resume())
  response.on('close', () => body.cancel())
  body.start({
    write: (chunk) => response.write(chunk),
    end: () => void response.end(),
    fail: () => void response.destroy(),
  })
}
