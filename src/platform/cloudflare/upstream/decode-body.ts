import { type ByteSink, type ByteStream, fromReadable } from '../../../core/byte-stream.ts'
import { findDecoders, isZlib } from '../../../core/content-encoding.ts'

/** What workerd's `fetch` has decoded itself, in exactly this spelling, though the header still names it. */
const decodedByFetch: ReadonlySet<string> = new Set(['gzip', 'br'])

/**
 * Undoes the content encodings that `fetch` leaves, as far as workerd's DecompressionStream can (R33, case A15). `toError` puts what the decoder
 * fails with into words. Throws GatewayError `upstream_invalid_answer` for an encoding that it cannot decode.
 */
export function decodeBody(
  source: ByteStream,
  contentEncoding: string,
  toError: (cause: unknown) => Error,
): ByteStream {
  if (decodedByFetch.has(contentEncoding)) return source
  return findDecoders(contentEncoding, findFormats()).reduce((body, format) => through(body, format, toError), source)
}

/** The encodings and their formats. Not every runtime has the last two. Source: https://compression.spec.whatwg.org/ */
const allFormats = [
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'brotli'],
  ['zstd', 'zstd'],
] as const

let known: ReadonlyMap<string, string> | undefined

/** Those that this runtime has. */
function findFormats(): ReadonlyMap<string, string> {
  known ??= new Map(allFormats.filter(([, format]) => isKnown(format)))
  return known
}

function isKnown(format: string): boolean {
  try {
    createDecoder(format)
    return true
  } catch {
    return false
  }
}

/** The types know three formats, the runtime may know more. Throws TypeError for one that it does not. */
function createDecoder(format: string): DecompressionStream {
  return new DecompressionStream(format as ConstructorParameters<typeof DecompressionStream>[0])
}

/** Chunks that may wait for the decoder before the source is asked to pause. */
const waitingChunks = 4

/** The decoder is made for the first byte. Without one there is none: nothing is packed in nothing. */
function through(source: ByteStream, format: string, toError: (cause: unknown) => Error): ByteStream {
  let writer: WritableStreamDefaultWriter<ArrayBuffer | ArrayBufferView> | undefined
  let decoded: ByteStream | undefined
  let waiting = 0
  let isPaused = false
  let isOver = false

  function open(firstByte: number, sink: ByteSink): NonNullable<typeof writer> {
    const decoder = createDecoder(format === 'deflate' && !isZlib(firstByte) ? 'deflate-raw' : format)
    decoded = fromReadable(decoder.readable, toError)
    decoded.start({
      write: (chunk) => sink.write(chunk),
      end: () => sink.end(),
      fail(error) {
        if (isOver) return
        isOver = true
        source.cancel(error)
        sink.fail(error)
      },
    })
    return decoder.writable.getWriter()
  }

  function took(): void {
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
          if (isOver || firstByte === undefined) return true
          writer ??= open(firstByte, sink)
          waiting++
          writer.write(chunk).then(took, took)
          isPaused = waiting >= waitingChunks
          return !isPaused
        },
        end() {
          if (writer === undefined) sink.end()
          // What it lacks at its end fails the readable side, which tells it.
          else writer.close().catch(() => {})
        },
        fail(error) {
          if (isOver) return
          isOver = true
          decoded?.cancel(error)
          writer?.abort(error).catch(() => {})
          sink.fail(error)
        },
      })
    },
    resume: () => (decoded === undefined ? source.resume() : decoded.resume()),
    cancel(reason) {
      isOver = true
      source.cancel(reason)
      decoded?.cancel(reason)
      writer?.abort(reason).catch(() => {})
    },
  }
}
