import { afterEach, expect, test, vi } from 'vitest'
import type { ByteSink, ByteStream } from '../../../src/core/byte-stream.ts'
import { gather } from '../../../src/core/byte-stream.ts'
import { dataOfEvents, FirstBytes } from '../../../src/pipeline/upstream/first-bytes.ts'
import { PeekedBody } from '../../../src/pipeline/upstream/peek-body.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

const encoder = new TextEncoder()

/** A source that pushes these chunks at its start, ignoring backpressure. */
function pushing(chunks: readonly Uint8Array[]): ByteStream {
  return {
    start(sink: ByteSink) {
      for (const chunk of chunks) sink.write(chunk)
      sink.end()
    },
    resume() {},
    cancel() {},
  }
}

function toSingleBytes(text: string): readonly Uint8Array[] {
  const bytes = encoder.encode(text)
  return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
}

test.each([
  ['an event without an end', `data: ${'x'.repeat(64 * 1_024)}`],
  ['lines of one event', 'data: x\n'.repeat(8 * 1_024)],
  ['comments', ': x\n\n'.repeat(13 * 1_024)],
  ['blank lines', '\n'.repeat(64 * 1_024)],
])('case D3: 64 KiB of %s in chunks of one byte are copied and decoded a few times only', async (_, text) => {
  const chunks = toSingleBytes(text)
  let copied = 0
  let decoded = 0
  const set = Uint8Array.prototype.set
  vi.spyOn(Uint8Array.prototype, 'set').mockImplementation(function (this: Uint8Array, bytes, at) {
    copied += bytes.length
    set.call(this, bytes, at)
  })
  const decode = TextDecoder.prototype.decode
  vi.spyOn(TextDecoder.prototype, 'decode').mockImplementation(function (this: TextDecoder, bytes, options) {
    decoded += bytes?.byteLength ?? 0
    return decode.call(this, bytes, options)
  })
  const first = new FirstBytes()
  const body = new PeekedBody(pushing(chunks), (beginning) => first.nextData(beginning) !== undefined)
  await body.beginning
  vi.restoreAllMocks()
  expect(copied).toBeLessThan(4 * text.length)
  expect(decoded).toBeLessThan(2 * text.length)
  expect(new TextDecoder().decode(await gather(body))).toBe(text)
})

test.each([
  ['data: {"a":1}\n\n', 'events', ['{"a":1}']],
  ['\ufeff\r\n: waiting\r\n\r\nevent: x\r\ndata: 1\r\ndata: 2\r\n\r\ndata:3\r\rdata: 4', 'events', ['1\n 2', '3', '4']],
  ['id: 7\n\nevent: ping\n\n', 'events', []],
  ['retry:1\n\ndata: [DONE]\n\n', 'events', ['[DONE]']],
  [' \n{"data: 1\n\n": 2}', 'json', []],
  ['[1]', 'json', []],
  ['dates: 1', 'other', []],
  ['<html>', 'other', []],
  ['even', undefined, []],
  ['\r\n ', undefined, []],
])('case A1: %j is detected as %s, whole or byte by byte', (text, content, data) => {
  const bytes = encoder.encode(`${text}\n\n`.slice(0, content === undefined ? text.length : undefined))
  expect(dataOfEvents(encoder.encode(text))).toEqual(data)
  const first = new FirstBytes()
  const found: string[] = []
  for (let length = 1; length <= bytes.length; length++) {
    const next = first.nextData(bytes.subarray(0, length))
    if (next !== undefined) found.push(next)
  }
  expect([first.content, found]).toEqual([content, data])
})

/** Three chunks, the third of which `resume` itself pushes. */
async function startPeeked(sink: Pick<ByteSink, 'write'>, peeked: { body?: PeekedBody }): Promise<string[]> {
  const events: string[] = []
  let output: ByteSink | undefined
  const body = new PeekedBody(
    {
      start(to) {
        output = to
        to.write(encoder.encode('one '))
        to.write(encoder.encode('two '))
      },
      resume() {
        const to = output
        output = undefined
        to?.write(encoder.encode('three'))
        to?.end()
      },
      cancel: () => void events.push('cancelled'),
    },
    () => true,
  )
  peeked.body = body
  await body.beginning
  body.start({
    write(chunk) {
      events.push(new TextDecoder().decode(chunk))
      return sink.write(chunk)
    },
    end: () => void events.push('ended'),
    fail: () => void events.push('failed'),
  })
  return events
}

test('a sink that resumes from within its writes gets all chunks in order, and the resume counts', async () => {
  const peeked: { body?: PeekedBody } = {}
  const resuming = {
    write(chunk: Uint8Array) {
      if (new TextDecoder().decode(chunk) !== 'three') peeked.body?.resume()
      return false
    },
  }
  expect(await startPeeked(resuming, peeked)).toEqual(['one ', 'two ', 'three', 'ended'])
})

test('a sink that cancels from within its first write gets nothing more', async () => {
  const peeked: { body?: PeekedBody } = {}
  const leaving = {
    write() {
      peeked.body?.cancel()
      return true
    },
  }
  expect(await startPeeked(leaving, peeked)).toEqual(['one ', 'cancelled'])
})
