import { expect, test } from 'vitest'
import { parse, problemsOf } from './parse.ts'

const secret = 'a'.repeat(16) + 'b'.repeat(16)
const valid = { issuer: 'https://issuer.example.com', audience: ['weir'], per_user: { requests_per_day: 1_000 } }
const problemsOfLogin = (login: object, name = 'app') => problemsOf({ config: { logins: { [name]: login } } })

test('a login has the names of a virtual key’s limits and the defaults of OIDC', () => {
  const { logins } = parse({
    env: { LOGIN_SECRET: secret },
    config: {
      logins: {
        clerk: {
          issuer: 'https://clerk.example.com',
          claims: { azp: ['https://chat.example.com'] },
          models: ['gpt-6*', 'gpt-6*'],
          origins: ['https://CHAT.example.com:443'],
          limits: { budgets: [{ usd: 5, per: 'day' }] },
          per_user: { requests_per_minute: 10 },
          tiers: [{ claims: { plan: ['pro'] }, per_user: { requests_per_minute: 60 } }],
        },
        old: {
          issuer: 'https://old.example.com/auth/v1',
          // biome-ignore lint/suspicious/noTemplateCurlyInString: the configuration’s own variables
          secret: '${LOGIN_SECRET}',
          audience: ['authenticated'],
          limits: { budgets: [{ usd: 5, per: 'day' }] },
          header: 'X-Login',
        },
      },
    },
  })
  expect(logins).toMatchObject([
    {
      name: 'clerk',
      algorithms: ['RS256'],
      userClaim: 'sub',
      header: undefined,
      grants: { models: ['gpt-6*'], origins: ['https://chat.example.com'], operations: undefined },
      limits: { budgets: [{ per: 'day', limitNano: 5_000_000_000 }] },
      perUser: { rates: [{ unit: 'requests', window: 'minute', limit: 10 }] },
      tiers: [{ claims: { plan: ['pro'] }, models: undefined, perUser: { rates: [{ limit: 60 }] } }],
    },
    { name: 'old', algorithms: ['HS256'], secret, header: 'x-login' },
  ])
})

