import { setImmediate as nextTurn } from 'node:timers/promises'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ByteSink, ByteStream } from '../../src/core/byte-stream.ts'
import { GatewayError } from '../../src/core/errors.ts'
import type { EventView } from '../../src/core/event-view.ts'
import { drop, pass, type Stage, type StreamEnd, type Verdict } from '../../src/pipeline/stream/stage.ts'
import { createManualClock } from '../storage/model/create-manual-clock.ts'
import { relayInTest } from '../support/relay-in-test.ts'
import { deafTrace } from './open-pipeline.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const textOf = ({ bytes, start, end }: EventView) => decoder.decode(bytes.subarray(start, end))
const event = (name: string) => `data: {"choices":[{"index":0,"delta":{"content":"${name}"}}]}\n\n`
const done = 'data: [DONE]\n\n'

/** A relay between an upstream that a test plays and a reader that notes all it is told. */
function open(stages: readonly Stage[], options: { readonly isEvents?: boolean; readonly hidesUsage?: boolean } = {}) {
  let upstream: ByteSink | undefined
  const told: string[] = []
  const written: Uint8Array[] = []
  let isFull = false
  let resumes = 0
  let isCancelled = false
  const source: ByteStream = {
    start(sink) {
      upstream = sink
    },
    resume() {
      resumes += 1
    },
    cancel() {
      isCancelled = true
    },
  }
  const clock = createManualClock()
  const { stream, attempt } = relayInTest(source, { trace: deafTrace, stages, clock, ...options })
  let ends = 0
  attempt.whenEnded(() => {
    ends += 1
    return undefined
  })
  return {
    told,
    written,
    stream,
    attempt,
    clock,
    ends: () => ends,
    resumes: () => resumes,
    isCancelled: () => isCancelled,
    fill: () => {
      isFull = true
    },
    start() {
      stream.start({
        write(chunk) {
          written.push(chunk)
          told.push(decoder.decode(chunk))
          return !isFull
        },
        end: () => void told.push('END'),
        fail: () => void told.push('CUT'),
      })
    },
    /** One chunk of the upstream, and the turn in which it passes. */
    async push(chunk: string | Uint8Array) {
      const accepts = upstream?.write(typeof chunk === 'string' ? encoder.encode(chunk) : chunk)
      await nextTurn()
      return accepts
    },
    async end() {
      upstream?.end()
      await nextTurn()
    },
    async fail(error: Error) {
      upstream?.fail(error)
      await nextTurn()
    },
  }
}

/** The bytes that the reader got. */
const whole = (told: readonly string[]) => told.filter((text) => text !== 'END' && text !== 'CUT').join('')

