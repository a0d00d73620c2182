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

test('a refusal by moderation that repeats the request says nothing about the account', () => {
  // OpenRouter's form: https://openrouter.ai/docs/api/reference/errors-and-debugging, read on 2026-11-30.
  const message = 'Your chosen model requires moderation and your input was flagged for "violence".'
  const metadata = { reasons: ['violence'], flagged_input: 'insufficient_quota', provider_name: 'p', model_slug: 'm' }
  expect(classify(403, { code: 403, message, metadata }).kind).toBe('content_policy')
})

test.each([
  // https://github.com/Aider-AI/aider/issues/1903 and continuedev/continue/issues/10120, read on 2026-11-30.
  [
    {
      message: 'Project `p` does not have access to model `m`',
      type: 'invalid_request_error',
      code: 'model_not_found',
    },
  ],
  [{ message: 'Project `p` does not have access to model `m`' }],
])('a 403 for one model leaves the other models of the account in use: %j', (error) => {
  expect(classify(403, error).kind).toBe('model')
})

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
