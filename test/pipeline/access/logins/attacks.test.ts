import { createHmac, generateKeyPairSync, KeyObject, sign } from 'node:crypto'
import { CompactSign, EncryptJWT, exportSPKI } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../../src/core/json.ts'
import {
  createSigningKey,
  encode,
  issuer,
  openLogins,
  type SigningKey,
  signatureChecks,
  signToken,
  startSeconds,
} from './open-logins.ts'

let rsa: SigningKey
let ec: SigningKey
let stranger: SigningKey

beforeAll(async () => {
  rsa = await createSigningKey('rsa-1')
  ec = await createSigningKey('ec-1', 'ES256')
  stranger = await createSigningKey('rsa-1')
})

const valid: JsonObject = { iss: issuer, sub: 'user-1', aud: 'weir', iat: startSeconds, exp: startSeconds + 3_600 }

/** Signs any text as the claims, with any header: what an issuer would never write. */
async function signRaw(key: SigningKey, payload: string, header: JsonObject = {}): Promise<string> {
  return new CompactSign(Buffer.from(payload))
    .setProtectedHeader({ alg: key.algorithm, kid: key.kid ?? '', typ: 'JWT', ...header })
    .sign(key.privateKey)
}

/** A token with a header that no library signs, and a signature of the issuer's key over exactly this text. */
function forge(key: SigningKey, header: JsonObject, claims: JsonObject = valid): string {
  const text = `${encode(header)}.${encode(claims)}`
  return `${text}.${sign('sha256', Buffer.from(text), KeyObject.from(key.privateKey)).toString('base64url')}`
}

const parts = (token: string) => token.split('.') as [string, string, string]
const withHeader = (token: string, header: JsonObject) => [encode(header), ...parts(token).slice(1)].join('.')

