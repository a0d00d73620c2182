import type { Transform } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { ByteSink, ByteStream } from '../../../core/byte-stream.ts'

/**
 * Undoes a content encoding that the upstream used although `identity` was asked for (R33). Each chunk is flushed, so
 * that events do not wait. `toError` puts what the decoder fails with into words.
 */
export function decodeBody(source: ByteStream, encoding: string, toError: (cause: Error) => Error): ByteStream {
  const decoder = createDecoder(encoding.toLowerCase())
  return decoder === undefined ? source : through(source, decoder, toError)
}

function createDecoder(encoding: string): Transform | undefined {
  const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH } = constants
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip({ flush: Z_SYNC_FLUSH })
  if (encoding === 'deflate') return createInflate({ flush: Z_SYNC_FLUSH })
  if (encoding === 'br') return createBrotliDecompress({ flush: BROTLI_OPERATION_FLUSH })
  return undefined
}

function through(source: ByteStream, decoder: Transform, toError: (cause: Error) => Error): ByteStream {
  function start(sink: ByteSink): void {
    let isEmpty = true
    decoder.on('data', (chunk: Uint8Array) => {
      if (!sink.write(chunk)) decoder.pause()
    })
    decoder.on('end', () => sink.end())
    decoder.on('error', (error) => {
      source.cancel(error)
      sink.fail(toError(error))
    })
    decoder.on('drain', () => source.resume())
    source.start({
      write(chunk) {
        isEmpty = false
        return decoder.write(chunk)
      },
      // The answer to HEAD, or a 204: nothing is packed in nothing.
      end: () => (isEmpty ? sink.end() : void decoder.end()),
      fail: (error) => void decoder.destroy(error instanceof Error ? error : new Error('the stream broke off')),
    })
  }
  return {
    start,
    resume: () => void decoder.resume(),
    cancel(reason) {
      source.cancel(reason)
      decoder.removeAllListeners('data')
      decoder.destroy()
    },
  }
}
