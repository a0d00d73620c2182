import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AbortSwitch } from '../../../src/core/abort-switch.ts'
import type { ByteSink, ByteStream } from '../../../src/core/byte-stream.ts'
import { GatewayError } from '../../../src/core/errors.ts'
import { drop, pass, type Stage, type StreamEnd, type Verdict } from '../../../src/pipeline/call/stage.ts'
import type { EventView } from '../../../src/sse/split-events.ts'
import { createManualClock } from '../../storage/model/create-manual-clock.ts'
import { relayInTest, streams } from '../../support/relay-in-test.ts'
import { silentTrace } from '../open-pipeline.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const textOf = ({ bytes, start, end }: EventView) => decoder.decode(bytes.subarray(start, end))
const event = (name: string) => `data: {"choices":[{"index":0,"delta":{"content":"${name}"}}]}\n\n`
const done = 'data: [DONE]\n\n'

interface OpenOptions {
  readonly isEvents?: boolean
  readonly hidesUsage?: boolean
  readonly isDrained?: boolean
}

/** A relay between an upstream that the test controls and a client that records its input. */
function open(stages: readonly Stage[], options: OpenOptions = {}) {
  let upstream: ByteSink | undefined
  const received: string[] = []
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
  const caller = new AbortSwitch()
  const deferred: Promise<unknown>[] = []
  const defer = (work: Promise<unknown>) => void deferred.push(work)
  const { stream, attempt, ends } = relayInTest(source, {
    trace: silentTrace,
    stages,
    clock,
    caller,
    defer,
    ...(options.isDrained === true && { drain: { limitMs: 60_000, defer } }),
    ...options,
  })
  return {
    received,
    written,
    stream,
    attempt,
    clock,
    ends,
    caller,
    deferred,
    resumes: () => resumes,
    isCancelled: () => isCancelled,
    fill: () => {
      isFull = true
    },
    start() {
      stream.start({
        write(chunk) {
          written.push(chunk)
          received.push(decoder.decode(chunk))
          return !isFull
        },
        end: () => void received.push('END'),
        fail: () => void received.push('CUT'),
      })
    },
    /** Writes one chunk of the upstream, and waits for the tick in which it passes. */
    async push(chunk: string | Uint8Array) {
      const accepts = upstream?.write(typeof chunk === 'string' ? encoder.encode(chunk) : chunk)
      await yieldToEventLoop()
      return accepts
    },
    async end() {
      upstream?.end()
      await yieldToEventLoop()
    },
    async fail(error: Error) {
      upstream?.fail(error)
      await yieldToEventLoop()
    },
  }
}

/** Returns the bytes that the client received. */
const whole = (received: readonly string[]) => received.filter((text) => text !== 'END' && text !== 'CUT').join('')