/** Every attack with what the caller gets: `unknown` and `login: …` are the one generic 401. */
const attacks: readonly (readonly [string, () => string | Promise<string>, string | RegExp])[] = [
  ...['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg) => [
    [`alg "${alg}" without a signature`, () => `${encode({ alg, typ: 'JWT' })}.${encode(valid)}.`, 'unknown'] as const,
    [
      `alg "${alg}" with a genuine signature`,
      async () => withHeader(await signToken(rsa), { alg, kid: 'rsa-1' }),
      'login: algorithm',
    ] as const,
  ]),
  ['no alg', () => forge(rsa, { kid: 'rsa-1' }), 'login: algorithm'],
  ['alg as a list', () => forge(rsa, { alg: ['RS256'], kid: 'rsa-1' }), 'login: algorithm'],
  [
    'HS256 with the RSA public key as its secret',
    async () => {
      const text = `${encode({ alg: 'HS256', kid: 'rsa-1', typ: 'JWT' })}.${encode(valid)}`
      const mac = createHmac('sha256', await exportSPKI(rsa.publicKey)).update(text)
      return `${text}.${mac.digest('base64url')}`
    },
    'login: algorithm',
  ],
  [
    'RS256 relabelled as ES256',
    async () => withHeader(await signToken(rsa), { alg: 'ES256', kid: 'rsa-1' }),
    'login: key',
  ],
  [
    'RS256 relabelled as PS256',
    async () => withHeader(await signToken(rsa), { alg: 'PS256', kid: 'rsa-1' }),
    'login: algorithm',
  ],
  ['the key of another algorithm', () => forge(rsa, { alg: 'RS256', kid: 'ec-1' }), 'login: key'],
  [
    'an empty signature',
    async () =>
      `${parts(await signToken(rsa))
        .slice(0, 2)
        .join('.')}.`,
    'unknown',
  ],
  [
    'a signature of zeros',
    async () =>
      `${parts(await signToken(rsa))
        .slice(0, 2)
        .join('.')}.${encode('\0'.repeat(256))}`,
    'login: signature',
  ],
  [
    'an ECDSA signature with r = s = 0',
    async () =>
      `${parts(await signToken(ec))
        .slice(0, 2)
        .join('.')}.${encode('\0'.repeat(64))}`,
    'login: signature',
  ],
  [
    'a short ECDSA signature',
    async () =>
      `${parts(await signToken(ec))
        .slice(0, 2)
        .join('.')}.AA`,
    'login: signature',
  ],
  [
    'an ECDSA signature in DER',
    async () => {
      const [header, claims] = parts(await signToken(ec))
      const text = `${header}.${claims}`
      return `${text}.${sign('sha256', Buffer.from(text), KeyObject.from(ec.privateKey)).toString('base64url')}`
    },
    'login: signature',
  ],
  [
    'changed claims',
    async () => {
      const [header, , signature] = parts(await signToken(rsa))
      return [header, encode({ ...valid, sub: 'admin' }), signature].join('.')
    },
    'login: signature',
  ],
  ['a stranger’s key under a known kid', () => signToken(stranger), 'login: signature'],
  ['a stranger’s key in the header', () => signToken(stranger, {}, { jwk: stranger.jwk }), 'login: signature'],
  [
    'addresses of a stranger’s keys in the header',
    () => signToken(stranger, {}, { jku: 'https://evil.example/keys', x5u: 'https://evil.example/x5u' }),
    'login: signature',
  ],
  ...[
    '../../../dev/null',
    '/dev/null',
    "' OR 1=1 --",
    '__proto__',
    'constructor',
    'http://evil.example/key',
    '\u0000',
    'x'.repeat(4_000),
  ].map(
    (kid) =>
      [`kid ${JSON.stringify(kid.slice(0, 30))}`, () => forge(rsa, { alg: 'RS256', kid }), 'login: key'] as const,
  ),
  ['kid as an object', () => forge(rsa, { alg: 'RS256', kid: { $ne: '' } }), 'login: key'],
  ['b64: false', () => forge(rsa, { alg: 'RS256', kid: 'rsa-1', b64: false, crit: ['b64'] }), 'login: extension'],
  [
    'an unknown critical extension',
    () => forge(rsa, { alg: 'RS256', kid: 'rsa-1', crit: ['exp'], exp: 1 }),
    'login: extension',
  ],
  ['an empty crit', () => forge(rsa, { alg: 'RS256', kid: 'rsa-1', crit: [] }), 'login: extension'],
  ['a nested token', () => forge(rsa, { alg: 'RS256', kid: 'rsa-1', cty: 'JWT' }), 'login: nested'],
  ['a logout token', () => signToken(rsa, {}, { typ: 'logout+jwt' }), 'login: type'],
  ['a DPoP proof', () => signToken(rsa, {}, { typ: 'dpop+jwt' }), 'login: type'],
  [
    'an encrypted token',
    () => new EncryptJWT({ ...valid }).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).encrypt(new Uint8Array(32)),
    'unknown',
  ],
  ['four parts', async () => `${await signToken(rsa)}.x`, 'unknown'],
  [
    'two parts',
    async () =>
      parts(await signToken(rsa))
        .slice(0, 2)
        .join('.'),
    'unknown',
  ],
  ['padding', async () => `${await signToken(rsa)}=`, 'unknown'],
  ['a space inside', async () => (await signToken(rsa)).replace('.', ' .'), 'unknown'],
  ['a line break at the end', async () => `${await signToken(rsa)}\n`, 'unknown'],
  ['1 MB', () => `${encode({ alg: 'RS256' })}.${'A'.repeat(1_048_576)}.AA`, 'unknown'],
  ['claims of 9 KB', () => signToken(rsa, { note: 'x'.repeat(9_000) }), 'unknown'],
  [
    'a deep claim',
    () => signRaw(rsa, `{"iss":${JSON.stringify(issuer)},"a":${'['.repeat(2_900)}${']'.repeat(2_900)}}`),
    'token_not_for_this_server',
  ],
  ['claims that are a list', () => signRaw(rsa, '[]'), 'unknown'],
  ['claims that are no JSON', () => signRaw(rsa, '{"iss":'), 'unknown'],
  [
    'claims that are no UTF-8',
    () => `${encode({ alg: 'RS256' })}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.AA`,
    'unknown',
  ],
  ['another issuer', () => signToken(rsa, { iss: 'https://evil.example' }), 'unknown'],
  ['the issuer with a slash', () => signToken(rsa, { iss: `${issuer}/` }), 'unknown'],
  ['the issuer in another case', () => signToken(rsa, { iss: issuer.toUpperCase() }), 'unknown'],
  ['the issuer’s prefix', () => signToken(rsa, { iss: `${issuer}.evil.example` }), 'unknown'],
  ['the issuer in a list', () => signToken(rsa, { iss: [issuer] } as never), 'unknown'],
  ['no issuer', () => signToken(rsa, { iss: undefined }), 'unknown'],
  ['the prototype as an issuer', () => signRaw(rsa, `{"__proto__":{"iss":${JSON.stringify(issuer)}}}`), 'unknown'],
  ['another audience', () => signToken(rsa, { aud: 'other' }), 'token_not_for_this_server'],
  ['a prefix of the audience', () => signToken(rsa, { aud: 'weir.evil' }), 'token_not_for_this_server'],
  ['the audience in another case', () => signToken(rsa, { aud: 'WEIR' }), 'token_not_for_this_server'],
  ['no audience', () => signToken(rsa, { aud: undefined }), 'token_not_for_this_server'],
  ['an audience in an object', () => signToken(rsa, { aud: { 0: 'weir' } } as never), 'token_not_for_this_server'],
  ['an audience in a nested list', () => signToken(rsa, { aud: [['weir']] } as never), 'token_not_for_this_server'],
  ['no exp', () => signToken(rsa, { exp: undefined }), 'token_not_for_this_server'],
  ['exp as text', () => signToken(rsa, { exp: String(startSeconds + 60) } as never), 'token_not_for_this_server'],
  ['exp in Arabic digits', () => signToken(rsa, { exp: '١٨٠٠٠٠٣٦٠٠' } as never), 'token_not_for_this_server'],
  [
    'exp without an end',
    () => signRaw(rsa, JSON.stringify(valid).replace(/"exp":\d+/, '"exp":1e999')),
    'token_not_for_this_server',
  ],
  ['exp below zero', () => signToken(rsa, { exp: -1 }), 'token_expired'],
  ['exp of 31 s ago', () => signToken(rsa, { exp: startSeconds - 31 }), 'token_expired'],
  [
    'a token of 32 days ago that never ends',
    () => signToken(rsa, { iat: startSeconds - 32 * 86_400, exp: 3e13 }),
    'token_expired',
  ],
  ['exp as true', () => signToken(rsa, { exp: true } as never), 'token_not_for_this_server'],
  ['nbf in 31 s', () => signToken(rsa, { nbf: startSeconds + 31 }), 'token_expired'],
  ['nbf as text', () => signToken(rsa, { nbf: 'now' } as never), 'token_not_for_this_server'],
  ['iat in 31 s', () => signToken(rsa, { iat: startSeconds + 31 }), 'token_expired'],
  ['no iat', () => signToken(rsa, { iat: undefined }), 'token_not_for_this_server'],
  ['sub as an object', () => signToken(rsa, { sub: { id: 1 } } as never), 'token_not_for_this_server'],
  ['sub as a number', () => signToken(rsa, { sub: 7 } as never), 'token_not_for_this_server'],
  ['an empty sub', () => signToken(rsa, { sub: '' }), 'token_not_for_this_server'],
  ['no sub', () => signToken(rsa, { sub: undefined }), 'token_not_for_this_server'],
  [
    'a doubled aud, the last one wrong',
    () => signRaw(rsa, JSON.stringify(valid).replace('}', ',"aud":"other"}')),
    'token_not_for_this_server',
  ],
]

