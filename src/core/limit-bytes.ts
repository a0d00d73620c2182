import { type ByteBound, type ByteStream, wrapStream } from './byte-stream.ts'

/** Past the bound the source is cancelled, and the stream fails. */
export function limitBytes(source: ByteStream, { bytes: limit, tooLarge }: ByteBound): ByteStream {
  return wrapStream(source, {
    start(sink) {
      let total = 0
      source.start({
        write(chunk) {
          if (total > limit) return true
          total += chunk.length
          if (total <= limit) return sink.write(chunk)
          source.cancel()
          sink.fail(tooLarge())
          return true
        },
        end: () => sink.end(),
        fail: (error) => sink.fail(error),
      })
    },
  })
}
