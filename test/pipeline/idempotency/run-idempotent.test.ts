import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { GatewayError } from '../../../src/core/errors.ts'
import { answered, bodyOf, expectRefusal, json } from './answers.ts'
import { type Bench, chat, openBench } from './open-idempotency.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench()
})
afterEach(() => bench.close())

describe('runIdempotent', () => {
  test('R21 gives the stored answer byte for byte, with its status, and makes the call once', async () => {
    const first = await answered(bench, json(200, '{ "id":"é", "n":1.0 }', { 'x-weir-provider': 'openai' }))
    const second = await bench.ask().answer
    expect(second).toMatchObject({ status: 200, headers: { ...first.headers, 'idempotent-replayed': 'true' } })
    expect(await bodyOf(second)).toBe('{ "id":"é", "n":1.0 }')
    expect(bench.made).toHaveLength(1)
  })

  test('P05 replays no header that tells how the limits stood', async () => {
    await answered(bench, {
      ...json(200, '{}'),
      callHeaders: { 'x-ratelimit-limit-requests': '3', ratelimit: '"a";r=1', 'x-generation-id': 'gen_1' },
    })
    expect((await bench.ask().answer).headers).toEqual({
      ...{ 'content-type': 'application/json', 'x-generation-id': 'gen_1', 'idempotent-replayed': 'true' },
    })
  })

  test('P08 refuses the same call while the first one runs, however long that takes', async () => {
    const first = bench.ask()
    await nextTurn()
    for (let minutes = 0; minutes < 20; minutes += 5) {
      await expectRefusal(bench.ask(), 'idempotency_in_progress')
      await bench.pass(300_000)
    }
    first.made[0]?.give(json(200))
    await first.answer
    expect((await bench.ask().answer).status).toBe(200)
    expect(bench.made).toHaveLength(1)
  })

  test('P08 refuses another body under the same key, also one that differs in a space', async () => {
    await answered(bench, json(200))
    await expectRefusal(bench.ask({ body: { ...chat, n: 2 } }), 'idempotency_mismatch')
    await expectRefusal(bench.ask({ body: { ...chat, user: ' ' } }), 'idempotency_mismatch')
  })

  test('S78 a key of one caller says nothing to another', async () => {
    await answered(bench, json(200, '{"secret":1}'))
    const other = bench.ask({ owner: 'key:bob', body: { ...chat, n: 2 } })
    await nextTurn()
    other.made[0]?.give(json(200, '{"own":1}'))
    expect(await bodyOf(await other.answer)).toBe('{"own":1}')
  })

  test('S78 sends no key upstream, where callers share an account', async () => {
    const asked = bench.ask()
    await nextTurn()
    expect(asked.made[0]?.call.headers).toEqual({ accept: '*/*' })
  })

  test.each([400, 404, 413, 422])('P08 keeps an answer of %d, which would be the same again', async (status) => {
    await answered(bench, json(status))
    expect((await bench.ask().answer).status).toBe(status)
    expect(bench.made).toHaveLength(1)
  })

  test.each([408, 409, 425, 429, 500, 502, 503, 504, 529])(
    'P08 keeps no answer of %d, so that trying again may help',
    async (status) => {
      await answered(bench, json(status))
      await answered(bench, json(200))
      expect(bench.made).toHaveLength(2)
    },
  )

  test('P08 keeps nothing of what Weir refused', async () => {
    const first = bench.ask()
    await nextTurn()
    first.made[0]?.fail(new GatewayError('rate_limit_exceeded', 'Later.'))
    await expectRefusal(first, 'rate_limit_exceeded')
    await answered(bench, json(200))
  })

  test('R21 after a crash the call is not made again, and nobody pretends to know how it ended', async () => {
    bench.ask()
    await nextTurn()
    bench.crash()
    await expectRefusal(bench.ask(), 'idempotency_in_progress')
    await bench.pass(30_000)
    await expectRefusal(bench.ask(), 'idempotency_unknown')
    await bench.pass(23 * 3_600_000)
    await expectRefusal(bench.ask(), 'idempotency_unknown')
    await bench.pass(3_600_000)
    await answered(bench, json(200))
    expect(bench.made).toHaveLength(2)
  })

  test('keeps an answer for a day, and then makes the call anew', async () => {
    await answered(bench, json(200))
    await bench.pass(86_399_999)
    expect((await bench.ask().answer).headers).toHaveProperty('idempotent-replayed')
    await bench.pass(1)
    await answered(bench, json(200))
    expect(bench.made).toHaveLength(2)
  })

  test('R21 does not make a call again whose answer is too long to be kept', async () => {
    const long = 'x'.repeat(1_024 * 1_024 + 1)
    expect(await bodyOf(await answered(bench, json(200, long)))).toBe(long)
    await expectRefusal(bench.ask(), 'idempotency_unknown')
    expect(bench.made).toHaveLength(1)
  })

  test.each([
    ['nothing', ''],
    ['too much', 'x'.repeat(256)],
    ['a letter beyond ASCII', 'caf\u00e9'],
    ['a tab', 'a\tb'],
    ['a control character', '\u007f'],
  ])('P08 refuses a key that is no such text: %s', async (_what, key) => {
    const asked = bench.ask({ key })
    await expectRefusal(asked, 'invalid_value')
    expect(asked.made).toEqual([])
  })

  test('P08 takes any other', async () => {
    for (const key of ['"8e03978e-40d5-43e8-bc93-6894a57f9324"', 'x'.repeat(255), ' ', "it's; --"]) {
      const asked = bench.ask({ key })
      await nextTurn()
      expect(asked.made, key).toHaveLength(1)
    }
  })

  test('S78 refuses a key of anonymous callers, who are all one', async () => {
    await expectRefusal(bench.ask({ isAnonymous: true }), 'header_not_allowed')
  })
})

describe('runIdempotent with a store that fails', () => {
  test('makes no call whose key cannot be claimed', async () => {
    const failing = { claim: () => Promise.reject(new GatewayError('store_unavailable', 'Down.')) }
    const own = await openBench({ idempotency: failing as never })
    const asked = own.ask()
    await expectRefusal(asked, 'store_unavailable')
    expect(asked.made).toEqual([])
    own.close()
  })

  test('gives the caller the answer that could not be kept', async () => {
    const down = () => Promise.reject(new GatewayError('store_unavailable', 'Down.'))
    const failing = { claim: async () => ({ kind: 'claimed' }), renew: down, keep: down, release: down }
    const own = await openBench({ idempotency: failing as never })
    const asked = own.ask()
    await nextTurn()
    await own.pass(60_000)
    asked.made[0]?.give(json(200))
    expect((await asked.answer).status).toBe(200)
    own.close()
  })
})
