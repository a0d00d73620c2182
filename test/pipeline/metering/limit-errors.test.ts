import { describe, expect, test } from 'vitest'
import { type ErrorCode, errorTable, GatewayError } from '../../../src/core/errors.ts'
import { toErrorResponse } from '../../../src/http/error-response.ts'
import { toLimitError } from '../../../src/pipeline/metering/limit-error.ts'
import { limitStatusOf, type StatusFields } from './limit-status-of.ts'

interface Case extends Partial<StatusFields> {
  readonly limit: string
  readonly asked?: number
}

function refuse({ limit: name, asked = 1, ...rest }: Case) {
  const fields = { keyId: 'key_1', isPerUser: false, allowed: 60, used: 60, resetsInMs: undefined, ...rest }
  const { status, headers, body } = toErrorResponse(
    toLimitError({ limit: limitStatusOf(name, fields), asked }),
    'openai',
    'req_1',
  )
  const { error } = JSON.parse(String(body)) as { error: { message: string; code: string; type: string } }
  return { status, headers, ...error }
}

const dollar = 1_000_000_000

test('P07 every 429 and 503 has `Retry-After` in whole seconds', () => {
  const codes = (Object.keys(errorTable) as ErrorCode[]).filter((code) => [429, 503].includes(errorTable[code].status))
  expect(codes.length).toBeGreaterThan(5)
  for (const code of codes) {
    const { headers } = toErrorResponse(new GatewayError(code, 'x'), 'openai', 'req_1')
    expect(headers['retry-after'], code).toMatch(/^[1-9]\d*$/)
  }
})

describe('toLimitError', () => {
  test('P02 P03 P07 tells SDKs when to retry a rate that resets within a minute', () => {
    const { status, code, headers, message } = refuse({ limit: 'requests/minute', resetsInMs: 20_400 })
    expect({ status, code }).toEqual({ status: 429, code: 'rate_limit_exceeded' })
    expect(headers).toMatchObject({
      'retry-after': '21',
      'retry-after-ms': '20400',
      ratelimit: '"requests/minute";r=0;t=21',
    })
    expect(headers).not.toHaveProperty('x-should-retry')
    expect(message).toBe(
      'Limit reached: the key key_1 has 60 requests a minute, of which 60 are used or reserved; this call may need 1. It resets in 21s.',
    )
  })

  test('P03 P07 tells SDKs not to retry a rate that resets after a minute, because they would retry within seconds', () => {
    const { code, headers } = refuse({ limit: 'tokens/day', resetsInMs: 7_200_000, asked: 5 })
    expect(code).toBe('rate_limit_exceeded')
    expect(headers).toMatchObject({ 'retry-after': '7200', 'x-should-retry': 'false' })
    expect(headers).not.toHaveProperty('retry-after-ms')
  })

  test('P03 tells SDKs not to retry a call that exceeds an empty window', () => {
    const { code, headers, message } = refuse({ limit: 'tokens/minute', allowed: 1_000, used: 0, asked: 5_000 })
    expect(code).toBe('rate_limit_exceeded')
    expect(headers).toMatchObject({ 'retry-after': '86400', 'x-should-retry': 'false' })
    expect(message).toContain('Set a lower max_tokens to reserve less.')
  })

  test('P07 retries a concurrency limit after a second, unless it allows no call at all', () => {
    const { headers } = refuse({ limit: 'concurrent_streams', allowed: 2, used: 2 })
    expect(headers).toMatchObject({ 'retry-after': '1', 'retry-after-ms': '1000' })
    expect(headers).not.toHaveProperty('x-should-retry')
    expect(refuse({ limit: 'concurrent_calls', allowed: 0, used: 0 }).headers).toMatchObject({
      'retry-after': '86400',
      'x-should-retry': 'false',
    })
  })

  test('P02 P03 P07 reports a budget as a quota that SDKs do not retry, with its reset time', () => {
    const { status, code, type, headers, message } = refuse({
      ...{ limit: 'budget/month', allowed: 10 * dollar, used: 9.999 * dollar, asked: 0.0023 * dollar },
      resetsInMs: 86_399_500,
    })
    expect({ status, code, type }).toEqual({ status: 429, code: 'insufficient_quota', type: 'insufficient_quota' })
    expect(headers).toMatchObject({ 'retry-after': '86400', 'x-should-retry': 'false' })
    expect(message).toBe(
      'Limit reached: the key key_1 has 10 USD a month, of which 9.999 are used or reserved; this call may need 0.0023. It resets in 24h0m0s. Set a lower max_tokens to reserve less.',
    )
  })

  test('P03 tells SDKs not to retry a total budget or a maximum cost per call', () => {
    for (const limit of ['budget/total', 'usd_per_call']) {
      const { code, headers } = refuse({ limit, allowed: dollar, used: 0, asked: 2 * dollar })
      expect(code).toBe('insufficient_quota')
      expect(headers).toMatchObject({ 'retry-after': '86400', 'x-should-retry': 'false' })
    }
  })

  test('names the user’s share if that is exceeded', () => {
    expect(refuse({ limit: 'requests/day', isPerUser: true, resetsInMs: 1 }).message).toContain(
      'each user of the key key_1 has 60 requests a day',
    )
  })

  test('P07 `Retry-After` is a whole number from 1, whatever the limit', () => {
    const limits = ['requests/minute', 'tokens/day', 'budget/week', 'concurrent_calls', 'usd_per_call']
    for (const limit of limits) {
      for (const resetsInMs of [undefined, 0, 0.1, 1, 999.9, 60_000, 86_400_000]) {
        expect(refuse({ limit, resetsInMs }).headers['retry-after']).toMatch(/^[1-9]\d*$/)
      }
    }
  })
})
