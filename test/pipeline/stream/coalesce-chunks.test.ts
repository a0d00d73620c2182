import { describe, expect, test } from 'vitest'
import type { ByteSink, ByteStream } from '../../../src/core/byte-stream.ts'
import { coalesceChunks } from '../../../src/pipeline/stream/coalesce-chunks.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
/** Everything that was put off until the end of the turn has run. */
const nextTurn = () => new Promise((resolve) => setTimeout(resolve))

describe('coalesceChunks', () => {
  test('hands on in one piece what comes in one turn, and a lone chunk uncopied', async () => {
    const { source, told } = open()
    for (const text of ['a', 'b', '', 'c']) source.write(bytes(text))
    expect(told).toEqual([])
    await nextTurn()
    expect(told).toEqual(['abc'])
    const alone = bytes('d')
    source.write(alone)
    await nextTurn()
    expect(told).toEqual(['abc', 'd'])
    expect(source.last()).toBe(alone)
  })

  test('R12 tells the end, or that it broke off, after all that came before', async () => {
    const ended = open()
    ended.source.write(bytes('a'))
    ended.source.end()
    const broken = open()
    broken.source.write(bytes('a'))
    broken.source.fail(new Error('broke off'))
    await nextTurn()
    expect(ended.told).toEqual(['a', 'end'])
    expect(broken.told).toEqual(['a', 'Error: broke off'])
  })

  test('R08 asks the source to pause at its next write, until it is resumed', async () => {
    const { source, stream, told } = open({ accepts: () => false })
    expect(source.write(bytes('a'))).toBe(true)
    await nextTurn()
    expect(source.write(bytes('b'))).toBe(false)
    await nextTurn()
    stream.resume()
    expect(told).toEqual(['a', 'b', 'resumed'])
    expect(source.write(bytes('c'))).toBe(true)
  })

  test('R08 loses no resume that comes from within a write', async () => {
    const opened = open({
      accepts() {
        opened.stream.resume()
        return false
      },
    })
    opened.source.write(bytes('a'))
    await nextTurn()
    expect(opened.source.write(bytes('b'))).toBe(true)
  })

  test('R08 holds back 64 KiB at most, whatever a source pushes without a break', () => {
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

  test('R03 hands nothing on once it is cancelled', async () => {
    const { source, stream, told } = open()
    source.write(bytes('a'))
    stream.cancel()
    source.end()
    await nextTurn()
    expect(told).toEqual(['cancelled'])
  })

  test('R59 tells its sink what that has thrown, where nothing else would catch it', async () => {
    const { source, told } = open({
      accepts() {
        throw new Error('odd')
      },
    })
    source.write(bytes('a'))
    await nextTurn()
    expect(told).toEqual(['cancelled', 'Error: odd'])
  })
})

interface Opening {
  /** What the sink says to a chunk. */
  readonly accepts?: (chunk: Uint8Array) => boolean
}

interface Opened {
  readonly stream: ByteStream
  readonly source: ByteSink & { last(): Uint8Array | undefined }
  /** What source and sink were told, in order. */
  readonly told: string[]
}

function open({ accepts = () => true }: Opening = {}): Opened {
  const told: string[] = []
  let inner: ByteSink | undefined
  let last: Uint8Array | undefined
  const stream = coalesceChunks({
    start(sink) {
      inner = sink
    },
    resume: () => void told.push('resumed'),
    cancel: () => void told.push('cancelled'),
  })
  stream.start({
    write(chunk) {
      const answer = accepts(chunk)
      last = chunk
      told.push(new TextDecoder().decode(chunk))
      return answer
    },
    end: () => void told.push('end'),
    fail: (error) => void told.push(String(error)),
  })
  if (inner === undefined) throw new Error('coalesceChunks has not started its source')
  const sink = inner
  return {
    stream,
    told,
    source: {
      write: (chunk) => sink.write(chunk),
      end: () => sink.end(),
      fail: (error) => sink.fail(error),
      last: () => last,
    },
  }
}
