import type { Transform } from 'node:stream'
// As a whole, since older runtimes have no zstd, and an import of its name would end the process there.
import * as zlib from 'node:zlib'
import type { ByteSink, ByteStream } from '../../../core/byte-stream.ts'
import { findDecoders, isZlib } from '../../../core/content-encoding.ts'

/**
 * Undoes the content encodings that the upstream used although `identity` was asked for (R33). Each chunk is flushed, so
 * that events do not wait. `toError` puts what the decoder fails with into words.
 * Throws GatewayError `upstream_invalid_answer` for an encoding that is not known here.
 */
export function decodeBody(source: ByteStream, contentEncoding: string, toError: (cause: Error) => Error): ByteStream {
  return findDecoders(contentEncoding, decoders).reduce((body, create) => through(body, create, toError), source)
}

const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH, ZSTD_e_flush } = zlib.constants

type CreateDecoder = (firstByte: number) => Transform

const createGunzip: CreateDecoder = () => zlib.createGunzip({ flush: Z_SYNC_FLUSH })

const decoders: ReadonlyMap<string, CreateDecoder> = new Map<string, CreateDecoder>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', (firstByte) => (isZlib(firstByte) ? zlib.createInflate : zlib.createInflateRaw)({ flush: Z_SYNC_FLUSH })],
  ['br', () => zlib.createBrotliDecompress({ flush: BROTLI_OPERATION_FLUSH })],
  ...(typeof zlib.createZstdDecompress === 'function'
    ? [['zstd', () => zlib.createZstdDecompress({ flush: ZSTD_e_flush })] as const]
    : []),
])

/** The decoder is made for the first byte. Without one there is none: nothing, as in the answer to HEAD or a 204, is packed in nothing. */
function through(source: ByteStream, create: CreateDecoder, toError: (cause: Error) => Error): ByteStream {
  let decoder: Transform | undefined

  function open(firstByte: number, sink: ByteSink): Transform {
    const opened = create(firstByte)
    opened.on('data', (chunk: Uint8Array) => {
      if (!sink.write(chunk)) opened.pause()
    })
    opened.on('end', () => sink.end())
    opened.on('error', (error) => {
      source.cancel(error)
      sink.fail(toError(error))
    })
    opened.on('drain', () => source.resume())
    return opened
  }

  return {
    start(sink) {
      source.start({
        write(chunk) {
          const firstByte = chunk[0]
          if (firstByte === undefined) return true
          decoder ??= open(firstByte, sink)
          return decoder.write(chunk)
        },
        end: () => (decoder === undefined ? sink.end() : void decoder.end()),
        fail(error) {
          const failure = error instanceof Error ? error : new Error('the stream broke off')
          if (decoder === undefined) sink.fail(toError(failure))
          else decoder.destroy(failure)
        },
      })
    },
    resume: () => (decoder === undefined ? source.resume() : void decoder.resume()),
    cancel(reason) {
      source.cancel(reason)
      decoder?.removeAllListeners('data')
      decoder?.destroy()
    },
  }
}
