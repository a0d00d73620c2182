import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readEvents } from '../../client/client.ts'

const encoder = new TextEncoder()

describe('readEvents', () => {
  test.each([
    ['LF', '\n'],
    ['CR LF', '\r\n'],
    ['CR', '\r'],
  ])('ends lines at %s', async (_name, end) => {
    expect(await read(['data: one', '', 'data: two', '', ''].join(end))).toEqual(['one', 'two'])
  })

  test('joins the data lines of one event, and removes one space', async () => {
    expect(await read('data: {\ndata:  "a": 1\ndata: }\n\ndata:tight\n\n')).toEqual(['{\n "a": 1\n}', 'tight'])
  })

  test('skips heartbeats, other fields and events without data', async () => {
    expect(
      await read(': keep-alive\n\nevent: note\nid: 7\nretry: 9\n\ndata\n\ndatabase: x\n\ndata:\ndata\n\n'),
    ).toEqual(['\n'])
  })

  test('skips a byte order mark, and an event that the end of the stream cuts off', async () => {
    expect(await read('\ufeffdata: one\n\ndata: half\n')).toEqual(['one'])
  })

  test('returns an event as soon as its blank line has arrived, also between CR and LF', async () => {
    const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>()
    const writer = writable.getWriter()
    const events = readEvents(readable)
    const first = events.next()
    await writer.write(encoder.encode('data: one\r\n\r'))
    expect(await first).toEqual({ done: false, value: 'one' })
    const second = events.next()
    await writer.write(encoder.encode('\ndata: two\r\n\r\n'))
    expect(await second).toEqual({ done: false, value: 'two' })
  })

  test('reads the same events wherever the bytes are cut', async () => {
    const value = fc.stringMatching(/^[^\r\n\0]*$/, { maxLength: 12 })
    const line = fc.oneof(
      value.map((text) => `data: ${text}`),
      value.map((text) => `: ${text}`),
      fc.constantFrom('data:🌊 堰', 'data', 'event: a', 'id', ''),
    )
    const lines = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 20 })
    const cuts = fc.array(fc.nat({ max: 300 }), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(lines, cuts, async (parts, positions) => {
        const text = parts.flat().join('')
        const bytes = encoder.encode(text)
        const edges = [0, ...positions.filter((at) => at < bytes.length).sort((a, b) => a - b), bytes.length]
        const pieces = edges.slice(1).map((edge, index) => bytes.slice(edges[index], edge))
        expect(await collect(streamOf(pieces))).toEqual(parse(text))
      }),
      { numRuns: 500 },
    )
  })

  test('cancels the stream when its reader leaves early', async () => {
    const cancelled = Promise.withResolvers<void>()
    const stream = new ReadableStream({
      start: (controller) => controller.enqueue(encoder.encode('data: one\n\ndata: two\n\n')),
      cancel: () => cancelled.resolve(),
    })
    for await (const data of readEvents(stream)) {
      expect(data).toBe('one')
      break
    }
    await cancelled.promise
  })

  test('reports a connection that breaks', async () => {
    const stream = new ReadableStream({ start: (controller) => controller.error(new TypeError('network error')) })
    await expect(collect(stream)).rejects.toMatchObject({ name: 'WeirError', code: 'connection_lost' })
  })

  test('passes the reason of an AbortSignal', async () => {
    const reason = new DOMException('left', 'AbortError')
    const stream = new ReadableStream({ start: (controller) => controller.error(reason) })
    await expect(collect(stream)).rejects.toBe(reason)
  })
})

/** The rules of the standard, over the whole text at once. */
function parse(text: string): readonly string[] {
  const events: string[] = []
  let data: string[] = []
  const lines = text.replace(/\r\n|\r/g, '\n').split('\n')
  for (const line of lines.slice(0, -1)) {
    if (line === '') {
      const event = data.join('\n')
      if (event !== '') events.push(event)
      data = []
    }
    const colon = line.indexOf(':')
    const name = colon === -1 ? line : line.slice(0, colon)
    if (name === 'data') data.push(colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, ''))
  }
  return events
}

const read = (text: string) => collect(streamOf([encoder.encode(text)]))

function streamOf(pieces: readonly Uint8Array<ArrayBuffer>[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
}

async function collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<readonly string[]> {
  const all: string[] = []
  for await (const event of readEvents(stream)) all.push(event)
  return all
}
