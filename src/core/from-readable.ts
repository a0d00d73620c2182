import type { ByteSink, ByteStream } from './byte-stream.ts'

/** The web's stream in Weir's terms; `toError` puts what it fails with into words. */
export function fromReadable(
  readable: ReadableStream<Uint8Array> | null,
  toError: (cause: unknown) => Error,
): ByteStream {
  const reader = readable?.getReader()
  let goOn: (() => void) | undefined
  let isCancelled = false

  /** Reads until the end; each chunk is waited for, and so is a sink that is full. */
  async function pump(sink: ByteSink): Promise<void> {
    for (let result = await reader?.read(); !isCancelled; result = await reader?.read()) {
      if (result === undefined || result.done) return sink.end()
      if (!sink.write(result.value)) await resumed()
    }
  }

  function resumed(): Promise<void> {
    return new Promise((resolve) => {
      goOn = resolve
    })
  }

  return {
    start(sink) {
      pump(sink).catch((error: unknown) => {
        if (!isCancelled) sink.fail(toError(error))
      })
    },
    resume() {
      goOn?.()
      goOn = undefined
    },
    cancel(reason) {
      if (isCancelled) return
      isCancelled = true
      goOn?.()
      reader?.cancel(reason).catch(() => {})
    },
  }
}
