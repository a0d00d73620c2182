import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toDuration, toLimitHeaders } from '../../../src/pipeline/metering/limit-headers.ts'
import { limitStatusOf, type StatusFields } from './limit-status-of.ts'
import { parseStructuredList } from './parse-structured-list.ts'

function statusOf(limit: string, rest: Partial<StatusFields> = {}) {
  const fields = { keyId: 'key_1', isPerUser: false, allowed: 60, used: 48, resetsInMs: 20_400, ...rest }
  return limitStatusOf(limit, fields)
}

describe('toDuration', () => {
  test.each([
    [0, '0ms'],
    [0.2, '1ms'],
    [12, '12ms'],
    [999, '999ms'],
    [999.5, '1s'],
    [1_000, '1s'],
    [1_001, '2s'],
    [59_999, '1m0s'],
    [360_000, '6m0s'],
    [3_599_001, '1h0m0s'],
    [3_723_000, '1h2m3s'],
    [86_400_000, '24h0m0s'],
  ])('P05 writes %d ms as OpenAI does: %s', (milliseconds, text) => {
    expect(toDuration(milliseconds)).toBe(text)
  })

  test('P05 rounds a duration up, by less than a second', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 100_000_000, noNaN: true }), (milliseconds) => {
        const read = readDuration(toDuration(milliseconds))
        expect(read).toBeGreaterThanOrEqual(milliseconds)
        expect(read - milliseconds).toBeLessThan(1_000)
      }),
    )
  })
})

describe('toLimitHeaders', () => {
  test('P05 P06 reports the status of requests and tokens in OpenAI’s and in the IETF’s headers', () => {
    const tokens = { allowed: 10_000, used: 1_000, resetsInMs: 400 }
    expect(toLimitHeaders([statusOf('requests/minute'), statusOf('tokens/hour', tokens)])).toEqual({
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '12',
      'x-ratelimit-reset-requests': '21s',
      'x-ratelimit-limit-tokens': '10000',
      'x-ratelimit-remaining-tokens': '9000',
      'x-ratelimit-reset-tokens': '400ms',
      'ratelimit-policy': '"requests/minute";q=60;w=60, "tokens/hour";q=10000;w=3600;qu="tokens"',
      ratelimit: '"requests/minute";r=12;t=21, "tokens/hour";r=9000;t=1',
    })
  })

  test('P05 reports the limit with the least remaining, of all periods, keys and users', () => {
    const headers = toLimitHeaders([
      statusOf('requests/minute', { used: 10 }),
      statusOf('requests/minute', { keyId: 'key_parent', used: 55 }),
      statusOf('requests/day', { allowed: 1_000, used: 997, isPerUser: true }),
    ])
    expect(headers).toMatchObject({ 'x-ratelimit-limit-requests': '1000', 'x-ratelimit-remaining-requests': '3' })
    expect(parseStructuredList(headers.ratelimit ?? '')).toEqual([
      { value: 'requests/minute', parameters: { r: 5, t: 21 } },
      { value: 'requests/day', parameters: { r: 3, t: 21 } },
    ])
  })

  test('P05 reports 0 remaining if a limit was lowered below its usage', () => {
    expect(toLimitHeaders([statusOf('tokens/minute', { used: 90 })])).toMatchObject({
      'x-ratelimit-remaining-tokens': '0',
      ratelimit: '"tokens/minute";r=0;t=21',
    })
  })

  test('P05 P06 omits an unknown reset time', () => {
    const headers = toLimitHeaders([statusOf('tokens/minute', { resetsInMs: undefined })])
    expect(headers).not.toHaveProperty('x-ratelimit-reset-tokens')
    expect(headers.ratelimit).toBe('"tokens/minute";r=12')
  })

  test('P06 omits money and concurrency, which are not rates', () => {
    const others = ['budget/day', 'budget/total', 'usd_per_call', 'concurrent_calls', 'concurrent_streams']
    expect(toLimitHeaders(others.map((limit) => statusOf(limit)))).toEqual({})
    expect(toLimitHeaders([])).toEqual({})
  })

  test('P06 writes a valid structured field for any numbers', () => {
    const amount = fc.nat({ max: Number.MAX_SAFE_INTEGER })
    const limits = ['requests/minute', 'requests/hour', 'requests/day', 'tokens/minute', 'tokens/hour', 'tokens/day']
    const one = fc.record({
      limit: fc.constantFrom(...limits),
      allowed: amount,
      used: amount,
      resetsInMs: fc.option(fc.double({ min: 0, max: 90_000_000, noNaN: true }), { nil: undefined }),
    })
    fc.assert(
      fc.property(fc.array(one, { minLength: 1 }), (statuses) => {
        const headers = toLimitHeaders(statuses.map(({ limit, ...rest }) => statusOf(limit, rest)))
        const names = (text = '') => parseStructuredList(text).map(({ value }) => value)
        expect(new Set(names(headers.ratelimit))).toEqual(new Set(statuses.map(({ limit }) => limit)))
        expect(names(headers['ratelimit-policy'])).toEqual(names(headers.ratelimit))
      }),
    )
  })
})

function readDuration(text: string): number {
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
  let total = 0
  for (const [, amount, unit = ''] of text.matchAll(/(\d+)(ms|s|m|h)/g))
    total += Number(amount) * (units[unit] ?? Number.NaN)
  return total
}
