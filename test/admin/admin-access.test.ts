import { expect, test } from 'vitest'
import { operations } from '../../src/dialects/operations.ts'
import { adminRoutes } from '../support/admin-routes.ts'
import { ask } from '../support/ask.ts'
import { describeOnBoth, describeOnBothStored } from '../support/describe-on-both.ts'
import { chatRequest } from '../support/fixtures.ts'
import { gatewayToken } from '../support/gateway.ts'
import { adminBearer, adminToken, callAdmin, expectProblem, openAdmin } from './open-admin.ts'

/** Every route of the admin API with an id, and unknown paths. */
const endpoints = [
  ...adminRoutes.map(({ method, path }) => `${method} ${path.replace('{id}', 'key_0').replace('/admin/v1', '')}`),
  'POST /graphql',
  'GET /graphql',
  'GET ',
  'GET /',
  'GET /nothing',
  'PUT /keys',
  'DELETE /keys/key_0/rotate',
]

const toBearer = (secret: string) => ({ authorization: `Bearer ${secret}` })

describeOnBothStored('the admin API', (start, { runtime, startUpstream }) => {
  const open = (env: Readonly<Record<string, string>> = {}) => openAdmin({ start, startUpstream }, { env })

  test('S77 reveals no route without its secret', async () => {
    const { gateway, upstream } = await open()
    const texts = new Set<string>()
    for (const endpoint of endpoints) {
      for (const cookie of ['', `token=${adminToken}; authorization=Bearer ${adminToken}`]) {
        const response = await callAdmin(gateway.url, endpoint, { headers: { authorization: '', cookie } })
        expect(response.status, endpoint).toBe(401)
        texts.add(response.text)
      }
    }
    expect([...texts]).toEqual([expect.stringContaining('"code":"invalid_admin_secret"')])
    expect(upstream.requests).toEqual([])
  })

  test('S76 opens no route for a virtual key, TOKEN or a similar secret', async () => {
    const { gateway, create } = await open()
    const { secret } = await create({ operations: ['*'] })
    for (const wrong of [secret, gatewayToken, `${adminToken}x`, adminToken.slice(0, -1), adminToken.toUpperCase()]) {
      for (const endpoint of endpoints) {
        const response = await callAdmin(gateway.url, endpoint, { headers: toBearer(wrong) })
        expect([401, 429], endpoint).toContain(response.status)
      }
    }
  })

  test('S76 its secret opens no other route and cannot become a virtual key', async () => {
    const { gateway, upstream, call } = await open({ PASSTHROUGH: 'openai' })
    expectProblem(await call('POST /keys', { name: 'x', secret: adminToken }), 'invalid_value', 'secret')
    const guarded = [
      ...Object.values(operations).map(({ path }) => ({ method: 'POST', target: `/v1${path}`, body: chatRequest })),
      ...['/v1/models', '/v1/models/gpt-4.1', '/v1/sessions', '/v1/files'].map((target) => ({ target })),
      { method: 'POST', target: '/', body: chatRequest },
      { method: 'POST', target: '/graphql', body: { query: '{models{id}}' } },
    ]
    for (const endpoint of guarded) {
      const response = await ask(gateway, { ...endpoint, token: false, headers: adminBearer })
      expect(response.status, endpoint.target).toBe(401)
    }
    expect(upstream.requests).toEqual([])
    expect(gateway.output()).not.toContain(adminToken)
  })

  test('S39 no spelling of a path bypasses its guard', async () => {
    const { gateway } = await open()
    const paths = [
      ...['/livez/../admin/v1/keys', '/livez/%2e%2e/admin/v1/keys', '/livez;/../admin/v1/keys', '/admin/v1/../v1/keys'],
      ...['/admin/v1/keys%00', '/admin%2fv1%2fkeys', '/admin/v1/%6beys', '/admin\\v1\\keys', '/%61dmin/v1/keys'],
      ...['//admin/v1/keys', '/admin//v1//keys', '/admin/v1/keys/', '/admin/v1/./keys', '/v1/admin/v1/keys'],
      ...['/ADMIN/V1/KEYS', '/admin/v1/keys;x=1', '/admin/v1/keys?/livez', '/livez?/admin/v1/keys', '/admin/v1'],
    ]
    for (const target of paths) {
      const response = await ask(gateway, { target, token: false })
      const isProbe = response.status === 200 && response.text === '{"status":"alive"}'
      if (!isProbe) expect([400, 401, 404], target).toContain(response.status)
      expect(response.text).not.toContain('"object"')
    }
  })

  test('S44 refuses pages of other origins, and bodies that a form can send, with any secret', async () => {
    const { gateway, call } = await open({ CORS_ORIGINS: 'https://console.example' })
    for (const origin of ['https://evil.example', 'null', 'https://console.example.evil.example', 'http://localhost:1'])
      expectProblem(await call('GET /keys', undefined, { origin }), 'origin_not_allowed')
    const allowed = await call('GET /keys', undefined, { origin: 'https://console.example' })
    expect(allowed.status).toBe(200)
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://console.example')
    expect(allowed.headers.get('access-control-allow-credentials')).toBe(null)
    expect((await call('GET /keys', undefined, { origin: gateway.url })).status).toBe(200)
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const response = await call('POST /keys', '{"name":"x"}', { 'content-type': type })
      expectProblem(response, 'unsupported_media_type')
    }
    expect((await call('GET /keys')).body.data).toEqual([])
    const { headers } = await call('GET /keys')
    expect(headers.get('set-cookie')).toBe(null)
  })

  test('S44 `*` in CORS_ORIGINS allows no page to administer', async () => {
    const { call } = await open()
    expectProblem(await call('GET /keys', undefined, { origin: 'https://any.example' }), 'origin_not_allowed')
  })

  test('S45 case D15: throttles and audits guesses, and still serves others and the correct secret', async () => {
    const { gateway, call } = await open()
    expect((await call('GET /audit')).body.data).toEqual([])
    const guesses = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        callAdmin(gateway.url, 'GET /keys', { headers: toBearer(`wrong-${index}`) }),
      ),
    )
    const checked = guesses.filter(({ status }) => status === 401).length
    // Five at once; on a slow machine one or two more after a second.
    expect(checked).toBeGreaterThanOrEqual(5)
    expect(checked).toBeLessThanOrEqual(8)
    const throttled = guesses.filter(({ status }) => status !== 401)
    for (const response of throttled) {
      expectProblem(response, 'too_many_attempts')
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    }
    const entries = await gateway.sql('SELECT * FROM audit_log')
    expect(entries.map(({ actor, action, subject }) => ({ actor, action, subject }))).toEqual(
      Array(checked).fill({ actor: 'admin', action: 'admin.refused', subject: null }),
    )
    expect(JSON.stringify(entries)).not.toContain('wrong-')
    expect((await ask(gateway, { target: '/v1/models' })).status).toBe(200)
    expect((await call('GET /keys')).status).toBe(200)
  })

  test('S22 accepts no secret in the URL', async () => {
    const { gateway } = await open()
    for (const name of ['token', 'key', 'api_key', 'access_token']) {
      const response = await callAdmin(gateway.url, `GET /prices?${name}=${adminToken}`, {
        headers: { authorization: '' },
      })
      expectProblem(response, 'credential_in_url')
    }
    expect(gateway.output()).not.toContain(adminToken)
  })

  test('lists the methods of a path, and suggests a path for a misspelt one', async () => {
    const { call } = await open()
    const response = await call('PUT /keys')
    expectProblem(response, 'method_not_allowed')
    expect(response.headers.get('allow')).toBe('GET, POST, OPTIONS')
    expect((await call('HEAD /usage')).status).toBe(405)
    expectProblem(await call('GET /key'), 'not_found', undefined, /Did you mean \/admin\/v1\/keys\?/)
    expect((await call('HEAD /keys')).status).toBe(200)
  })

  test('has keys without metering, and explains why it has no reports', async () => {
    const { call, create } = await open({ METERING: 'false' })
    const { id } = await create()
    expect((await call('GET /keys')).status).toBe(200)
    for (const endpoint of ['GET /usage', 'GET /records', 'GET /prices', `GET /keys/${id}/balance`])
      expectProblem(await call(endpoint), 'storage_not_configured', undefined, /METERING=false/)
  })

  test('explains how to set a secret if none exists', async () => {
    const { call } = await openAdmin({ start, startUpstream }, { env: { ADMIN_TOKEN: '', HOST: '0.0.0.0' } })
    const response = await call('GET /keys')
    expectProblem(response, 'admin_not_configured', undefined, /^This server has no admin secret\. Set ADMIN_TOKEN/)
    expect(response.text).not.toContain('weir admin-token')
    expect(response.headers.get('x-should-retry')).toBe('false')
  })

  test.runIf(runtime === 'node')(
    'P01 formats errors by RFC 9457 below /admin, and in OpenAI’s format elsewhere',
    async () => {
      const { gateway } = await open()
      for (const target of ['/admin', '/admin/nothing', '/admin/v1/%2e%2e/keys', '/admin/v1/keys']) {
        const response = await ask(gateway, { target, token: false })
        expect(response.header('content-type'), target).toBe('application/problem+json')
        expect(JSON.parse(response.text)).not.toHaveProperty('error')
      }
      const elsewhere = await ask(gateway, { target: '/administration', token: false })
      expect(JSON.parse(elsewhere.text)).toHaveProperty('error.code')
    },
  )
})

describeOnBoth('the admin API of a server without storage', (start) => {
  test('S76 requires its secret, and then explains what is missing', async () => {
    const gateway = await start({ env: { ADMIN_TOKEN: adminToken, TOKEN: gatewayToken } })
    for (const endpoint of ['GET /keys', 'POST /keys', 'GET /usage', 'GET /records', 'GET /prices', 'GET /audit']) {
      const response = await callAdmin(gateway.url, endpoint)
      expectProblem(response, 'storage_not_configured', undefined, /STORAGE_PATH/)
      expect(response.headers.get('x-should-retry')).toBe('false')
    }
    expect((await callAdmin(gateway.url, 'GET /openapi.json')).status).toBe(200)
    expectProblem(
      await callAdmin(gateway.url, 'GET /keys', { headers: toBearer(gatewayToken) }),
      'invalid_admin_secret',
    )
  })
})
