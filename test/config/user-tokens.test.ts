import { expect, test } from 'vitest'
import { describeSettings } from '../../src/platform/node/config/describe-settings.ts'
import { parse, problemsOf } from './parse.ts'

const visitors = {
  origins: ['https://chat.example.com'],
  models: ['gpt-6-mini'],
  limits: { budgets: [{ usd: 5, per: 'day' }] },
}

test('visitors are admitted only by a policy with models and a budget per day', () => {
  expect(parse({}).visitors).toBeUndefined()
  expect(parse({ config: { visitors } }).visitors).toMatchObject({
    grants: { models: ['gpt-6-mini'], operations: ['chat.completions'], origins: ['https://chat.example.com'] },
    limits: { budgets: [{ per: 'day', limitNano: 5_000_000_000 }] },
    tokenMs: 3_600_000,
    challenge: undefined,
  })
})

test.each<[string, object, RegExp]>([
  ['without models', { ...visitors, models: undefined }, /^visitors\.models: is missing\. List the models/],
  ['without limits', { ...visitors, limits: undefined }, /^visitors\.limits: has no budget per day/],
  [
    'with a budget per month only',
    { ...visitors, limits: { budgets: [{ usd: 5, per: 'month' }] } },
    /^visitors\.limits: has no budget per day/,
  ],
  ['of any origin', { ...visitors, origins: ['*'] }, /^visitors\.origins\[0\]: must be an exact origin/],
  [
    'with half a challenge',
    { ...visitors, challenge: { site_key: 'key' } },
    /^visitors\.challenge\.secret: is missing\. Set it/,
  ],
  [
    'with a misspelt limit',
    { ...visitors, per_visitor: { request_per_day: 1 } },
    /per_visitor\.request_per_day.*requests_per_day/,
  ],
])('a policy for visitors %s is refused with what to write instead', (_case, policy, problem) => {
  expect(problemsOf({ config: { visitors: JSON.parse(JSON.stringify(policy)) } })).toEqual([
    expect.stringMatching(problem),
  ])
})

test('visitors need metering for their limits', () => {
  expect(problemsOf({ env: { METERING: 'false' }, config: { visitors } })).toEqual([
    expect.stringMatching(/^visitors\.origins: needs metering/),
  ])
})

test('visitors need storage for their limits', () => {
  expect(problemsOf({ env: { STORAGE_PATH: 'none' }, config: { visitors } })).toEqual([
    expect.stringMatching(/^visitors\.origins: needs storage/),
  ])
})

test('S13 the secrets that sign user tokens are long, and at most two', () => {
  const secret = (letter: string) => `${letter.repeat(30)}-9`
  const [a, b, c] = [secret('a'), secret('b'), secret('c')]
  expect(parse({ env: { CLIENT_TOKEN_SECRETS: `${a},${b}` } }).clientTokens.secrets).toEqual([a, b])
  expect(problemsOf({ env: { CLIENT_TOKEN_SECRETS: 'too-short' } })).toEqual([
    expect.stringMatching(/has fewer than 32 characters\. Set it to the output of `openssl rand -hex 32`/),
  ])
  expect(problemsOf({ env: { CLIENT_TOKEN_SECRETS: `${a},${b},${c}` } })).toEqual([
    expect.stringMatching(/has more than two secrets/),
  ])
  expect(JSON.stringify(problemsOf({ env: { CLIENT_TOKEN_SECRETS: 'hunter2-hunter2' } }))).not.toContain('hunter2')
})

test('the server says at its start who may call from a page', () => {
  const logins = {
    clerk: { issuer: 'https://clerk.example.com', audience: ['weir'], per_user: { requests_per_day: 9 } },
  }
  const lines = describeSettings(parse({ config: { visitors, logins } }))
  expect(lines).toContain('  visitors   of https://chat.example.com, for at most USD 5 a day in total')
  expect(lines).toContain('  logins     clerk (https://clerk.example.com)')
})
