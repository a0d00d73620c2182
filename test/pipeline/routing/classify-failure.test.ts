import { expect, test } from 'vitest'
import { classifyFailure } from '../../../src/pipeline/routing/classify-failure.ts'

function classify(status: number, error: object, headers: Record<string, string> = {}) {
  const response = { status, headers, rateHeaders: undefined, body: JSON.stringify({ error }) }
  return classifyFailure({ kind: 'rejected', response }, { status, failure: undefined }, 0)
}

test.each([
  [429, { message: 'You exceeded your current quota.', type: 'insufficient_quota', code: 'insufficient_quota' }],
  [429, { message: 'You exceeded your current quota.', status: 'RESOURCE_EXHAUSTED', code: 429 }],
  [400, { message: 'Your credit balance is too low to access the API.', type: 'invalid_request_error' }],
  [400, { message: 'Billing hard limit has been reached.', code: 'billing_hard_limit_reached' }],
  [402, { message: 'Insufficient Balance' }],
])('a %i of an account without money is of kind quota: %j', (status, error) => {
  expect(classify(status, error).kind).toBe('quota')
})

test.each(['insufficient_quota', 'your credit balance is too low', 'out of credits'])(
  'a refusal that repeats `%s` from the request says nothing about the account',
  (words) => {
    const message = `Invalid value: '${words}'. Supported values are: 'system' and 'user'.`
    const error = { message, param: 'messages[0].role', code: 'invalid_value' }
    expect(classify(400, error).kind).toBe('bad_request')
  },
)

const retryInfo = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '3.5s' }

test.each([
  [{ 'retry-after': '30' }, {}, 30_000],
  [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:07 GMT' }, {}, 7_000],
  [{ 'retry-after-ms': '250', 'retry-after': '1' }, {}, 250],
  [{}, { details: [retryInfo] }, 3_500],
  [{ 'retry-after': '' }, {}, undefined],
  [{ 'retry-after-ms': 'Infinity' }, {}, undefined],
])('the time that a provider asks to wait is read: %j %j', (headers, error, ms) => {
  expect(classify(429, error, headers).retryAfterMs).toBe(ms)
})