describe('a stage of a relay', () => {
  test('sees every event once, in order, however the bytes are cut, and changes none by watching', async () => {
    const text = `: hi\n\n${event('a')}${event('é')}${event('c')}${done}`
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 90 })), async (sizes) => {
        const seen: string[] = []
        const relayed = open([{ onEvent: (each) => (seen.push(textOf(each)) > 0 ? pass : drop) }])
        relayed.start()
        const bytes = encoder.encode(text)
        let at = 0
        for (const size of [...sizes, bytes.length]) {
          await relayed.push(bytes.slice(at, at + size))
          at += size
        }
        await relayed.end()
        expect(seen).toEqual([': hi\n\n', event('a'), event('é'), event('c'), done])
        expect(relayed.told.at(-1)).toBe('END')
        expect(whole(relayed.told)).toBe(text)
      }),
      { numRuns: 50 },
    )
  })

  test('that only watches leaves a chunk in one piece, uncopied', async () => {
    const relayed = open([{ onEvent: () => pass }])
    relayed.start()
    const chunk = encoder.encode(event('a') + event('b'))
    await relayed.push(chunk)
    expect(relayed.written).toEqual([chunk])
    expect(relayed.written[0]).toBe(chunk)
  })

  test('drops, changes and inserts events, and the stages after it see its work', async () => {
    const seen: string[] = []
    const editor: Stage = {
      onEvent(each): Verdict {
        const text = textOf(each)
        if (text.includes('"secret"')) return drop
        if (!text.includes('"b"')) return pass
        return {
          kind: 'replace',
          events: [event('before'), event('B'), event('after')].map((made) => encoder.encode(made)),
        }
      },
    }
    const watcher: Stage = { onEvent: (each) => (seen.push(textOf(each)) > 0 ? pass : drop) }
    const relayed = open([editor, watcher])
    relayed.start()
    await relayed.push(event('a') + event('secret') + event('b') + event('c') + done)
    const expected = [event('a'), event('before'), event('B'), event('after'), event('c'), done]
    expect(seen).toEqual(expected)
    expect(relayed.told).toEqual([...relayed.told.slice(0, -1), 'END'])
    expect(whole(relayed.told)).toBe(expected.join(''))
  })

  test('does not see the usage chunk that the relay hides', async () => {
    const seen: string[] = []
    const relayed = open([{ onEvent: (each) => (seen.push(textOf(each)) > 0 ? pass : drop) }], { hidesUsage: true })
    relayed.start()
    const usage = 'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n'
    await relayed.push(event('a') + usage + done)
    expect(seen).toEqual([event('a'), done])
    expect(whole(relayed.told)).toBe(event('a') + done)
    expect(relayed.attempt.usage).toMatchObject({ inputTokens: 1, outputTokens: 2 })
  })

  test('holds an event, and everything after it, the end too, until its promise resolves; the upstream pauses', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const holder: Stage = {
      onEvent: (each) => (textOf(each).includes('"b"') ? { kind: 'hold', until: promise } : pass),
    }
    const relayed = open([holder])
    relayed.start()
    expect(await relayed.push(event('a') + event('b'))).toBe(true)
    expect(relayed.told).toEqual([event('a')])
    expect(await relayed.push(event('c'))).toBe(false)
    await relayed.push(done)
    expect(relayed.told).toEqual([event('a')])
    // The money is settled at the upstream's end, whatever the reader waits for.
    expect(relayed.ends()).toBe(1)
    resolve()
    await nextTurn()
    expect(relayed.told).toEqual([event('a'), event('b'), event('c'), done, 'END'])
  })

  test('whose promise rejects ends the stream in that error, and the upstream is read on for its usage', async () => {
    const { promise, reject } = Promise.withResolvers<void>()
    const ended: StreamEnd[] = []
    const holder: Stage = {
      onEvent: (each) => (textOf(each).includes('"b"') ? { kind: 'hold', until: promise } : pass),
    }
    const relayed = open([holder, { onEnd: (end) => void ended.push(end) as undefined }])
    relayed.start()
    await relayed.push(event('a') + event('b'))
    reject(new GatewayError('session_not_found', 'Gone.'))
    await nextTurn()
    expect(relayed.told.at(-1)).toBe('END')
    expect(relayed.told.at(-2)).toContain('"code":"session_not_found"')
    expect(whole(relayed.told)).not.toContain('[DONE]')
    expect(relayed.ends()).toBe(0)
    await relayed.push('data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n')
    await relayed.push(done)
    expect(relayed.ends()).toBe(1)
    expect(relayed.attempt).toMatchObject({ outcome: 'ok', usage: { outputTokens: 2 } })
    expect(ended).toMatchObject([{ isWhole: false, error: { code: 'session_not_found' } }])
  })

  test('delays the end until its own is done, and makes it an error where that fails', async () => {
    for (const fails of [false, true]) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const relayed = open([{ onEnd: () => promise }])
      relayed.start()
      await relayed.push(event('a') + done)
      expect(relayed.told).toEqual([event('a') + done])
      if (fails) reject(new GatewayError('store_unavailable', 'Down.'))
      else resolve()
      await nextTurn()
      expect(relayed.told.slice(1)).toEqual(fails ? [expect.stringContaining('store_unavailable'), 'END'] : ['END'])
    }
  })

  test('is told once how the stream ended', async () => {
    const ends: StreamEnd[] = []
    const note: Stage = { onEnd: (end) => void ends.push(end) as undefined }
    const complete = open([note])
    complete.start()
    await complete.push(event('a') + done)
    await complete.end()
    const broken = open([note])
    broken.start()
    await broken.push(event('a'))
    await broken.fail(new GatewayError('upstream_interrupted', 'Reset.'))
    const left = open([note])
    left.start()
    await left.push(event('a'))
    left.stream.cancel()
    left.stream.cancel()
    expect(ends).toMatchObject([
      { outcome: 'ok', isWhole: true, error: undefined },
      { outcome: 'interrupted', isWhole: false, error: { code: 'upstream_interrupted' } },
      { outcome: 'client_gone', isWhole: false, error: undefined },
    ])
    expect([complete.ends(), broken.ends(), left.ends()]).toEqual([1, 1, 1])
    expect([broken.isCancelled(), left.isCancelled()]).toEqual([true, true])
  })

  test('that outlives the reader has the stream read to its end, and gets all bytes that would have passed', async () => {
    let copy = ''
    const copier: Stage = {
      outlivesReader: true,
      onBytes: (bytes) => {
        copy += decoder.decode(bytes)
      },
    }
    const relayed = open([copier])
    relayed.start()
    await relayed.push(event('a'))
    relayed.stream.cancel()
    expect(relayed.isCancelled()).toBe(false)
    relayed.clock.runTimers()
    await relayed.push(event('b') + done)
    expect(relayed.told).toEqual([event('a')])
    expect(copy).toBe(event('a') + event('b') + done)
    expect(relayed.attempt.outcome).toBe('ok')
  })

  test('of bytes that are no events gets them as they pass, and a cut is told as a cut', async () => {
    const chunks: string[] = []
    const relayed = open([{ onBytes: (bytes) => void chunks.push(decoder.decode(bytes)) }], { isEvents: false })
    relayed.start()
    await relayed.push('ID3')
    await relayed.push('more')
    await relayed.fail(new Error('reset'))
    expect(chunks).toEqual(['ID3', 'more'])
    expect(relayed.told).toEqual(['ID3', 'more', 'CUT'])
    expect(relayed.attempt).toMatchObject({ outcome: 'interrupted', errorCode: 'upstream_interrupted' })
  })

  test('R08 a reader who is full pauses the upstream also behind held events, and resumes it', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const relayed = open([
      { onEvent: (each) => (textOf(each).includes('"a"') ? { kind: 'hold', until: promise } : pass) },
    ])
    relayed.start()
    relayed.fill()
    await relayed.push(event('a'))
    const before = relayed.resumes()
    resolve()
    await nextTurn()
    expect(relayed.resumes()).toBe(before)
    relayed.stream.resume()
    expect(relayed.resumes()).toBe(before + 1)
  })
})