describe('a stage of a relay', () => {
  test('sees every event once, in order, however the bytes are split, and changes none by watching', async () => {
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
        expect(relayed.received.at(-1)).toBe('END')
        expect(whole(relayed.received)).toBe(text)
      }),
      { numRuns: 50 },
    )
  })

  test('leaves a chunk in one piece, uncopied, if it only watches', async () => {
    const relayed = open([{ onEvent: () => pass }])
    relayed.start()
    const chunk = encoder.encode(event('a') + event('b'))
    await relayed.push(chunk)
    expect(relayed.written).toEqual([chunk])
    expect(relayed.written[0]).toBe(chunk)
  })

  test('drops, changes and inserts events, and the stages after it see the result', async () => {
    const seen: string[] = []
    const editor: Stage = {
      onEvent(each): Verdict {
        const text = textOf(each)
        if (text.includes('"secret"')) return drop
        if (!text.includes('"b"')) return pass
        return {
          kind: 'replace',
          events: [event('before'), event('B'), event('after')].map((added) => encoder.encode(added)),
        }
      },
    }
    const watcher: Stage = { onEvent: (each) => (seen.push(textOf(each)) > 0 ? pass : drop) }
    const relayed = open([editor, watcher])
    relayed.start()
    await relayed.push(event('a') + event('secret') + event('b') + event('c') + done)
    const expected = [event('a'), event('before'), event('B'), event('after'), event('c'), done]
    expect(seen).toEqual(expected)
    expect(relayed.received).toEqual([...relayed.received.slice(0, -1), 'END'])
    expect(whole(relayed.received)).toBe(expected.join(''))
  })

  test('does not see the usage chunk that the relay hides', async () => {
    const seen: string[] = []
    const relayed = open([{ onEvent: (each) => (seen.push(textOf(each)) > 0 ? pass : drop) }], { hidesUsage: true })
    relayed.start()
    const usage = 'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n'
    await relayed.push(event('a') + usage + done)
    expect(seen).toEqual([event('a'), done])
    expect(whole(relayed.received)).toBe(event('a') + done)
    expect(relayed.attempt.usage).toMatchObject({ inputTokens: 1, outputTokens: 2 })
  })

  test('holds an event, everything after it and the end until its promise resolves, and pauses the upstream', async () => {
    const { promise, resolve } = Promise.withResolvers<Verdict>()
    const holder: Stage = {
      onEvent: (each) => (textOf(each).includes('"b"') ? { kind: 'hold', until: promise } : pass),
    }
    const relayed = open([holder])
    relayed.start()
    expect(await relayed.push(event('a') + event('b'))).toBe(true)
    expect(relayed.received).toEqual([event('a')])
    expect(await relayed.push(event('c'))).toBe(false)
    await relayed.push(done)
    expect(relayed.received).toEqual([event('a')])
    // The money is settled at the upstream's end, whatever the client waits for.
    expect(relayed.ends()).toBe(1)
    resolve(pass)
    await yieldToEventLoop()
    expect(relayed.received).toEqual([event('a'), event('b'), event('c'), done, 'END'])
  })

  test('ends the stream with the error of its rejected promise, and drains the upstream for its usage', async () => {
    const { promise, reject } = Promise.withResolvers<Verdict>()
    const ended: StreamEnd[] = []
    const holder: Stage = {
      onEvent: (each) => (textOf(each).includes('"b"') ? { kind: 'hold', until: promise } : pass),
    }
    const relayed = open([holder, { onEnd: (end) => void ended.push(end) as undefined }])
    relayed.start()
    await relayed.push(event('a') + event('b'))
    reject(new GatewayError('session_not_found', 'Gone.'))
    await yieldToEventLoop()
    expect(relayed.received.at(-1)).toBe('END')
    expect(relayed.received.at(-2)).toContain('"code":"session_not_found"')
    expect(whole(relayed.received)).not.toContain('[DONE]')
    expect(relayed.ends()).toBe(0)
    await relayed.push('data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n')
    await relayed.push(done)
    expect(relayed.ends()).toBe(1)
    expect(relayed.attempt).toMatchObject({ outcome: 'ok', usage: { outputTokens: 2 } })
    expect(ended).toMatchObject([{ isWhole: false, error: { code: 'session_not_found' } }])
  })

  test('delays the end until its onEnd resolves, and turns it into an error if that rejects', async () => {
    for (const fails of [false, true]) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const relayed = open([{ onEnd: () => promise }])
      relayed.start()
      await relayed.push(event('a') + done)
      expect(relayed.received).toEqual([event('a') + done])
      if (fails) reject(new GatewayError('store_unavailable', 'Down.'))
      else resolve()
      await yieldToEventLoop()
      expect(relayed.received.slice(1)).toEqual(fails ? [expect.stringContaining('store_unavailable'), 'END'] : ['END'])
    }
  })

  test('receives the end of the stream once', async () => {
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

  test('that outlives the client keeps the stream read to its end, and receives all bytes', async () => {
    let copy = ''
    const copier: Stage = {
      outlivesClient: true,
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
    expect(relayed.received).toEqual([event('a')])
    expect(copy).toBe(event('a') + event('b') + done)
    expect(relayed.attempt.outcome).toBe('ok')
  })

  test('receives bytes without events as they pass, and the client’s connection is cut if they break off', async () => {
    const chunks: string[] = []
    const relayed = open([{ onBytes: (bytes) => void chunks.push(decoder.decode(bytes)) }], { isEvents: false })
    relayed.start()
    await relayed.push('ID3')
    await relayed.push('more')
    await relayed.fail(new Error('reset'))
    expect(chunks).toEqual(['ID3', 'more'])
    expect(relayed.received).toEqual(['ID3', 'more', 'CUT'])
    expect(relayed.attempt).toMatchObject({ outcome: 'interrupted', errorCode: 'upstream_interrupted' })
  })

  test('R08 pauses the upstream for a full client, also behind held events, until it resumes', async () => {
    const { promise, resolve } = Promise.withResolvers<Verdict>()
    const relayed = open([
      { onEvent: (each) => (textOf(each).includes('"a"') ? { kind: 'hold', until: promise } : pass) },
    ])
    relayed.start()
    relayed.fill()
    await relayed.push(event('a'))
    const before = relayed.resumes()
    resolve(pass)
    await yieldToEventLoop()
    expect(relayed.resumes()).toBe(before)
    relayed.stream.resume()
    expect(relayed.resumes()).toBe(before + 1)
  })
})

/** Holds the events with this name until the test decides. */
function holding(name: string): { readonly stage: Stage; readonly decision: PromiseWithResolvers<Verdict> } {
  const decision = Promise.withResolvers<Verdict>()
  const stage: Stage = {
    onEvent: (each) => (textOf(each).includes(`"${name}"`) ? { kind: 'hold', until: decision.promise } : pass),
  }
  return { stage, decision }
}

/** Copies all bytes, as an `Idempotency-Key` does. */
function copying(): { readonly stage: Stage; readonly text: () => string; readonly ends: StreamEnd[] } {
  let copy = ''
  const ends: StreamEnd[] = []
  const stage: Stage = {
    outlivesClient: true,
    onBytes: (bytes) => {
      copy += decoder.decode(bytes)
    },
    onEnd: (end) => void ends.push(end) as undefined,
  }
  return { stage, text: () => copy, ends }
}

describe('a relay', () => {
  test('keeps the outcome of a stream whose client closes after the last byte, as Node does for every response', async () => {
    const relayed = open([])
    relayed.start()
    await relayed.push(event('a') + done)
    relayed.stream.cancel()
    await relayed.end()
    expect(relayed.attempt).toMatchObject({ outcome: 'ok', errorCode: undefined })
    expect(relayed.ends()).toBe(1)
  })

  test('sends the end of the stream to a client that starts late', async () => {
    const relayed = open([])
    relayed.stream.interrupt?.(new GatewayError('draining', 'Stopping.'))
    relayed.start()
    expect(relayed.received).toEqual([expect.stringContaining('"code":"draining"'), 'END'])
    expect(relayed.ends()).toBe(1)
  })

  test('passes everything to a stage that outlives the client, even if the client disconnects during a hold', async () => {
    const { stage: holder, decision } = holding('b')
    const copy = copying()
    const relayed = open([holder, copy.stage])
    relayed.start()
    await relayed.push(event('a') + event('b'))
    await relayed.push(event('c') + done)
    relayed.stream.cancel()
    decision.resolve(pass)
    await yieldToEventLoop()
    expect(copy.text()).toBe(event('a') + event('b') + event('c') + done)
    expect(copy.ends).toMatchObject([{ isWhole: true }])
    expect(relayed.received).toEqual([event('a')])
    expect(relayed.ends()).toBe(1)
  })

  test('shows a held event to the stages behind its holder only once it is released, in order', async () => {
    const seen: string[] = []
    const { stage: holder, decision } = holding('b')
    const relayed = open([holder, { onEvent: (each) => (seen.push(textOf(each)) > 0 ? pass : drop) }])
    relayed.start()
    await relayed.push(event('a') + event('b') + event('c'))
    expect(seen).toEqual([event('a')])
    decision.resolve({ kind: 'replace', events: [encoder.encode(event('B'))] })
    await yieldToEventLoop()
    expect(seen).toEqual([event('a'), event('B'), event('c')])
    expect(whole(relayed.received)).toBe(event('a') + event('B') + event('c'))
  })

  test('reports cut bytes as not whole, and cuts the connection if a stage fails at their end', async () => {
    const cut = copying()
    const broken = open([cut.stage], { isEvents: false })
    broken.start()
    await broken.push('ID3')
    await broken.fail(new Error('reset'))
    expect(cut.ends).toMatchObject([{ isWhole: false }])
    const failing = open([{ onEnd: () => Promise.reject(new GatewayError('store_unavailable', 'Down.')) }], {
      isEvents: false,
    })
    failing.start()
    await failing.push('ID3')
    await failing.end()
    expect(failing.received).toEqual(['ID3', 'CUT'])
  })

  test('holds nothing more once a stage has failed, and stops reading at the drain limit', async () => {
    const { stage: holder, decision } = holding('b')
    const relayed = open([holder])
    relayed.start()
    await relayed.push(event('b'))
    decision.reject(new GatewayError('store_unavailable', 'Down.'))
    await yieldToEventLoop()
    expect(await relayed.push(event('b'))).toBe(true)
    expect(relayed.received).toEqual([expect.stringContaining('store_unavailable'), 'END'])
    // The client has received its error and disconnects, which does not affect the attempt.
    relayed.stream.cancel()
    expect(relayed.ends()).toBe(0)
    relayed.clock.advance(streams.drainMs)
    expect(relayed.ends()).toBe(1)
    expect(relayed.isCancelled()).toBe(true)
    await Promise.all(relayed.deferred)
  })

  test('drains a stream whose client has disconnected even if a stage fails', async () => {
    const { stage: holder, decision } = holding('b')
    const relayed = open([holder], { isDrained: true })
    relayed.start()
    await relayed.push(event('a') + event('b'))
    relayed.stream.cancel()
    decision.reject(new GatewayError('store_unavailable', 'Down.'))
    await yieldToEventLoop()
    expect(relayed.isCancelled()).toBe(false)
    await relayed.push('data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n')
    await relayed.push(done)
    expect(relayed.attempt).toMatchObject({ outcome: 'client_gone', usage: { outputTokens: 2 } })
    expect(relayed.ends()).toBe(1)
    await Promise.all(relayed.deferred)
  })

  test('sends heartbeats while an event is held, and does not blame the upstream for the silence', async () => {
    const { stage: holder, decision } = holding('b')
    const relayed = open([holder])
    relayed.start()
    await relayed.push(event('b'))
    // Longer than the upstream's idle timeout.
    for (let ms = 0; ms < 400_000; ms += streams.heartbeatMs) relayed.clock.advance(streams.heartbeatMs)
    expect(relayed.received.length).toBeGreaterThan(10)
    expect(new Set(relayed.received)).toEqual(new Set([relayed.received[0]]))
    expect(relayed.received[0]).toMatch(/^:/)
    decision.resolve(pass)
    await yieldToEventLoop()
    await relayed.push(done)
    expect(whole(relayed.received)).toContain(event('b') + done)
    expect(relayed.attempt.outcome).toBe('ok')
  })

  test('R09 cuts off a client that reads nothing, and records it', async () => {
    const relayed = open([])
    relayed.start()
    relayed.fill()
    await relayed.push(event('a'))
    relayed.clock.advance(streams.stalledReaderMs)
    expect(relayed.received.at(-1)).toBe('CUT')
    expect(relayed.attempt).toMatchObject({ outcome: 'client_gone', errorCode: 'request_timeout' })
    expect(relayed.isCancelled()).toBe(true)
    expect(relayed.ends()).toBe(1)
  })

  test('ends its attempt once and its client at most once, whatever stages, client and upstream do', async () => {
    const verdicts = fc.constantFrom('pass', 'drop', 'replace', 'hold', 'fail')
    const step = fc.oneof(
      fc.record({ kind: fc.constant('push' as const), size: fc.integer({ min: 1, max: 120 }) }),
      fc.record({
        kind: fc.constantFrom('release', 'cancel', 'interrupt', 'failUpstream', 'endUpstream', 'resume', 'start'),
      }),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(verdicts, { minLength: 4, maxLength: 4 }),
        fc.array(step, { maxLength: 14 }),
        fc.boolean(),
        fc.boolean(),
        async (plan, steps, outlives, isDrained) => {
          const decisions: PromiseWithResolvers<Verdict>[] = []
          let index = 0
          let stageEnds = 0
          const stage: Stage = {
            outlivesClient: outlives,
            onEvent(each) {
              switch (plan[index++ % plan.length]) {
                case 'drop':
                  return drop
                case 'replace':
                  return { kind: 'replace', events: [encoder.encode(event('made')), encoder.encode(textOf(each))] }
                case 'hold':
                case 'fail': {
                  const decision = Promise.withResolvers<Verdict>()
                  decisions.push(decision)
                  return { kind: 'hold', until: decision.promise }
                }
                default:
                  return pass
              }
            },
            onEnd() {
              stageEnds += 1
              return undefined
            },
          }
          const relayed = open([stage], { isDrained })
          const bytes = encoder.encode(event('a') + event('b') + event('c') + done)
          let at = 0
          let isStarted = false
          const start = () => {
            if (!isStarted) relayed.start()
            isStarted = true
          }
          const release = async () => {
            const decision = decisions.shift()
            if (plan.includes('fail') && decisions.length % 2 === 1) decision?.reject(new Error('stage'))
            else decision?.resolve(pass)
            await yieldToEventLoop()
          }
          for (const each of steps) {
            switch (each.kind) {
              case 'push':
                await relayed.push(bytes.slice(at, at + each.size))
                if (isStarted) at += each.size
                break
              case 'release':
                await release()
                break
              case 'cancel':
                relayed.caller.abort(undefined)
                relayed.stream.cancel()
                break
              case 'interrupt':
                relayed.stream.interrupt?.(new GatewayError('draining', 'Stopping.'))
                break
              case 'failUpstream':
                await relayed.fail(new Error('reset'))
                break
              case 'endUpstream':
                await relayed.end()
                break
              case 'resume':
                if (isStarted) relayed.stream.resume()
                break
              case 'start':
                start()
                break
            }
          }
          start()
          await relayed.push(bytes.slice(at))
          await relayed.end()
          while (decisions.length > 0) await release()
          relayed.clock.runTimers()
          await yieldToEventLoop()
          expect(relayed.ends()).toBe(1)
          expect(stageEnds).toBe(1)
          const last = relayed.received.filter((text) => text === 'END' || text === 'CUT')
          expect(last.length).toBeLessThanOrEqual(1)
          if (last.length === 1) expect(relayed.received.at(-1)).toBe(last[0])
          const text = whole(relayed.received)
          if (text.includes('"error"')) expect(text).not.toContain('[DONE]')
          await Promise.all(relayed.deferred)
        },
      ),
      { numRuns: 300 },
    )
  })
})
