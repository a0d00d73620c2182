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
  'R08 a reply in bursts %i microtasks apart is read to its end, whenever the client requests an event',
  async (gap) => {
    const chunks = [
      toChunk(delta({ content: 'a' }), delta({ content: 'b' })),
      // Contains no text, so it yields no event.
      toChunk(delta({ content: '' }), delta({}, 'stop')),
      encoder.encode('data: [DONE]\n\n'),
    ]
    // The client requests an event this number of microtasks after the previous event.
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

/** Pushes a chunk every `gap` microtasks, and waits for `resume` when `write` returns false. */
function toSource(chunks: readonly Uint8Array[], gap: number): ByteStream {
  let resume = () => {}
  return {
    async start(sink) {
      for (const chunk of chunks) {
        for (let turn = 0; turn < gap; turn++) await undefined
        const resumed = new Promise<void>((resolve) => {
          resume = resolve
        })
        if (!sink.write(chunk)) await resumed
      }
      sink.end()
    },
    resume: () => resume(),
    cancel() {},
  }
}

/** Emits each event before its bytes pass, like a relay. */
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
