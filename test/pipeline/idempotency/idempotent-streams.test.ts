import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ByteSink, ByteStream } from '../../../src/core/byte-stream.ts'
import { GatewayError } from '../../../src/core/errors.ts'
import { type GatewayResponse, isByteStream } from '../../../src/core/gateway-response.ts'
import { heartbeat } from '../../../src/sse/event-stream.ts'
import { streams } from '../../support/relay-in-test.ts'
import { type Bench, openBench } from './open-idempotency.ts'
import { bodyOf, callAndRespond, expectRefusal, json } from './responses.ts'

const events = 'data: {"choices":[{"index":0,"delta":{"content":"é"}}]}\n\ndata: [DONE]\n\n'
const encoder = new TextEncoder()

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.close())

describe('runIdempotent with a stream', () => {
  test('R21 replays a stream as a stream, without its heartbeats', async () => {
    const source = createSource()
    const first = await callAndRespond(bench, source.response)
    const read = bodyOf(first)
    const [opening, ...others] = events.split(/(?<=\n\n)/)
    source.sink().write(encoder.encode(opening))
    await yieldToEventLoop()
    await bench.pass(streams.heartbeatMs)
    source.sink().write(encoder.encode(others.join('')))
    source.sink().end()
    expect(await read).toBe(opening + new TextDecoder().decode(heartbeat) + others.join(''))
    const pending = bench.call()
    const second = await pending.response
    expect(isByteStream(second.body)).toBe(true)
    expect(second.headers).toMatchObject({ 'content-type': 'text/event-stream', 'idempotent-replayed': 'true' })
    expect(await bodyOf(second)).toBe(events)
    expect(pending.records).toMatchObject([
      { outcome: 'ok', isReplayed: true, status: 200, bytesOut: encoder.encode(events).length },
    ])
  })

  test('R21 stores a stream before its client receives the end', async () => {
    const source = createSource()
    const first = await callAndRespond(bench, source.response)
    const read = bodyOf(first)
    await expectRefusal(bench.call(), 'idempotency_in_progress')
    source.sink().write(encoder.encode(events))
    source.sink().end()
    await read
    expect((await bench.call().response).status).toBe(200)
  })

  test('R21 continues when its client disconnects, keeps the Worker alive, and replays the whole stream', async () => {
    const source = createSource()
    const pending = bench.call()
    await yieldToEventLoop()
    pending.sent[0]?.respond(source.response)
    const { body } = await pending.response
    const seen: Uint8Array[] = []
    start(body, { write: (chunk) => seen.push(chunk) > 0, end() {}, fail() {} })
    const [opening, ...others] = events.split(/(?<=\n\n)/)
    source.sink().write(encoder.encode(opening))
    await yieldToEventLoop()
    pending.leave()
    cancel(body)
    expect(pending.sent[0]?.call.signal.aborted).toBe(false)
    expect(pending.deferred).toHaveLength(1)
    source.sink().write(encoder.encode(others.join('')))
    source.sink().end()
    await pending.deferred[0]
    expect(seen).toHaveLength(1)
    expect(source.wasCancelled()).toBe(false)
    expect(await bodyOf(await bench.call().response)).toBe(events)
    expect(bench.sent).toHaveLength(1)
  })

  test('R21 reads the stream if its client disconnected before the response arrived', async () => {
    const source = createSource()
    const pending = bench.call()
    await yieldToEventLoop()
    pending.leave()
    pending.sent[0]?.respond(source.response)
    await pending.response
    source.sink().write(encoder.encode(events))
    source.sink().end()
    await pending.deferred[0]
    expect(await bodyOf(await bench.call().response)).toBe(events)
  })

  test('sends no call if its caller left before anything was sent', async () => {
    const pending = bench.call()
    pending.leave()
    await expect(pending.response).rejects.toThrow()
    expect(pending.sent).toEqual([])
    await callAndRespond(bench, json(200))
  })

  test('aborts the call if the server itself must end it', async () => {
    const pending = bench.call()
    await yieldToEventLoop()
    pending.leave(new GatewayError('draining', 'Bye.'))
    expect(pending.sent[0]?.call.signal.aborted).toBe(true)
  })

  test.each([
    ['without its end', 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'],
    ['with an error', 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\ndata: {"error":{"message":"b"}}\n\n'],
  ])('R11 P08 does not store a stream %s, because a retry may succeed', async (_how, text) => {
    const source = createSource()
    const first = await callAndRespond(bench, source.response)
    const read = bodyOf(first)
    source.sink().write(encoder.encode(text))
    source.sink().end()
    await read
    await callAndRespond(bench, json(200))
    expect(bench.sent).toHaveLength(2)
  })

  test('P08 does not store a stream that breaks off', async () => {
    const source = createSource()
    const first = await callAndRespond(bench, source.response)
    const read = bodyOf(first)
    source.sink().fail(new Error('reset'))
    expect(await read).toContain('"error"')
    await callAndRespond(bench, json(200))
  })

  test('R21 does not repeat a stream that is too long to store, and holds none of it in memory', async () => {
    const source = createSource()
    const first = await callAndRespond(bench, source.response)
    const read = bodyOf(first)
    const chunk = encoder.encode(`data: {"choices":[{"index":0,"delta":{"content":"${'x'.repeat(100_000)}"}}]}\n\n`)
    for (let count = 0; count < 11; count++) source.sink().write(chunk)
    source.sink().write(encoder.encode('data: [DONE]\n\n'))
    source.sink().end()
    expect((await read).length).toBeGreaterThan(1_100_000)
    await expectRefusal(bench.call(), 'idempotency_unknown')
  })

  test('writes the call’s record at the end of the stream, with the call’s own outcome', async () => {
    const source = createSource()
    const pending = bench.call()
    await yieldToEventLoop()
    pending.sent[0]?.respond(source.response)
    const { body } = await pending.response
    const trace = pending.sent[0]?.call.trace
    trace?.finish('client_gone', { status: 200 })
    pending.leave()
    cancel(body)
    expect(pending.records).toEqual([])
    source.sink().write(encoder.encode(events))
    source.sink().end()
    await pending.deferred[0]
    expect(pending.records).toMatchObject([{ outcome: 'client_gone', attempts: [{ outcome: 'ok', usage: undefined }] }])
  })
})

function start(body: GatewayResponse['body'], sink: ByteSink): void {
  if (isByteStream(body)) body.start(sink)
}

function cancel(body: GatewayResponse['body']): void {
  if (isByteStream(body)) body.cancel()
}

/** A stream whose writes the test controls. */
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
    response: { status: 200, headers: { 'content-type': 'text/event-stream' }, body } satisfies GatewayResponse,
    wasCancelled: () => isCancelled,
    sink(): ByteSink {
      if (target === undefined) throw new Error('the stream was not started')
      return target
    },
  }
}
