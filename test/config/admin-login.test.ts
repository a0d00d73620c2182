import { expect, test } from 'vitest'
import { parse, problemsOf } from './parse.ts'

const server = { public_url: 'https://ai.example.com' }
const login = {
  issuer: 'https://id.example.com/realms/weir',
  client_id: 'weir',
  client_secret: 'a-secret-of-the-client',
}
const problems = (changes: object, more: object = {}) =>
  problemsOf({ config: { server, admin_login: { ...login, ...changes }, ...more } })

test('there is no sign-in at a provider by default', () => {
  expect(parse({}).adminLogin).toBeUndefined()
  expect(parse({ config: { admin_login: { algorithms: ['ES256'] } } }).adminLogin).toBeUndefined()
})

test('reads the provider from the file or from the environment', () => {
  const expected = {
    issuer: login.issuer,
    clientId: 'weir',
    clientSecret: login.client_secret,
    algorithms: ['RS256'],
    redirectUri: 'https://ai.example.com/admin/v1/login/callback',
  }
  expect(parse({ config: { server, admin_login: login } }).adminLogin).toEqual(expected)
  const env = {
    PUBLIC_URL: 'https://ai.example.com/',
    ADMIN_LOGIN_ISSUER: login.issuer,
    ADMIN_LOGIN_CLIENT_ID: 'weir',
    ADMIN_LOGIN_CLIENT_SECRET: login.client_secret,
  }
  expect(parse({ env }).adminLogin).toEqual(expected)
  const local = {
    server: { public_url: 'http://localhost:8787' },
    admin_login: { ...login, issuer: 'http://127.0.0.1:4000' },
  }
  expect(parse({ config: local }).adminLogin?.redirectUri).toBe('http://localhost:8787/admin/v1/login/callback')
})

test('needs the server’s public URL, because the provider sends people back to it', () => {
  expect(problems({}, { server: {} })).toEqual([
    expect.stringMatching(/^admin_login\.issuer: needs `server\.public_url`/),
  ])
  expect(problems({}, { server: { public_url: 'http://ai.example.com' } })).toEqual([
    expect.stringMatching(/^server\.public_url: must start with https:\/\//),
  ])
})

test.each([
  ['http://id.example.com', /must be an absolute URL with https/],
  ['http://localhost.evil.example', /must be an absolute URL with https/],
  ['id.example.com', /must be an absolute URL with https/],
  ['https://id.example.com/ x', /must be an absolute URL with https/],
  ['https://id.example.com/?tenant=1', /must not have a query/],
  ['https://id.example.com/#x', /must not have a fragment/],
  ['https://user:password@id.example.com', /must not contain a user name/],
  ['javascript:alert(1)', /must be an absolute URL with https/],
])('refuses the issuer %s', (issuer, message) => {
  const [problem, ...others] = problems({ issuer })
  expect(problem).toMatch(/^admin_login\.issuer: /)
  expect(problem).toMatch(message)
  expect(others).toEqual([])
})

test.each(['none', 'HS256', 'HS512', 'rs256', ''])('refuses the algorithm "%s"', (algorithm) => {
  expect(problems({ algorithms: [algorithm] })).toEqual([
    expect.stringMatching(/^admin_login\.algorithms\[0\]: must be one of `RS256`/),
  ])
})

test('names a missing or unknown key, and no value', () => {
  expect(problems({ client_id: undefined })).toEqual([expect.stringMatching(/^admin_login\.client_id: is missing/)])
  expect(problems({ issuer: undefined })).toEqual([expect.stringMatching(/^admin_login\.issuer: is missing/)])
  expect(problems({ algorithms: [] })).toEqual([expect.stringMatching(/^admin_login\.algorithms: must have/)])
  expect(problems({ allow: ['*'] })).toEqual([expect.stringMatching(/^admin_login\.allow: /)])
  const secret = 'a secret with spaces'
  for (const problem of problems({ client_secret: secret })) expect(problem).not.toContain(secret)
})
