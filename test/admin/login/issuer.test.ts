import { expect, test } from 'vitest'
import { issuerOf } from '../../../src/admin/login/issuer.ts'
import type { AdminLoginSettings } from '../../../src/config/settings.ts'
import { toByteStream } from '../../../src/core/byte-stream.ts'
import type { TransportRequest } from '../../../src/providers/transport.ts'

const issuer = 'https://id.example/realm'

const configuration = {
  issuer,
  authorization_endpoint: 'https://id.example/auth',
  token_endpoint: 'https://id.example/token',
  userinfo_endpoint: 'https://id.example/userinfo',
  jwks_uri: 'https://id.example/jwks',
}

interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

function open(replies: Readonly<Record<string, Reply>> = {}, name = issuer) {
  const settings: AdminLoginSettings = {
    issuer: name,
    clientId: 'weir',
    clientSecret: undefined,
    algorithms: ['RS256'],
    redirectUri: 'https://ai.example/admin/v1/login/callback',
  }
  const asked: string[] = []
  const time = { now: 1_000_000 }
  const all: Readonly<Record<string, Reply>> = {
    '/realm/.well-known/openid-configuration': { body: configuration },
    '/jwks': { body: { keys: [{ kid: 'k1' }] } },
    ...replies,
  }
  const ports = {
    clock: { now: () => time.now, monotonicMs: () => time.now, after: () => () => {} },
    transport: {
      async send({ origin, path }: TransportRequest) {
        asked.push(origin + path)
        const { status = 200, headers = {}, body } = all[path] ?? { status: 404, body: 'not found' }
        const text = typeof body === 'string' ? body : JSON.stringify(body)
        return { status, headers, body: toByteStream(new TextEncoder().encode(text)) }
      },
    },
  }
  const provider = issuerOf(settings)
  return {
    asked,
    time,
    metadata: () => provider.metadata(ports),
    keys: (isMissing = false) => provider.keys(ports, isMissing),
  }
}

const unavailable = { code: 'issuer_unavailable', status: 503 }

test('fetches configuration and keys once an hour', async () => {
  const { asked, time, keys, metadata } = open()
  for (let times = 0; times < 3; times += 1) {
    expect(await keys()).toEqual({ keys: [{ kid: 'k1' }] })
    expect(await metadata()).toMatchObject({ tokenEndpoint: 'https://id.example/token', postsSecret: false })
  }
  expect(asked).toEqual(['https://id.example/realm/.well-known/openid-configuration', 'https://id.example/jwks'])
  time.now += 3_600_000
  await keys()
  expect(asked).toHaveLength(4)
})

test('fetches the keys again for a missing one, at most once a minute', async () => {
  const { asked, time, keys } = open()
  const count = () => asked.filter((url) => url.endsWith('/jwks')).length
  await keys()
  for (let times = 0; times < 5; times += 1) await keys(true)
  expect(count()).toBe(1)
  time.now += 60_000
  for (let times = 0; times < 5; times += 1) await keys(true)
  expect(count()).toBe(2)
})

test.each<readonly [string, Reply]>([
  ['names another issuer', { body: { ...configuration, issuer: 'https://evil.example' } }],
  ['names an issuer that differs by a slash', { body: { ...configuration, issuer: `${issuer}/` } }],
  ['has an endpoint without TLS', { body: { ...configuration, token_endpoint: 'http://id.example/token' } }],
  ['has keys without TLS', { body: { ...configuration, jwks_uri: 'http://127.0.0.1/jwks' } }],
  ['has no endpoint', { body: { issuer } }],
  ['has a script as an endpoint', { body: { ...configuration, authorization_endpoint: 'javascript:alert(1)' } }],
  ['is a redirect', { status: 302, headers: { location: 'https://evil.example/' }, body: configuration }],
  ['is an error', { status: 500, body: configuration }],
  ['is no JSON', { body: '<html>' }],
  ['is a list', { body: [configuration] }],
  ['is too long', { body: `{"issuer":"${'x'.repeat(300_000)}"}` }],
])('refuses a configuration that %s, and asks again at the next sign-in', async (_, reply) => {
  const { asked, metadata } = open({ '/realm/.well-known/openid-configuration': reply })
  await expect(metadata()).rejects.toMatchObject(unavailable)
  await expect(metadata()).rejects.toMatchObject(unavailable)
  expect(asked).toHaveLength(2)
})

test.each<readonly [string, Reply]>([
  ['no set', { body: { keys: 'none' } }],
  ['a redirect', { status: 301, headers: { location: 'https://evil.example/' }, body: { keys: [] } }],
  ['missing', { status: 404, body: { keys: [] } }],
])('refuses keys that are %s', async (_, reply) => {
  await expect(open({ '/jwks': reply }).keys()).rejects.toMatchObject(unavailable)
})

test('uses http only for an issuer on this machine', async () => {
  const local = Object.fromEntries(
    Object.entries(configuration).map(([name, url]) => [
      name,
      url.replace('https://id.example', 'http://localhost:4000'),
    ]),
  )
  const replies = { '/realm/.well-known/openid-configuration': { body: local } }
  expect(await open(replies, local.issuer).metadata()).toMatchObject({ jwksUri: 'http://localhost:4000/jwks' })
  const mixed = {
    '/realm/.well-known/openid-configuration': { body: { ...local, jwks_uri: 'http://id.example/jwks' } },
  }
  await expect(open(mixed, local.issuer).metadata()).rejects.toMatchObject(unavailable)
})
