import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ByteSink, ByteStream } from '../../../src/core/byte-stream.ts'
import { GatewayError } from '../../../src/core/errors.ts'
import { type GatewayResponse, isByteStream } from '../../../src/core/gateway-response.ts'
import { heartbeat } from '../../../src/sse/event-stream.ts'
import { streams } from '../../support/relay-in-test.ts'
import { answered, bodyOf, expectRefusal, json } from './answers.ts'
import { type Bench, openBench } from './open-idempotency.ts'

const events = 'data: {"choices":[{"index":0,"delta":{"content":"é"}}]}\n\ndata: [DONE]\n\n'
const encoder = new TextEncoder()

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.close())

describe('runIdempotent with a stream', () => {
  test('R21 replays it as a stream, without what only kept the connection warm', async () => {
    const source = createSource()
    const first = await answered(bench, source.answer)
    const read = bodyOf(first)
    const [opening, ...others] = events.split(/(?<=\n\n)/)
    source.sink().write(encoder.encode(opening))
    await nextTurn()
    await bench.pass(streams.heartbeatMs)
    source.sink().write(encoder.encode(others.join('')))
    source.sink().end()
    expect(await read).toBe(opening + new TextDecoder().decode(heartbeat) + others.join(''))
    const asked = bench.ask()
    const second = await asked.answer
    expect(isByteStream(second.body)).toBe(true)
    expect(second.headers).toMatchObject({ 'content-type': 'text/event-stream', 'idempotent-replayed': 'true' })
    expect(await bodyOf(second)).toBe(events)
    expect(asked.records).toMatchObject([
      { outcome: 'ok', isReplayed: true, status: 200, bytesOut: encoder.encode(events).length },
    ])
  })

  test('R21 is kept before its reader has seen the end', async () => {
    const source = createSource()
    const first = await answered(bench, source.answer)
    const read = bodyOf(first)
    await expectRefusal(bench.ask(), 'idempotency_in_progress')
    source.sink().write(encoder.encode(events))
    source.sink().end()
    await read
    expect((await bench.ask().answer).status).toBe(200)
  })

  test('R21 goes on where its reader leaves, keeps the Worker alive meanwhile, and is replayed whole', async () => {
    const source = createSource()
    const asked = bench.ask()
    await nextTurn()
    asked.made[0]?.give(source.answer)
    const { body } = await asked.answer
    const seen: Uint8Array[] = []
    start(body, { write: (chunk) => seen.push(chunk) > 0, end() {}, fail() {} })
    const [opening, ...others] = events.split(/(?<=\n\n)/)
    source.sink().write(encoder.encode(opening))
    await nextTurn()
    asked.leave()
    cancel(body)
    expect(asked.made[0]?.call.signal.aborted).toBe(false)
    expect(asked.deferred).toHaveLength(1)
    source.sink().write(encoder.encode(others.join('')))
    source.sink().end()
    await asked.deferred[0]
    expect(seen).toHaveLength(1)
    expect(source.wasCancelled()).toBe(false)
    expect(await bodyOf(await bench.ask().answer)).toBe(events)
    expect(bench.made).toHaveLength(1)
  })

  test('R21 is read where its reader had left before the answer came', async () => {
    const source = createSource()
    const asked = bench.ask()
    await nextTurn()
    asked.leave()
    asked.made[0]?.give(source.answer)
    await asked.answer
    source.sink().write(encoder.encode(events))
    source.sink().end()
    await asked.deferred[0]
    expect(await bodyOf(await bench.ask().answer)).toBe(events)
  })

  test('is not made where its caller left before anything was sent', async () => {
    const asked = bench.ask()
    asked.leave()
    await expect(asked.answer).rejects.toThrow()
    expect(asked.made).toEqual([])
    await answered(bench, json(200))
  })

  test('ends where the server itself must end it', async () => {
    const asked = bench.ask()
    await nextTurn()
    asked.leave(new GatewayError('draining', 'Bye.'))
    expect(asked.made[0]?.call.signal.aborted).toBe(true)
  })

  test.each([
    ['without its end', 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'],
    ['with an error', 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\ndata: {"error":{"message":"b"}}\n\n'],
  ])('R11 P08 is not kept where it comes %s, so that trying again may help', async (_how, text) => {
    const source = createSource()
    const first = await answered(bench, source.answer)
    const read = bodyOf(first)
    source.sink().write(encoder.encode(text))
    source.sink().end()
    await read
    await answered(bench, json(200))
    expect(bench.made).toHaveLength(2)
  })

  test('P08 is not kept where it breaks off', async () => {
    const source = createSource()
    const first = await answered(bench, source.answer)
    const read = bodyOf(first)
    source.sink().fail(new Error('reset'))
    expect(await read).toContain('"error"')
    await answered(bench, json(200))
  })

  test('R21 is not made again where it is too long to be kept, and none of it waits in memory', async () => {
    const source = createSource()
    const first = await answered(bench, source.answer)
    const read = bodyOf(first)
    const chunk = encoder.encode(`data: {"choices":[{"index":0,"delta":{"content":"${'x'.repeat(100_000)}"}}]}\n\n`)
    for (let count = 0; count < 11; count++) source.sink().write(chunk)
    source.sink().write(encoder.encode('data: [DONE]\n\n'))
    source.sink().end()
    expect((await read).length).toBeGreaterThan(1_100_000)
    await expectRefusal(bench.ask(), 'idempotency_unknown')
  })

  test('writes its record when it is over, with what the call says of itself', async () => {
    const source = createSource()
    const asked = bench.ask()
    await nextTurn()
    asked.made[0]?.give(source.answer)
    const { body } = await asked.answer
    const trace = asked.made[0]?.call.trace
    trace?.finish('client_gone', { status: 200 })
    asked.leave()
    cancel(body)
    expect(asked.records).toEqual([])
    source.sink().write(encoder.encode(events))
    source.sink().end()
    await asked.deferred[0]
    expect(asked.records).toMatchObject([{ outcome: 'client_gone', attempts: [{ outcome: 'ok', usage: undefined }] }])
  })
})

function start(body: GatewayResponse['body'], sink: ByteSink): void {
  if (isByteStream(body)) body.start(sink)
}

function cancel(body: GatewayResponse['body']): void {
  if (isByteStream(body)) body.cancel()
}

/** A stream that says what the test wants, when it wants. */
function createSource() {
  let target: ByteSink | undefined
  let isCancelled = false
  const body: ByteStream = {
    start(sink) {
      target = sink
    },
    resume() {},
    cancel() {
      isCancelled = true
    },
  }
  return {
    answer: { status: 200, headers: { 'content-type': 'text/event-stream' }, body } satisfies GatewayResponse,
    wasCancelled: () => isCancelled,
    sink(): ByteSink {
      if (target === undefined) throw new Error('nobody has started the stream')
      return target
    },
  }
}
