import type { Signal } from '../core/abort-switch.ts'
import { type ByteSink, type ByteStream, concat, wrapStream } from '../core/byte-stream.ts'

export interface CopyOptions {
  /** The most that is copied, bytes. */
  readonly limit: number
  /** Aborts when the reader has left. */
  readonly left: Signal
  /** Sees each chunk, whether it is copied or not. */
  see(chunk: Uint8Array): boolean
  /** Told of the end before the reader is; undefined where more passed than the limit. Must not reject. */
  ended(copy: Uint8Array | undefined): Promise<void>
  /** Told, before the reader is, that the stream broke off. Must not reject. */
  failed(): Promise<void>
}

/**
 * Passes a stream on, and keeps a copy of the chunks for which `see` is true. Where its reader leaves, it is read on to its end all the same,
 * at the upstream's own pace.
 */
export function copyStream(source: ByteStream, options: CopyOptions): ByteStream {
  const { limit, left, see, ended, failed } = options
  let sink: ByteSink | undefined
  let hasStarted = false
  let isOver = false
  let chunks: Uint8Array[] = []
  let copied = 0

  function add(chunk: Uint8Array): void {
    if (!see(chunk) || copied > limit) return
    copied += chunk.length
    chunks.push(chunk)
    if (copied > limit) chunks = []
  }

  function startSource(): void {
    if (hasStarted) return
    hasStarted = true
    source.start({
      write(chunk) {
        add(chunk)
        return sink?.write(chunk) ?? true
      },
      end() {
        isOver = true
        void ended(copied > limit ? undefined : concat(chunks, copied)).then(() => sink?.end())
      },
      fail(error) {
        isOver = true
        void failed().then(() => sink?.fail(error))
      },
    })
  }

  function goOnAlone(): void {
    if (isOver) return
    sink = undefined
    if (hasStarted) source.resume()
    else startSource()
  }

  if (left.aborted) goOnAlone()
  else left.addEventListener('abort', goOnAlone)
  return wrapStream(source, {
    start(target) {
      if (left.aborted) return
      sink = target
      startSource()
    },
    cancel: goOnAlone,
  })
}
