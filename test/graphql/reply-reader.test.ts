import { expect, test } from 'vitest'
import type { ByteStream } from '../../src/core/byte-stream.ts'
import { ReplyReader } from '../../src/graphql/reply-reader.ts'
import { coalesceChunks } from '../../src/pipeline/stream/coalesce-chunks.ts'
import { createEventSplitter } from '../../src/sse/split-events.ts'
import { delta } from '../pipeline/sessions/answers.ts'
import { openShare } from '../support/open-share.ts'

const encoder = new TextEncoder()
const toChunk = (...events: readonly object[]) =>
  encoder.encode(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''))

test.each([0, 5, 10, 15, 20])(
  'R08 a reply that comes in bursts %i turns apart is read to its end, whenever its reader asks',
  async (gap) => {
    const chunks = [
      toChunk(delta({ content: 'a' }), delta({ content: 'b' })),
      // No word is in it, so that its reader has nothing to take.
      toChunk(delta({ content: '' }), delta({}, 'stop')),
      encoder.encode('data: [DONE]\n\n'),
    ]
    // A reader asks for an event so many turns of the queue after it has the one before.
    for (let turns = 0; turns < 12; turns++) {
      const reader = new ReplyReader(({ content }) => ({ delta: '', message: { content } }) as never, openShare())
      const splitter = createEventSplitter((event) => {
        reader.onEvent(event)
        return true
      })
      reader.read(split(coalesceChunks(toSource(chunks, gap)), splitter))
      const events: string[] = []
      for await (const event of reader) {
        events.push(event.delta)
        for (let turn = 0; turn < turns; turn++) await undefined
      }
      expect([turns, events]).toEqual([turns, ['a', 'b', '']])
    }
  },
)

/** Pushes a chunk every so many turns, and waits for `resume` after the first that was answered with `false`. */
function toSource(chunks: readonly Uint8Array[], gap: number): ByteStream {
  let goOn = () => {}
  return {
    async start(sink) {
      for (const chunk of chunks) {
        for (let turn = 0; turn < gap; turn++) await undefined
        const resumed = new Promise<void>((resolve) => {
          goOn = resolve
        })
        if (!sink.write(chunk)) await resumed
      }
      sink.end()
    },
    resume: () => goOn(),
    cancel() {},
  }
}

/** Shows each event before the bytes that have it pass, as a relay does. */
function split(source: ByteStream, splitter: ReturnType<typeof createEventSplitter>): ByteStream {
  return {
    start(sink) {
      source.start({
        write(chunk) {
          let accepts = true
          for (const run of splitter.push(chunk)) accepts = sink.write(run)
          return accepts
        },
        end: () => sink.end(),
        fail: (error) => sink.fail(error),
      })
    },
    resume: () => source.resume(),
    cancel: (reason) => source.cancel(reason),
  }
}
