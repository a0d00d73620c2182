import { expect, test } from 'vitest'
import { type ByteSink, Pieces, pullStream } from '../../src/core/byte-stream.ts'

/** A stream of these chunks that then fails or ends, with a log of the events at its source and its sink. */
function openStream(chunks: readonly string[], failure?: Error) {
  const events: string[] = []
  const over = Promise.withResolvers<void>()
  const waiting = [...chunks]
  const stream = pullStream(
    async () => {
      const chunk = waiting.shift()
      if (chunk !== undefined) return { done: false, value: new TextEncoder().encode(chunk) }
      if (failure !== undefined) throw failure
      return { done: true }
    },
    async () => {
      events.push('closed')
    },
    (cause) => new Error('converted', { cause }),
  )
  const sink: ByteSink = {
    write(chunk) {
      events.push(new TextDecoder().decode(chunk))
      return true
    },
    end() {
      events.push('end')
      over.resolve()
    },
    fail(error) {
      events.push(error instanceof Error ? error.message : 'no error')
      over.resolve()
    },
  }
  return { stream, sink, events, over: over.promise }
}

test('a pulled stream pushes its chunks in order, and does not close a source that has ended', async () => {
  const { stream, sink, events, over } = openStream(['a', 'b'])
  stream.start(sink)
  await over
  stream.cancel()
  expect(events).toEqual(['a', 'b', 'end'])
})

test('a pulled stream does not read while it is paused, and continues after `resume`, also within the write', async () => {
  const { stream, sink, events, over } = openStream(['a', 'b', 'c'])
  const paused = Promise.withResolvers<void>()
  stream.start({
    ...sink,
    write(chunk) {
      sink.write(chunk)
      if (events.length === 1) stream.resume()
      else if (events.length === 2) paused.resolve()
      return false
    },
  })
  await paused.promise
  await new Promise((resolve) => setImmediate(resolve))
  expect(events).toEqual(['a', 'b'])
  stream.resume()
  stream.resume()
  await new Promise((resolve) => setImmediate(resolve))
  expect(events).toEqual(['a', 'b', 'c'])
  stream.resume()
  await over
  expect(events).toEqual(['a', 'b', 'c', 'end'])
})

test('a pulled stream closes its source once when it fails, and converts the error', async () => {
  const { stream, sink, events, over } = openStream(['a'], new Error('raw'))
  stream.start(sink)
  await over
  stream.cancel()
  expect(events).toEqual(['a', 'closed', 'converted'])
})

test('a cancelled pulled stream closes its source once and pushes nothing afterwards, also before its start', async () => {
  const { stream, sink, events } = openStream(['a'])
  stream.cancel()
  stream.cancel()
  stream.start(sink)
  await new Promise((resolve) => setImmediate(resolve))
  expect(events).toEqual(['closed'])
  const other = openStream(['a', 'b'])
  other.stream.start({
    ...other.sink,
    write(chunk) {
      other.stream.cancel()
      return other.sink.write(chunk)
    },
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(other.events).toEqual(['closed', 'a'])
})

test('case D3: holds chunks of one byte in little more than a byte each, in order (S87)', () => {
  const pieces = new Pieces()
  const large = new Uint8Array(10_000).fill(2)
  const before = process.memoryUsage().heapUsed
  for (let at = 0; at < 200_000; at++) pieces.add(Uint8Array.of(at))
  const grown = process.memoryUsage().heapUsed - before
  pieces.add(large)
  pieces.add(Uint8Array.of(7))
  const joined = pieces.join()
  expect(joined.length).toBe(pieces.length)
  expect([joined[0], joined[1], joined[65_536], joined[199_999], joined[200_000], joined.at(-1)]).toEqual([
    0,
    1,
    0,
    199_999 % 256,
    2,
    7,
  ])
  // Separate chunks would take 70 MB. The measured growth includes garbage that is not collected yet.
  expect(grown).toBeLessThan(60_000_000)
})
