import type { ByteStream } from '../../core/byte-stream.ts'

/** A byte stream as the web's. `onCancel` is told when the reader leaves. */
export function toWebStream(stream: ByteStream, onCancel: (reason: unknown) => void): ReadableStream<Uint8Array> {
  let isOver = false
  return new ReadableStream<Uint8Array>({
    start(controller) {
      stream.start({
        write(chunk) {
          if (isOver) return true
          controller.enqueue(chunk)
          return (controller.desiredSize ?? 0) > 0
        },
        end() {
          if (isOver) return
          isOver = true
          controller.close()
        },
        fail(error) {
          if (isOver) return
          isOver = true
          controller.error(error)
        },
      })
    },
    pull: () => stream.resume(),
    cancel(reason) {
      isOver = true
      onCancel(reason)
      stream.cancel(reason)
    },
  })
}
