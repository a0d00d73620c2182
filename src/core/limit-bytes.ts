import type { ByteStream } from './byte-stream.ts'

/** Counts what really comes, since `Content-Length` may lie or be missing (R30). Past the limit the stream fails with `tooLarge()`. */
export function limitBytes(source: ByteStream, limit: number, tooLarge: () => Error): ByteStream {
  return {
    ...source,
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
  }
}
