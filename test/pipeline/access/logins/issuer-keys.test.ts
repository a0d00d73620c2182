import { beforeAll, expect, test } from 'vitest'
import { createSigningKey, issuer, openLogins, type SigningKey, signToken, startSeconds } from './open-logins.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

let first: SigningKey
let second: SigningKey

beforeAll(async () => {
  first = await createSigningKey('first')
  second = await createSigningKey('second')
})

const long = { exp: startSeconds + 7 * 86_400 }
const keysUrl = `${issuer}/keys`
const discoveryUrl = `${issuer}/.well-known/openid-configuration`
const code = (result: unknown) => (result as { readonly code?: string }).code

test('the keys are fetched once, at the first token, by way of the discovery document', async () => {
  const { verify, fetched } = openLogins({ keys: [first] })
  expect(fetched).toEqual([])
  await verify(await signToken(first))
  await verify(await signToken(first, { sub: 'user-2' }))
  expect(fetched).toEqual([discoveryUrl, keysUrl])
})

test('jwks_url replaces the discovery document', async () => {
  const config = { app: { issuer, audience: ['weir'], jwks_url: 'https://keys.example.com/jwks?v=1' } }
  const { verify, fetched } = openLogins({ config, keys: [first] })
  expect(await verify(await signToken(first))).toMatchObject({ kind: 'verified' })
  expect(fetched).toEqual(['https://keys.example.com/jwks?v=1'])
})

test('concurrent first calls cause one fetch, and all of them are served', async () => {
  const { verify, fetched } = openLogins({ keys: [first] })
  const tokens = await Promise.all([1, 2, 3, 4].map((user) => signToken(first, { sub: `user-${user}` })))
  const results = await Promise.all(tokens.map((token) => verify(token)))
  expect(results.map((result) => (result as { readonly endUser: string }).endUser)).toEqual([
    'user-1',
    'user-2',
    'user-3',
    'user-4',
  ])
  expect(fetched).toEqual([discoveryUrl, keysUrl])
})

test('a known token is answered at once, until it expires', async () => {
  const { logins, verify, advance } = openLogins({ keys: [first] })
  const token = await signToken(first, { exp: startSeconds + 60 })
  const verified = await verify(token)
  expect(logins.verify(token, 'authorization')).toBe(verified)
  advance(89_000)
  expect(logins.verify(token, 'authorization')).toBe(verified)
  advance(1_000)
  expect(code(await verify(token))).toBe('token_expired')
})

test('with node:crypto an unknown token of known keys is verified at once, too', async () => {
  const { logins, verify } = openLogins({ keys: [first] })
  await verify(await signToken(first))
  expect(logins.verify(await signToken(first, { sub: 'user-2' }), 'authorization')).toMatchObject({ endUser: 'user-2' })
})

test('after a rotation the first token of the new key is accepted, and its fellows wait for the same fetch', async () => {
  const open = openLogins({ keys: [first] })
  await open.verify(await signToken(first))
  open.published = [first.jwk, second.jwk]
  const tokens = await Promise.all(['a', 'b', 'c'].map((sub) => signToken(second, { sub })))
  const results = await Promise.all(tokens.map((token) => open.verify(token)))
  expect(results).toMatchObject([{ endUser: 'a' }, { endUser: 'b' }, { endUser: 'c' }])
  expect(open.fetched.filter((url) => url === keysUrl)).toHaveLength(2)
})

test('a flood of unknown key ids causes one fetch in 30 s, and evicts no key', async () => {
  const open = openLogins({ keys: [first] })
  const known = await signToken(first)
  await open.verify(known)
  for (let round = 0; round < 3; round += 1) {
    const before = open.fetched.length
    for (let index = 0; index < 50; index += 1) {
      const token = await signToken(second, {}, { kid: `random-${round}-${index}` })
      expect(await open.verify(token)).toBe('login: key')
    }
    expect(open.fetched.length - before).toBe(2)
    expect(open.logins.verify(known, 'authorization')).toMatchObject({ kind: 'verified' })
    open.advance(30_000)
  }
})

test('a withdrawn key is refused within ten minutes, also for tokens that were accepted before', async () => {
  const open = openLogins({ keys: [first, second] })
  const token = await signToken(first, long)
  await open.verify(token)
  open.published = [second.jwk]
  open.advance(10 * minuteMs - 1)
  expect(await open.verify(token)).toMatchObject({ kind: 'verified' })
  open.advance(1)
  expect(await open.verify(token)).toBe('login: key')
})

test('while the issuer is down its last keys serve for 24 hours, and it is asked every 30 s', async () => {
  const open = openLogins({ keys: [first] })
  const token = await signToken(first, long)
  await open.verify(token)
  const before = open.fetched.length
  open.published = new Error('https://issuer.example.com answered 500')
  open.advance(23 * hourMs)
  expect(await open.verify(token)).toMatchObject({ kind: 'verified' })
  expect(await open.verify(await signToken(first, { ...long, sub: 'new' }))).toMatchObject({ endUser: 'new' })
  expect(open.fetched.length - before).toBe(1)
  open.advance(30_000)
  expect(await open.verify(token)).toMatchObject({ kind: 'verified' })
  expect(open.fetched.length - before).toBe(2)
  open.advance(hourMs)
  expect(code(await open.verify(token))).toBe('issuer_unavailable')
  open.published = [first.jwk]
  open.advance(2_000)
  expect(await open.verify(token)).toMatchObject({ kind: 'verified' })
})

