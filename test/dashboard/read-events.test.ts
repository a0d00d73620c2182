import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEventParser, readEvents } from '../../dashboard/src/gateway/read-events.ts'

describe('createEventParser', () => {
  it.each([
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('ends lines at %s', (_name, end) => {
    const text = ['data: one', '', 'data: two', '', ''].join(end)
    expect(createEventParser()(text)).toEqual(['one', 'two'])
  })

  it('joins the data lines of one event', () => {
    expect(createEventParser()('data: {\ndata:  "a": 1\ndata: }\n\n')).toEqual(['{\n "a": 1\n}'])
  })

  it('skips comments, other fields and events without data', () => {
    expect(createEventParser()(': ping\n\nevent: note\nid: 7\n\ndata\n\ndata:tight\n\n')).toEqual(['tight'])
  })

  it('gives an event back as soon as its blank line is there, also when a CRLF is cut in two', () => {
    const parse = createEventParser()
    expect(parse('data: one\r\n\r')).toEqual(['one'])
    expect(parse('\ndata: two\r\n\r\n')).toEqual(['two'])
  })

  it('keeps back an event that has not ended', () => {
    expect(createEventParser()('data: half\n')).toEqual([])
  })

  it('refuses an event without end', () => {
    const parse = createEventParser()
    const piece = 'x'.repeat(9 * 1024 * 1024)
    parse(`data: ${piece}`)
    expect(() => parse(piece)).toThrow(expect.objectContaining({ reason: 'unreadable' }))
  })
})

describe('readEvents', () => {
  const text = ': hi\r\n\r\ndata: 堰 weir\r\n\r\ndata: a\ndata: b\n\ndata: 🌊\r\rdata: [DONE]\n\n'
  const events = ['堰 weir', 'a\nb', '🌊', '[DONE]']

  it('reads the same events wherever the bytes are cut', async () => {
    const bytes = new TextEncoder().encode(text)
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 24 })
    await fc.assert(
      fc.asyncProperty(cuts, async (positions) => {
        const edges = [0, ...positions.sort((a, b) => a - b), bytes.length]
        const pieces = edges.slice(1).map((edge, index) => bytes.slice(edges[index], edge))
        expect(await collect(readEvents(streamOf(pieces)))).toEqual(events)
      }),
    )
  })

  it('cancels the stream when its reader leaves early', async () => {
    const cancelled = Promise.withResolvers<void>()
    const stream = new ReadableStream<Bytes>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('data: one\n\ndata: two\n\n')),
      cancel: () => cancelled.resolve(),
    })
    for await (const data of readEvents(stream)) {
      expect(data).toBe('one')
      break
    }
    await cancelled.promise
  })

  it('reports a connection that breaks as an interrupted reply', async () => {
    const stream = new ReadableStream<Bytes>({
      start: (controller) => controller.error(new TypeError('network error')),
    })
    await expect(collect(readEvents(stream))).rejects.toMatchObject({ reason: 'interrupted' })
  })
})

type Bytes = Uint8Array<ArrayBuffer>

function streamOf(pieces: readonly Bytes[]): ReadableStream<Bytes> {
  return new ReadableStream<Bytes>({
    start: (controller) => {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
}

async function collect(events: AsyncIterable<string>): Promise<readonly string[]> {
  const all: string[] = []
  for await (const event of events) all.push(event)
  return all
}
