import type { ServerResponse } from 'node:http'
import { type Answer, isByteStream } from '../../core/answer.ts'
import type { ByteStream } from '../../core/byte-stream.ts'

/** Writes an answer to its socket: a whole one in one go, a stream as it comes and no faster than it is read (R08). */
export function writeAnswer({ status, headers, body }: Answer, response: ServerResponse): void {
  if (isByteStream(body)) {
    response.writeHead(status, headers)
    response.flushHeaders()
    pipe(body, response)
    return
  }
  const hasLength = status !== 204
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  response.writeHead(status, hasLength ? { ...headers, 'content-length': length } : headers)
  response.end(body)
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