test('S84 without any keys a call gets 503, which names no issuer, and a failing issuer is asked every 2 s', async () => {
  const open = openLogins({ keys: [first] })
  open.published = new Error('https://issuer.example.com answered 500')
  const token = await signToken(first)
  const error = await open.verify(token)
  expect(error).toMatchObject({
    code: 'issuer_unavailable',
    status: 503,
    headers: { 'retry-after': '2' },
    reason: 'login app: https://issuer.example.com answered 500',
  })
  expect((error as Error).message).not.toMatch(/issuer\.example|app\b/)
  for (let call = 0; call < 20; call += 1) expect(code(await open.verify(token))).toBe('issuer_unavailable')
  expect(open.fetched).toHaveLength(1)
  open.published = [first.jwk]
  open.advance(2_000)
  expect(await open.verify(token)).toMatchObject({ kind: 'verified' })
})

test.each<[string, unknown]>([
  ['of another issuer', { issuer: `${issuer}/`, jwks_uri: keysUrl }],
  ['with keys over http', { issuer, jwks_uri: 'http://issuer.example.com/keys' }],
  ['with keys on this machine', { issuer, jwks_uri: 'https://127.0.0.1/keys' }],
  ['with keys of no scheme', { issuer, jwks_uri: '/keys' }],
  ['without keys', { issuer }],
  ['that is a list', []],
  ['that is null', null],
])('S06 a discovery document %s is not followed', async (_case, discovery) => {
  const open = openLogins({ keys: [first] })
  open.discovery = discovery
  expect(code(await open.verify(await signToken(first)))).toBe('issuer_unavailable')
  expect(open.fetched).toEqual([discoveryUrl])
})

test('a JWKS with more than 50 keys is refused', async () => {
  const open = openLogins({ keys: [first] })
  open.published = Array.from({ length: 51 }, (_empty, index) => ({ ...first.jwk, kid: `k${index}` }))
  expect(code(await open.verify(await signToken(first)))).toBe('issuer_unavailable')
})

test('a token without kid is accepted only while one key fits', async () => {
  const open = openLogins({ keys: [first] })
  const withoutKid = await signToken(first, {}, { kid: undefined as never })
  expect(await open.verify(withoutKid)).toMatchObject({ kind: 'verified' })
  const two = openLogins({ keys: [first, second] })
  expect(await two.verify(withoutKid)).toBe('login: key')
})

test('a login with a header of its own ignores other headers, and other logins ignore its header', async () => {
  const config = {
    page: { issuer, audience: ['weir'] },
    access: { issuer, audience: ['weir'], header: 'Cf-Access-Jwt-Assertion', user_claim: 'email' },
  }
  const { logins, verify } = openLogins({ config, keys: [first] })
  expect(logins.headers).toEqual(['cf-access-jwt-assertion'])
  const token = await signToken(first, { email: 'ann@example.com' })
  expect(await verify(token)).toMatchObject({ name: 'page', endUser: 'user-1' })
  expect(await verify(token, 'cf-access-jwt-assertion')).toMatchObject({ name: 'access', endUser: 'ann@example.com' })
  expect(await verify(token)).toMatchObject({ name: 'page', endUser: 'user-1' })
  expect(await verify(token, 'x-other')).toBe('unknown')
})

test('the first tier whose claims match is chosen, by claims inside others and in lists too', async () => {
  const config = {
    app: {
      issuer,
      audience: ['weir'],
      tiers: [
        { claims: { 'app_metadata.plan': ['pro', 'team'] } },
        { claims: { 'https://example.com/roles': ['staff'], email_verified: [true] } },
      ],
    },
  }
  const { verify } = openLogins({ config, keys: [first] })
  const tierOf = async (claims: object) =>
    ((await verify(await signToken(first, { ...claims }))) as { tier: unknown }).tier
  expect(await tierOf({})).toBeUndefined()
  expect(await tierOf({ app_metadata: { plan: 'team' } })).toBe(0)
  expect(await tierOf({ app_metadata: { plan: 'TEAM' } })).toBeUndefined()
  expect(await tierOf({ 'https://example.com/roles': ['dev', 'staff'], email_verified: true })).toBe(1)
  expect(await tierOf({ 'https://example.com/roles': ['staff'], email_verified: 'true' })).toBeUndefined()
})

test('a long user name and a missing jti become digests; a jti is the id', async () => {
  const { verify } = openLogins({ keys: [first] })
  expect(await verify(await signToken(first, { sub: 'x'.repeat(129), jti: 'token-7' }))).toMatchObject({
    endUser: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    tokenId: 'token-7',
  })
  expect(await verify(await signToken(first))).toMatchObject({
    tokenId: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
  })
})
