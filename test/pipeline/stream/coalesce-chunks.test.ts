import { describe, expect, test } from 'vitest'
import type { ByteSink, ByteStream } from '../../../src/core/byte-stream.ts'
import { coalesceChunks } from '../../../src/pipeline/stream/coalesce-chunks.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
/** Resolves after everything deferred to the end of the tick has run. */
const yieldToEventLoop = () => new Promise((resolve) => setTimeout(resolve))

describe('coalesceChunks', () => {
  test('joins the chunks of one tick, and passes a lone chunk uncopied', async () => {
    const { source, calls } = open()
    for (const text of ['a', 'b', '', 'c']) source.write(bytes(text))
    expect(calls).toEqual([])
    await yieldToEventLoop()
    expect(calls).toEqual(['abc'])
    const alone = bytes('d')
    source.write(alone)
    await yieldToEventLoop()
    expect(calls).toEqual(['abc', 'd'])
    expect(source.last()).toBe(alone)
  })

  test('R12 reports the end, or a failure, after all chunks before it', async () => {
    const ended = open()
    ended.source.write(bytes('a'))
    ended.source.end()
    const broken = open()
    broken.source.write(bytes('a'))
    broken.source.fail(new Error('broke off'))
    await yieldToEventLoop()
    expect(ended.calls).toEqual(['a', 'end'])
    expect(broken.calls).toEqual(['a', 'Error: broke off'])
  })

  test('R08 pauses the source at its next write, until it is resumed', async () => {
    const { source, stream, calls } = open({ accepts: () => false })
    expect(source.write(bytes('a'))).toBe(true)
    await yieldToEventLoop()
    expect(source.write(bytes('b'))).toBe(false)
    await yieldToEventLoop()
    stream.resume()
    expect(calls).toEqual(['a', 'b', 'resumed'])
    expect(source.write(bytes('c'))).toBe(true)
  })

  test('R08 loses no resume from within a write', async () => {
    const opened = open({
      accepts() {
        opened.stream.resume()
        return false
      },
    })
    opened.source.write(bytes('a'))
    await yieldToEventLoop()
    expect(opened.source.write(bytes('b'))).toBe(true)
  })

  test('R08 holds back at most 64 KiB, however much a source pushes in one tick', () => {
    let passed = 0
    const { source } = open({
      accepts({ length }) {
        passed += length
        return passed < 100_000
      },
    })
    let pushed = 0
    while (pushed < 1_000_000 && source.write(new Uint8Array(1_000))) pushed += 1_000
    expect(passed).toBeLessThan(200_000)
    expect(pushed - passed).toBeLessThan(65_536)
  })

  test('R03 passes nothing on after it is cancelled', async () => {
    const { source, stream, calls } = open()
    source.write(bytes('a'))
    stream.cancel()
    source.end()
    await yieldToEventLoop()
    expect(calls).toEqual(['cancelled'])
  })

  test('R59 fails its sink with an error that the sink itself threw, which nothing else would catch', async () => {
    const { source, calls } = open({
      accepts() {
        throw new Error('odd')
      },
    })
    source.write(bytes('a'))
    await yieldToEventLoop()
    expect(calls).toEqual(['cancelled', 'Error: odd'])
  })
})

interface Opening {
  /** The sink's result for a chunk. */
  readonly accepts?: (chunk: Uint8Array) => boolean
}

interface Opened {
  readonly stream: ByteStream
  readonly source: ByteSink & { last(): Uint8Array | undefined }
  /** Calls of source and sink, in order. */
  readonly calls: string[]
}

function open({ accepts = () => true }: Opening = {}): Opened {
  const calls: string[] = []
  let inner: ByteSink | undefined
  let last: Uint8Array | undefined
  const stream = coalesceChunks({
    start(sink) {
      inner = sink
    },
    resume: () => void calls.push('resumed'),
    cancel: () => void calls.push('cancelled'),
  })
  stream.start({
    write(chunk) {
      const result = accepts(chunk)
      last = chunk
      calls.push(new TextDecoder().decode(chunk))
      return result
    },
    end: () => void calls.push('end'),
    fail: (error) => void calls.push(String(error)),
  })
  if (inner === undefined) throw new Error('coalesceChunks has not started its source')
  const sink = inner
  return {
    stream,
    calls,
    source: {
      write: (chunk) => sink.write(chunk),
      end: () => sink.end(),
      fail: (error) => sink.fail(error),
      last: () => last,
    },
  }
}
