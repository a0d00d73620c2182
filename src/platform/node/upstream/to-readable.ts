import { Readable } from 'node:stream'
import type { ByteStream } from '../../../core/byte-stream.ts'

/** Converts a byte stream to a Node stream with backpressure. */
export function toReadable(stream: ByteStream): Readable {
  let isStarted = false
  const readable: Readable = new Readable({
    read() {
      if (isStarted) return stream.resume()
      isStarted = true
      stream.start({
        write: (chunk) => readable.push(chunk),
        end: () => void readable.push(null),
        fail: (error) => void readable.destroy(error instanceof Error ? error : new Error('the stream broke off')),
      })
    },
    destroy(error, callback) {
      stream.cancel(error)
      callback(error)
    },
  })
  return readable
}
