import type { FileHandle } from 'node:fs/promises'
import type { ByteSink, ByteStream } from '../../../core/byte-stream.ts'

const chunkBytes = 256 * 1_024

/** Streams `size` bytes of an open file from `offset` on, and closes it in the end, on an error and on cancel. */
export function streamFile(file: FileHandle, offset: number, size: number): ByteStream {
  let state: 'idle' | 'reading' | 'over' = 'idle'
  let wake: (() => void) | undefined
  let paused = false
  const end = offset + size

  const isOver = () => state === 'over'
  const resumed = () =>
    new Promise<void>((resolve) => {
      if (!paused || isOver()) resolve()
      else wake = resolve
    })
  const pump = async (sink: ByteSink) => {
    let position = offset
    while (position < end && !isOver()) {
      const chunk = new Uint8Array(Math.min(chunkBytes, end - position))
      const { bytesRead } = await file.read(chunk, 0, chunk.length, position)
      if (bytesRead === 0) throw new Error('The file became shorter while it was read.')
      position += bytesRead
      if (isOver()) return
      paused = true
      if (sink.write(chunk.subarray(0, bytesRead))) paused = false
      await resumed()
    }
  }

  return {
    start(sink) {
      if (state !== 'idle') return
      state = 'reading'
      pump(sink)
        .finally(() => file.close())
        .then(
          () => isOver() || sink.end(),
          (error: unknown) => isOver() || sink.fail(error),
        )
    },
    resume() {
      paused = false
      wake?.()
    },
    cancel() {
      const wasIdle = state === 'idle'
      state = 'over'
      if (wasIdle) file.close().catch(() => {})
      wake?.()
    },
  }
}
