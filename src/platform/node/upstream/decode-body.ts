import type { Transform } from 'node:stream'
// A namespace import, because older runtimes have no zstd, and a named import of it would end the process there.
import * as zlib from 'node:zlib'
import type { ByteSink, ByteStream } from '../../../core/byte-stream.ts'
import { findDecoders, isZlib } from '../../../core/content-encoding.ts'

/**
 * Decodes a body that the upstream encoded although Weir requested `identity` (R33), and flushes each chunk. `toError`
 * converts errors of the decoder. Throws GatewayError `upstream_invalid_answer` for unknown encodings.
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

/** Creates the decoder at the first byte. An empty body, as of HEAD or a 204, has no encoding and needs no decoder. */
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
