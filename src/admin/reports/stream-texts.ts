import type { ByteSink, ByteStream } from '../../core/byte-stream.ts'
import type { Clock } from '../../core/clock.ts'

/**
 * Texts as bytes, once the first of them is there; rejects where that fails. Each is made only when the one before it was taken, so that
 * there is never more than one in memory. Other work has its turn between two of them, also where they come at once, as a database in the
 * same process gives them, and where they are empty.
 */
export async function streamTexts(
  texts: AsyncGenerator<string, void>,
  clock: Pick<Clock, 'after'>,
): Promise<ByteStream> {
  const first = await texts.next()
  const encoder = new TextEncoder()
  let goOn: (() => void) | undefined
  let wasResumed = false
  let isCancelled = false

  async function pump(sink: ByteSink): Promise<void> {
    for (let result = first; !isCancelled; result = await texts.next()) {
      if (result.done === true) return sink.end()
      const { value } = result
      wasResumed = false
      const accepts = value === '' || sink.write(encoder.encode(value))
      await (accepts || wasResumed ? nextTurn() : resumed())
    }
  }

  function nextTurn(): Promise<void> {
    return new Promise((resolve) => {
      clock.after(0, resolve)
    })
  }

  function resumed(): Promise<void> {
    return new Promise((resolve) => {
      goOn = resolve
    })
  }

  return {
    start(sink) {
      pump(sink).catch((error: unknown) => {
        if (!isCancelled) sink.fail(error)
      })
    },
    resume() {
      wasResumed = true
      goOn?.()
      goOn = undefined
    },
    cancel() {
      isCancelled = true
      goOn?.()
      // What it is reading at this moment is its last.
      texts.return().catch(() => {})
    },
  }
}
