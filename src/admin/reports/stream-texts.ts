import { type ByteStream, pullStream } from '../../core/byte-stream.ts'
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
  const encoder = new TextEncoder()
  let result: IteratorResult<string, void> = await texts.next()
  let isFirst = true
  return pullStream(
    async () => {
      for (;;) {
        if (!isFirst) {
          await new Promise<void>((resolve) => {
            clock.after(0, resolve)
          })
          result = await texts.next()
        }
        isFirst = false
        if (result.done === true) return { done: true }
        if (result.value !== '') return { done: false, value: encoder.encode(result.value) }
      }
    },
    // What it is reading at this moment is its last.
    () => texts.return(),
  )
}
