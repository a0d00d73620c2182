import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/core/errors.ts'
import { type Bench, chat, openBench } from './open-idempotency.ts'
import { bodyOf, callAndRespond, expectRefusal, json } from './responses.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.close())

describe('runIdempotent', () => {
  test('R21 replays the stored response byte for byte, with its status, and sends the call once', async () => {
    const first = await callAndRespond(bench, json(200, '{ "id":"é", "n":1.0 }', { 'x-weir-provider': 'openai' }))
    const second = await bench.call().response
    expect(second).toMatchObject({ status: 200, headers: { ...first.headers, 'idempotent-replayed': 'true' } })
    expect(await bodyOf(second)).toBe('{ "id":"é", "n":1.0 }')
    expect(bench.sent).toHaveLength(1)
  })

  test('P05 replays no header with the status of limits', async () => {
    await callAndRespond(bench, {
      ...json(200, '{}'),
      callHeaders: { 'x-ratelimit-limit-requests': '3', ratelimit: '"a";r=1', 'x-generation-id': 'gen_1' },
    })
    expect((await bench.call().response).headers).toEqual({
      ...{ 'content-type': 'application/json', 'x-generation-id': 'gen_1', 'idempotent-replayed': 'true' },
    })
  })

  test('P08 refuses the same call while the first is running, however long it takes', async () => {
    const first = bench.call()
    await yieldToEventLoop()
    for (let minutes = 0; minutes < 20; minutes += 5) {
      await expectRefusal(bench.call(), 'idempotency_in_progress')
      await bench.pass(300_000)
    }
    first.sent[0]?.respond(json(200))
    await first.response
    expect((await bench.call().response).status).toBe(200)
    expect(bench.sent).toHaveLength(1)
  })

  test('P08 refuses a different body under the same key, even if it differs in a space', async () => {
    await callAndRespond(bench, json(200))
    await expectRefusal(bench.call({ body: { ...chat, n: 2 } }), 'idempotency_mismatch')
    await expectRefusal(bench.call({ body: { ...chat, user: ' ' } }), 'idempotency_mismatch')
  })

  test('S78 keeps one caller’s key independent of another’s', async () => {
    await callAndRespond(bench, json(200, '{"secret":1}'))
    const other = bench.call({ owner: 'key:bob', body: { ...chat, n: 2 } })
    await yieldToEventLoop()
    other.sent[0]?.respond(json(200, '{"own":1}'))
    expect(await bodyOf(await other.response)).toBe('{"own":1}')
  })

  test('S78 sends no Idempotency-Key upstream, where callers share an account', async () => {
    const pending = bench.call()
    await yieldToEventLoop()
    expect(pending.sent[0]?.call.headers).toEqual({ accept: '*/*' })
  })

  test.each([400, 404, 413, 422])('P08 stores a response of %d, which a retry would not change', async (status) => {
    await callAndRespond(bench, json(status))
    expect((await bench.call().response).status).toBe(status)
    expect(bench.sent).toHaveLength(1)
  })

  test.each([408, 409, 425, 429, 500, 502, 503, 504, 529])(
    'P08 stores no response of %d, because a retry may succeed',
    async (status) => {
      await callAndRespond(bench, json(status))
      await callAndRespond(bench, json(200))
      expect(bench.sent).toHaveLength(2)
    },
  )

  test('P08 stores no call that Weir refused', async () => {
    const first = bench.call()
    await yieldToEventLoop()
    first.sent[0]?.fail(new GatewayError('rate_limit_exceeded', 'Later.'))
    await expectRefusal(first, 'rate_limit_exceeded')
    await callAndRespond(bench, json(200))
  })

  test('R21 does not repeat a call after a crash, and reports its result as unknown', async () => {
    bench.call()
    await yieldToEventLoop()
    bench.crash()
    await expectRefusal(bench.call(), 'idempotency_in_progress')
    await bench.pass(30_000)
    await expectRefusal(bench.call(), 'idempotency_unknown')
    await bench.pass(23 * 3_600_000)
    await expectRefusal(bench.call(), 'idempotency_unknown')
    await bench.pass(3_600_000)
    await callAndRespond(bench, json(200))
    expect(bench.sent).toHaveLength(2)
  })

  test('stores a response for a day, then sends the call again', async () => {
    await callAndRespond(bench, json(200))
    await bench.pass(86_399_999)
    expect((await bench.call().response).headers).toHaveProperty('idempotent-replayed')
    await bench.pass(1)
    await callAndRespond(bench, json(200))
    expect(bench.sent).toHaveLength(2)
  })

  test('R21 does not repeat a call whose response is too long to store', async () => {
    const long = 'x'.repeat(1_024 * 1_024 + 1)
    expect(await bodyOf(await callAndRespond(bench, json(200, long)))).toBe(long)
    await expectRefusal(bench.call(), 'idempotency_unknown')
    expect(bench.sent).toHaveLength(1)
  })

  test.each([
    ['nothing', ''],
    ['too much', 'x'.repeat(256)],
    ['a letter beyond ASCII', 'caf\u00e9'],
    ['a tab', 'a\tb'],
    ['a control character', '\u007f'],
  ])('P08 refuses an invalid key: %s', async (_name, key) => {
    const pending = bench.call({ key })
    await expectRefusal(pending, 'invalid_value')
    expect(pending.sent).toEqual([])
  })

  test('P08 accepts any other key', async () => {
    for (const key of ['"8e03978e-40d5-43e8-bc93-6894a57f9324"', 'x'.repeat(255), ' ', "it's; --"]) {
      const pending = bench.call({ key })
      await yieldToEventLoop()
      expect(pending.sent, key).toHaveLength(1)
    }
  })

  test('S78 refuses a key of anonymous callers, who share one identity', async () => {
    await expectRefusal(bench.call({ isAnonymous: true }), 'header_not_allowed')
  })
})

describe('runIdempotent with a store that fails', () => {
  test('sends no call whose key cannot be claimed', async () => {
    const failing = { claim: () => Promise.reject(new GatewayError('store_unavailable', 'Down.')) }
    const own = await openBench({ idempotency: failing as never })
    const pending = own.call()
    await expectRefusal(pending, 'store_unavailable')
    expect(pending.sent).toEqual([])
    own.close()
  })

  test('returns a response that could not be stored', async () => {
    const down = () => Promise.reject(new GatewayError('store_unavailable', 'Down.'))
    const failing = { claim: async () => ({ kind: 'claimed' }), renew: down, keep: down, release: down }
    const own = await openBench({ idempotency: failing as never })
    const pending = own.call()
    await yieldToEventLoop()
    await own.pass(60_000)
    pending.sent[0]?.respond(json(200))
    expect((await pending.response).status).toBe(200)
    own.close()
  })
})
