import { createHmac } from 'node:crypto'
import { exportJWK, exportSPKI, generateKeyPair, type JSONWebKeySet, type JWTPayload, SignJWT } from 'jose'
import { beforeAll, expect, test } from 'vitest'
import { verifyIdToken } from '../../../src/admin/login/verify-id-token.ts'

const now = Date.UTC(2030, 5, 1, 12)
const seconds = now / 1_000
const expectation = {
  issuer: 'https://id.example',
  clientId: 'weir',
  algorithms: ['RS256'],
  nonce: 'the-nonce',
  now,
}
const claims: JWTPayload = {
  iss: expectation.issuer,
  aud: 'weir',
  sub: 'ann',
  nonce: 'the-nonce',
  iat: seconds,
  exp: seconds + 300,
  email: 'ann@example.com',
  email_verified: true,
}

type Pair = Awaited<ReturnType<typeof generateKeyPair>>
let pair: Pair
let other: Pair
let keys: JSONWebKeySet
beforeAll(async () => {
  pair = await generateKeyPair('RS256', { extractable: true })
  other = await generateKeyPair('RS256', { extractable: true })
  keys = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', use: 'sig' }] }
})

type Changes = { readonly [Name in keyof JWTPayload]: JWTPayload[Name] | undefined }

const sign = (changes: Changes = {}, header: object = {}, key = pair.privateKey) => {
  const payload = Object.fromEntries(
    Object.entries({ ...claims, ...changes }).filter(([, value]) => value !== undefined),
  )
  return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header }).sign(key)
}
const verify = (token: string, changes: Partial<typeof expectation> = {}) =>
  verifyIdToken(token, keys, { ...expectation, ...changes })
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

test('accepts a token that is all that was asked for', async () => {
  const valid = { kind: 'valid', claims: { subject: 'ann', verifiedEmail: 'ann@example.com' } }
  expect(await verify(await sign())).toEqual(valid)
  expect(await verify(await sign({ aud: ['weir'] }))).toEqual(valid)
  expect(await verify(await sign({ aud: ['weir', 'other'], azp: 'weir' }))).toEqual(valid)
  for (const email_verified of [false, undefined, 'true', 1])
    expect(await verify(await sign({ email_verified }))).toEqual({
      kind: 'valid',
      claims: { subject: 'ann', verifiedEmail: undefined },
    })
})

test.each<readonly [string, Changes]>([
  ['of another audience', { aud: 'another-client' }],
  ['of no audience', { aud: undefined }],
  ['of several audiences without an authorized party', { aud: ['weir', 'other'] }],
  ['of another authorized party', { azp: 'another-client' }],
  ['of another authorized party among several audiences', { aud: ['weir', 'other'], azp: 'other' }],
  ['of another issuer', { iss: 'https://evil.example' }],
  ['of an issuer that differs by a slash', { iss: 'https://id.example/' }],
  ['of no issuer', { iss: undefined }],
  ['that has expired', { iat: seconds - 600, exp: seconds - 31 }],
  ['that never expires', { exp: undefined }],
  ['that is not valid yet', { nbf: seconds + 31 }],
  ['of another sign-in', { nonce: 'another-nonce' }],
  ['without a nonce', { nonce: undefined }],
  ['without a subject', { sub: undefined }],
  ['with an empty subject', { sub: '' }],
])('refuses a token %s', async (_, changes) => {
  expect(await verify(await sign(changes))).toEqual({ kind: 'invalid', reason: expect.any(String) })
})

test('allows for clocks that differ by half a minute', async () => {
  expect((await verify(await sign({ exp: seconds - 29 }))).kind).toBe('valid')
  expect((await verify(await sign({ nbf: seconds + 29 }))).kind).toBe('valid')
})

test('refuses a token without a signature', async () => {
  for (const alg of ['none', 'None', 'NONE', '', undefined]) {
    const unsigned = `${encode({ alg, kid: 'k1' })}.${encode(claims)}.`
    expect((await verify(unsigned)).kind, String(alg)).toBe('invalid')
    expect((await verify(unsigned, { algorithms: ['RS256', 'none'] })).kind).toBe('invalid')
  }
  const [header, payload] = (await sign()).split('.')
  expect((await verify(`${header}.${payload}.`)).kind).toBe('invalid')
})

test('refuses a token whose HMAC uses the public key as the secret', async () => {
  const pem = await exportSPKI(pair.publicKey)
  const { n = '' } = await exportJWK(pair.publicKey)
  for (const secret of [pem, pem.trim(), n, JSON.stringify(keys.keys[0])]) {
    const head = `${encode({ alg: 'HS256', kid: 'k1' })}.${encode(claims)}`
    const token = `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`
    expect((await verify(token)).kind).toBe('invalid')
    expect((await verify(token, { algorithms: ['RS256', 'HS256'] })).kind).not.toBe('valid')
  }
})

test('refuses an algorithm that is not pinned, although the key could verify it', async () => {
  expect(await verify(await sign({}, { alg: 'RS512' }).catch(() => ''))).toMatchObject({ kind: 'invalid' })
  const es = await generateKeyPair('ES256')
  expect((await verify(await sign({}, { alg: 'ES256' }, es.privateKey))).kind).toBe('invalid')
})

test('never takes a key from the token itself', async () => {
  const jwk = await exportJWK(other.publicKey)
  for (const header of [
    { jwk },
    { jku: 'https://evil.example/jwks' },
    { x5u: 'https://evil.example/x' },
    { jwk, kid: undefined },
  ])
    expect((await verify(await sign({}, header, other.privateKey))).kind).toBe('invalid')
})

test('refuses a token of another key, and says which key is missing', async () => {
  expect(await verify(await sign({}, {}, other.privateKey))).toMatchObject({ kind: 'invalid' })
  expect(await verify(await sign({}, { kid: 'k2' }))).toMatchObject({ kind: 'unknown_key' })
})

test('refuses a changed payload, an unknown critical header and anything that is no token', async () => {
  const [header, , signature] = (await sign()).split('.')
  const forged = `${header}.${encode({ ...claims, sub: 'eve' })}.${signature}`
  const critical = `${encode({ alg: 'RS256', kid: 'k1', crit: ['x'], x: 1 })}.${encode(claims)}.${signature}`
  for (const token of [forged, critical, '', 'x', '..', 'a.b.c', '{}', `${await sign()}.x`])
    expect((await verify(token)).kind).toBe('invalid')
})
