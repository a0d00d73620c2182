import { expect, test } from 'vitest'
import { classifyFailure } from '../../../src/pipeline/routing/classify-failure.ts'

function kindOf(status: number, error: object): string {
  const response = { status, headers: {}, rateHeaders: undefined, body: JSON.stringify({ error }) }
  return classifyFailure({ kind: 'rejected', response }, { status }, 0).kind
}

test.each([
  [429, { message: 'You exceeded your current quota.', type: 'insufficient_quota', code: 'insufficient_quota' }],
  [429, { message: 'You exceeded your current quota.', status: 'RESOURCE_EXHAUSTED', code: 429 }],
  [400, { message: 'Your credit balance is too low to access the API.', type: 'invalid_request_error' }],
  [400, { message: 'Billing hard limit has been reached.', code: 'billing_hard_limit_reached' }],
  [402, { message: 'Insufficient Balance' }],
])('a %i of an account without money is of kind quota: %j', (status, error) => {
  expect(kindOf(status, error)).toBe('quota')
})

test.each(['insufficient_quota', 'your credit balance is too low', 'out of credits'])(
  'a refusal that repeats `%s` from the request says nothing about the account',
  (words) => {
    const message = `Invalid value: '${words}'. Supported values are: 'system' and 'user'.`
    expect(kindOf(400, { message, param: 'messages[0].role', code: 'invalid_value' })).toBe('bad_request')
  },
)