const config = { app: { issuer, audience: ['weir'], algorithms: ['RS256', 'ES256'] } }

describe.each(signatureChecks)('with %s', (_name, checkSignature) => {
  const open = () => openLogins({ config, keys: [rsa, ec], checkSignature })

  test.each(attacks)('S95 a login refuses %s', async (_attack, make, expected) => {
    const { verify, fetched } = open()
    const result = await verify(await make())
    expect(typeof result === 'string' ? result : (result as { readonly code?: string }).code).toBe(expected)
    expect(fetched.filter((url) => !url.startsWith(issuer))).toEqual([])
  })

  test('a login accepts what these attacks change, under both algorithms', async () => {
    const { verify } = open()
    const expected = { kind: 'verified', name: 'app', endUser: 'user-1', issuedAt: startSeconds * 1_000 }
    expect(await verify(await signToken(rsa))).toMatchObject(expected)
    expect(await verify(await signToken(ec))).toMatchObject(expected)
    expect(await verify(forge(rsa, { alg: 'RS256', kid: 'rsa-1' }))).toMatchObject(expected)
  })

  test.each([
    ['a list of audiences', { aud: ['other', 'weir'] }],
    ['an expiry with decimals', { exp: startSeconds + 0.5 }],
    ['an expiry of 29 s ago', { exp: startSeconds - 29 }],
    ['an expiry in a million years', { exp: 3e13 }],
    ['times 29 s ahead', { iat: startSeconds + 29, nbf: startSeconds + 29 }],
  ])('a login accepts %s', async (_case, claims) => {
    expect(await open().verify(await signToken(rsa, claims))).toMatchObject({ kind: 'verified' })
  })

  test.each(['at+jwt', 'application/at+jwt', 'JWT', 'jwt', undefined])('a login accepts the type %s', async (typ) => {
    expect(await open().verify(await signToken(rsa, {}, { typ: typ as string }))).toMatchObject({ kind: 'verified' })
  })

  test.each(['RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES384', 'ES512', 'EdDSA'])(
    'a login verifies %s, and refuses the same token with one changed bit',
    async (algorithm) => {
      const key = await createSigningKey('k', algorithm)
      const { verify } = openLogins({
        config: { app: { issuer, audience: ['weir'], algorithms: [algorithm] } },
        keys: [key],
        checkSignature,
      })
      const token = await signToken(key)
      const [header, claims, signature] = parts(token)
      const bytes = Buffer.from(signature, 'base64url')
      bytes[10] = (bytes[10] ?? 0) ^ 1
      expect(await verify([header, claims, bytes.toString('base64url')].join('.'))).toBe('login: signature')
      expect(await verify(token)).toMatchObject({ kind: 'verified' })
    },
  )

  test('a login verifies HS256 with its secret, and no other', async () => {
    const secret = 's'.repeat(32)
    const { verify, fetched } = openLogins({ config: { app: { issuer, audience: ['weir'], secret } }, checkSignature })
    const signWith = (key: string) => {
      const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(valid)}`
      return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
    }
    expect(await verify(signWith(secret))).toMatchObject({ kind: 'verified' })
    expect(await verify(signWith(`${secret}x`))).toBe('login: signature')
    expect(await verify(signWith(secret).slice(0, -2))).toBe('login: signature')
    expect(await verify(await signToken(rsa))).toBe('login: algorithm')
    expect(fetched).toEqual([])
  })

  test('a JWKS with weak, private, secret or unfitting keys lends none of them', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 })
    const open1 = openLogins({ config, checkSignature })
    open1.published = [
      { ...publicKey.export({ format: 'jwk' }), kid: 'rsa-1' },
      { kty: 'oct', k: encode('x'.repeat(32)), kid: 'rsa-1' },
      { ...rsa.jwk, use: 'enc' },
      { ...rsa.jwk, key_ops: ['encrypt'] },
      { ...rsa.jwk, alg: 'RS512' },
      { kty: 'RSA', n: 1, e: {} },
      { kty: '__proto__', kid: 'rsa-1' },
    ]
    expect(await open1.verify(await signToken(rsa))).toMatchObject({ code: 'issuer_unavailable' })
    open1.published = [...open1.published, ec.jwk]
    open1.advance(2_000)
    expect(await open1.verify(await signToken(rsa))).toBe('login: key')
    expect(await open1.verify(await signToken(ec))).toMatchObject({ kind: 'verified' })
  })
})