test.each<[string, object, RegExp]>([
  ['no limits', { issuer: valid.issuer, audience: ['weir'] }, /^logins\.app\.per_user: is missing, and so is `limits`/],
  [
    'no issuer',
    { audience: ['a'], per_user: valid.per_user },
    /^logins\.app\.issuer: is missing\. Set it to the `iss`/,
  ],
  [
    'an issuer over http',
    { ...valid, issuer: 'http://issuer.example.com' },
    /issuer: must be an absolute URL with https/,
  ],
  [
    'an issuer of another scheme',
    { ...valid, issuer: 'file:///etc/passwd' },
    /issuer: must be an absolute URL with https/,
  ],
  ['a name like loopback', { ...valid, issuer: 'http://localhost.example.com' }, /issuer: must be an absolute URL/],
  [
    'an issuer with a password',
    { ...valid, issuer: 'https://a:b@issuer.example.com' },
    /issuer: must not contain a user name/,
  ],
  ['an issuer with a query', { ...valid, issuer: 'https://issuer.example.com?a' }, /issuer: must not have a query/],
  [
    'the discovery document as the issuer',
    { ...valid, issuer: 'https://issuer.example.com/.well-known/openid-configuration' },
    /issuer: is the address of the discovery document\. Set the issuer alone/,
  ],
  [
    'keys over http',
    { ...valid, jwks_url: 'http://issuer.example.com/keys' },
    /jwks_url: must be an absolute URL with https/,
  ],
  [
    'no binding',
    { issuer: valid.issuer, per_user: valid.per_user },
    /audience: is missing, and so is `claims`: the same issuer signs tokens for other apps/,
  ],
  ['an empty audience', { ...valid, audience: [] }, /audience: is empty\. List the accepted values/],
  [
    'a claim without values',
    { per_user: valid.per_user, issuer: valid.issuer, claims: { azp: [] } },
    /claims\.azp: is empty, so no token would match/,
  ],
  [
    'a claim with an object',
    { ...valid, claims: { azp: [{}] } },
    /claims\.azp\[0\]: must be a string, a number, true or false/,
  ],
  ['the algorithm none', { ...valid, algorithms: ['none'] }, /algorithms\[0\]: must be one of `RS256`/],
  ['no algorithm', { ...valid, algorithms: [] }, /algorithms: is empty/],
  [
    'HS256 without a secret',
    { ...valid, algorithms: ['RS256', 'HS256'] },
    /algorithms: contains HS256, which needs `secret`/,
  ],
  ['a short secret', { ...valid, secret: 'x'.repeat(31) }, /secret: is too short for HS256.*at least 32 bytes/],
  [
    'a secret beside RS256',
    { ...valid, secret, algorithms: ['HS256', 'RS256'] },
    /algorithms: must be `\[HS256\]` with `secret`/,
  ],
  [
    'a secret beside public keys',
    { ...valid, secret, jwks_url: 'https://a.example.com/k' },
    /jwks_url: conflicts with `secret`/,
  ],
  ['Authorization as the header', { ...valid, header: 'Authorization' }, /header: is read anyway\. Remove this key/],
  ['a cookie as the header', { ...valid, header: 'cookie' }, /header: has another meaning to Weir/],
  ['a header with a space', { ...valid, header: 'my header' }, /header: is not a valid header name/],
  ['a tier without claims', { ...valid, tiers: [{ models: [] }] }, /tiers\[0\]\.claims: must be a mapping/],
  [
    'a tier for everyone',
    { ...valid, tiers: [{ claims: {} }] },
    /tiers\[0\]\.claims: is empty, so every user would match/,
  ],
  [
    'a misspelt key of a tier',
    { ...valid, tiers: [{ claims: { a: ['b'] }, peruser: {} }] },
    /tiers\[0\]\.peruser: .*`per_user`/,
  ],
  [
    'a misspelt limit',
    { ...valid, limits: { request_per_minute: 1 } },
    /limits\.request_per_minute: .*`requests_per_minute`/,
  ],
  [
    'a limit of 0',
    { ...valid, per_user: { requests_per_minute: 0 } },
    /per_user\.requests_per_minute: must be a whole number/,
  ],
  ['an unknown operation', { ...valid, operations: ['chat.completion'] }, /operations\[0\]: matches no operation/],
])('a login with %s is refused with what to write instead', (_case, login, problem) => {
  expect(problemsOfLogin(login)).toEqual([expect.stringMatching(problem)])
})

test.each(['http://localhost:3000', 'http://127.0.0.1:3000/oidc', 'http://[::1]:3000'])(
  'a login of an issuer on this machine, %s, may use http',
  (issuer) => {
    expect(problemsOfLogin({ ...valid, issuer })).toEqual([])
  },
)

test('a login with an unusable name is refused', () => {
  expect(problemsOfLogin(valid, 'My App')).toEqual([
    expect.stringMatching(/^logins\.My App: is not a valid login name/),
  ])
})

test('two logins of one issuer are refused, unless their tokens arrive in different headers', () => {
  const two = (header: string | undefined) =>
    problemsOf({ config: { logins: { one: valid, two: { ...valid, ...(header !== undefined && { header }) } } } })
  expect(two(undefined)).toEqual([expect.stringMatching(/^logins\.two\.issuer: is that of `one`/)])
  expect(two('x-login')).toEqual([])
})

test('S21 no problem of a login repeats its secret', () => {
  const problems = problemsOfLogin({ ...valid, secret: 'short-secret', algorithms: ['RS256'] })
  expect(problems.join()).not.toContain('short-secret')
})

test('logins need metering for the limits of their users', () => {
  expect(problemsOf({ env: { METERING: 'false' }, config: { logins: { app: valid } } })).toEqual([
    expect.stringMatching(/^logins: needs metering/),
  ])
})
