import { type ByteSink, type ByteStream, fromReadable } from '../../../core/byte-stream.ts'
import { findDecoders, isZlib } from '../../../core/content-encoding.ts'

/** Encodings that workerd's `fetch` decodes itself, in exactly this spelling. The header still names them. */
const decodedByFetch: ReadonlySet<string> = new Set(['gzip', 'br'])

/**
 * Decodes the content encodings that `fetch` does not decode, with workerd's DecompressionStream (R33, case A15).
 * `toError` converts failures of the decoder. Throws GatewayError `upstream_invalid_answer` for an unsupported
 * encoding.
 */
export function decodeBody(
  source: ByteStream,
  contentEncoding: string,
  toError: (cause: unknown) => Error,
): ByteStream {
  if (decodedByFetch.has(contentEncoding)) return source
  return findDecoders(contentEncoding, supportedFormats()).reduce(
    (body, format) => through(body, format, toError),
    source,
  )
}

/**
 * Encodings with their formats. Not every runtime supports the last two. Source: https://compression.spec.whatwg.org/
 */
const allFormats = [
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'brotli'],
  ['zstd', 'zstd'],
] as const

let supported: ReadonlyMap<string, string> | undefined

/** Returns the encodings that this runtime supports. */
function supportedFormats(): ReadonlyMap<string, string> {
  supported ??= new Map(allFormats.filter(([, format]) => isSupported(format)))
  return supported
}

function isSupported(format: string): boolean {
  try {
    createDecoder(format)
    return true
  } catch {
    return false
  }
}

/**
 * Creates a decoder; the runtime may support more formats than the types name. Throws TypeError for an unsupported one.
 */
function createDecoder(format: string): DecompressionStream {
  return new DecompressionStream(format as ConstructorParameters<typeof DecompressionStream>[0])
}

/** Maximum number of chunks in the decoder before the source pauses. */
const waitingChunks = 4

/** Pipes a stream through a decoder. Creates the decoder at the first byte; an empty body needs none. */
function through(source: ByteStream, format: string, toError: (cause: unknown) => Error): ByteStream {
  let writer: WritableStreamDefaultWriter<ArrayBuffer | ArrayBufferView> | undefined
  let decoded: ByteStream | undefined
  let waiting = 0
  let isPaused = false
  let hasEnded = false

  function open(firstByte: number, sink: ByteSink): NonNullable<typeof writer> {
    const decoder = createDecoder(format === 'deflate' && !isZlib(firstByte) ? 'deflate-raw' : format)
    decoded = fromReadable(decoder.readable, toError)
    decoded.start({
      write: (chunk) => sink.write(chunk),
      end: () => sink.end(),
      fail(error) {
        if (hasEnded) return
        hasEnded = true
        source.cancel(error)
        sink.fail(error)
      },
    })
    return decoder.writable.getWriter()
  }

  function chunkTaken(): void {
    waiting--
    if (!isPaused || waiting >= waitingChunks) return
    isPaused = false
    source.resume()
  }

  return {
    start(sink) {
      source.start({
        write(chunk) {
          const firstByte = chunk[0]
          if (hasEnded || firstByte === undefined) return true
          writer ??= open(firstByte, sink)
          waiting++
          writer.write(chunk).then(chunkTaken, chunkTaken)
          isPaused = waiting >= waitingChunks
          return !isPaused
        },
        end() {
          if (writer === undefined) sink.end()
          // A truncated body fails the readable side, which reports it.
          else writer.close().catch(() => {})
        },
        fail(error) {
          if (hasEnded) return
          hasEnded = true
          decoded?.cancel(error)
          writer?.abort(error).catch(() => {})
          sink.fail(error)
        },
      })
    },
    resume: () => (decoded === undefined ? source.resume() : decoded.resume()),
    cancel(reason) {
      hasEnded = true
      source.cancel(reason)
      decoded?.cancel(reason)
      writer?.abort(reason).catch(() => {})
    },
  }
}
