import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { noLimits } from '../../src/metering/limits.ts'
import { createClientTokens } from '../../src/pipeline/access/client-tokens.ts'
import type { NewClaims } from '../../src/pipeline/call/client-tokens.ts'
import { nodeSecrets } from '../../src/platform/node/node-secrets.ts'
import { ask, expectError, type Question } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { type GatewayOptions, toOpenAIEnv } from '../support/gateway.ts'
import type { RawResponse } from '../support/raw-client.ts'
import { json } from '../support/upstream-scripts.ts'
import { withKey } from './open-keys.ts'

const origin = 'https://chat.example'

/** A policy with the smallest limits that the tests need. */
const policy = {
  origins: [origin],
  models: ['gpt-4*'],
  limits: { budgets: [{ usd: 0.01, per: 'day' }] },
  per_visitor: { requests_per_day: 3 },
  per_address: { requests_per_day: 5 },
}

const visitorClaims: NewClaims = {
  ...{ id: `ct_${'0'.repeat(32)}`, issuedAt: 0, expiresAt: 0, keyId: 'visitors', endUser: 'visitor_of-last-month' },
  ...{ proof: undefined, models: undefined, operations: undefined, origins: undefined, limits: noLimits },
  ...{ sessionId: undefined, tags: [], keyThumbprint: undefined },
}

interface Visitor {
  readonly value: string
  readonly end_user: string
  readonly expires_in: number
}

const chat: Question = { target: '/v1/chat/completions', body: { ...chatRequest, model: 'gpt-4.1', max_tokens: 10 } }

describeOnBothStored('an anonymous visitor', (start, { startUpstream }) => {
  const open = async (visitors: object = policy, options: GatewayOptions = {}) => {
    const upstream = await startUpstream()
    upstream.respond(json(200, chatCompletion))
    const gateway = await start({
      ...options,
      env: {
        ...toOpenAIEnv(upstream),
        CLIENT_TOKEN_SECRETS: 'a-secret-that-signs-the-tokens-of-the-tests',
        // The tests play visitors from many addresses.
        TRUSTED_PROXIES: '127.0.0.1',
        ...options.env,
      },
      config: { visitors },
    })
    const from = (address: string) => ({ origin, 'x-forwarded-for': address })
    const arrive = (address: string, body: object = {}, headers = from(address)): Promise<RawResponse> =>
      ask(gateway, { target: '/v1/visitors', body, token: false, headers })
    const admit = async (address: string, body: object = {}): Promise<Visitor> => {
      const response = await arrive(address, body)
      expect(response.status, response.text).toBe(201)
      return JSON.parse(response.text)
    }
    const call = (visitor: Visitor, address: string, question: Question = chat) =>
      ask(gateway, { ...question, ...withKey(visitor.value, from(address)) })
    return { gateway, upstream, from, arrive, admit, call }
  }

  test('gets a token from an admitted page, and calls with it', async () => {
    const { gateway, admit, call } = await open()
    const visitor = await admit('203.0.113.1')
    expect(visitor).toMatchObject({
      key_id: 'visitors',
      expires_in: 3_600,
      end_user: expect.stringMatching(/^visitor_/),
    })
    const response = await call(visitor, '203.0.113.1')
    expect(response.status, response.text).toBe(200)
    await gateway.flushLedger()
    const [record] = await gateway.sql('SELECT key_id, end_user FROM call_records')
    expect(record).toEqual({ key_id: 'visitors', end_user: visitor.end_user })
  })

  test('S97 is not admitted by any other page, by a program, or without the policy', async () => {
    const { gateway, arrive, from } = await open()
    for (const wrong of ['https://evil.example', 'https://chat.example.evil.example', 'http://chat.example', 'null'])
      expectError(await arrive('203.0.113.1', {}, { ...from('203.0.113.1'), origin: wrong }), {
        code: 'origin_not_allowed',
      })
    const withoutOrigin = { 'x-forwarded-for': '203.0.113.1' } as unknown as ReturnType<typeof from>
    expectError(await arrive('203.0.113.1', {}, withoutOrigin), { code: 'origin_not_allowed' })
    expectError(await ask(gateway, { ...chat, token: false, headers: from('203.0.113.1') }), {
      code: 'invalid_api_key',
    })
    const closed = await start({ env: { CLIENT_TOKEN_SECRETS: 'a-secret-that-signs-the-tokens-of-the-tests' } })
    const headers = { origin, 'content-type': 'application/json' }
    expectError(await ask(closed, { target: '/v1/visitors', body: {}, token: false, headers }), {
      code: 'visitors_not_allowed',
    })
  })

  test('has the policy’s models and operations, and no other', async () => {
    const { admit, call } = await open()
    const visitor = await admit('203.0.113.1')
    const other = { ...chat, body: { ...chatRequest, model: 'o3' } }
    expectError(await call(visitor, '203.0.113.1', other), { code: 'model_not_allowed', param: 'model' })
    const embeddings = { target: '/v1/embeddings', body: { model: 'gpt-4.1', input: 'x' } }
    expectError(await call(visitor, '203.0.113.1', embeddings), { code: 'operation_not_allowed' })
    expectError(await call(visitor, '203.0.113.1', { target: '/v1/client_tokens', body: {} }), {
      code: 'permission_denied',
    })
    const models = await call(visitor, '203.0.113.1', { target: '/v1/models', method: 'GET' })
    const { data } = JSON.parse(models.text) as { data: { id: string }[] }
    expect(data.filter(({ id }) => !/^(openai\/)?gpt-4/.test(id))).toEqual([])
  })

  test('keeps its own limits across renewals, and another visitor of the address has none of its sessions', async () => {
    const { admit, call } = await open()
    const first = await admit('203.0.113.1')
    const created = await call(first, '203.0.113.1', { target: '/v1/sessions', body: {} })
    const { id } = JSON.parse(created.text) as { id: string }
    for (let count = 0; count < 3; count += 1) expect((await call(first, '203.0.113.1')).status).toBe(200)
    expectError(await call(first, '203.0.113.1'), { code: 'rate_limit_exceeded' })
    const renewed = await admit('203.0.113.1', { visitor: first.value })
    expect(renewed.end_user).toBe(first.end_user)
    expectError(await call(renewed, '203.0.113.1'), { code: 'rate_limit_exceeded' })
    expect((await call(renewed, '203.0.113.1', { target: `/v1/sessions/${id}`, method: 'GET' })).status).toBe(200)
    const second = await admit('203.0.113.1')
    expectError(await call(second, '203.0.113.1', { target: `/v1/sessions/${id}`, method: 'GET' }), {
      code: 'session_not_found',
    })
  })

  test('sees in the headers its own limits, and not those of all visitors together', async () => {
    const limits = { requests_per_day: 2, budgets: [{ usd: 1, per: 'day' }] }
    const { admit, call } = await open({ ...policy, limits, per_visitor: { requests_per_day: 7 }, per_address: {} })
    const visitor = await admit('203.0.113.1')
    const served = await call(visitor, '203.0.113.1')
    expect(served.header('x-ratelimit-limit-requests')).toBe('7')
    expect(served.header('ratelimit')).toContain('r=6')
    await call(visitor, '203.0.113.1')
    const refused = await call(visitor, '203.0.113.1')
    expectError(refused, { code: 'rate_limit_exceeded', message: /that of all users of this page together/ })
    expect(refused.header('x-ratelimit-limit-requests')).toBeUndefined()
  })

  test('S97 shares the limits of its address, where a /64 of IPv6 is one address', async () => {
    const { admit, call } = await open()
    const [ada, bob, eve] = [
      await admit('2001:db8:0:1::1'),
      await admit('2001:db8:0:1:ffff::2'),
      await admit('2001:db8:0:2::1'),
    ]
    for (let count = 0; count < 3; count += 1) expect((await call(ada, '2001:db8:0:1::1')).status).toBe(200)
    for (let count = 0; count < 2; count += 1) expect((await call(bob, '2001:db8:0:1:ffff::2')).status).toBe(200)
    const refused = await call(bob, '2001:db8:0:1::3')
    expectError(refused, { code: 'rate_limit_exceeded' })
    expect(refused.text).toContain('this address has 5 requests a day')
    expect((await call(eve, '2001:db8:0:2::1')).status).toBe(200)
  })

  test('S96 a stolen visitor token has the limits of the thief’s address too', async () => {
    const { admit, call } = await open({ ...policy, per_visitor: { requests_per_day: 100 } })
    const visitor = await admit('203.0.113.1')
    for (let count = 0; count < 5; count += 1) expect((await call(visitor, '198.51.100.9')).status).toBe(200)
    expectError(await call(visitor, '198.51.100.9'), { code: 'rate_limit_exceeded' })
  })

  test('S97 the spend of a flood: new addresses and new visitors spend the daily budget of all, and no more', async () => {
    const flood = { ...policy, new_per_address_per_hour: 1_000_000 }
    const { gateway, upstream, admit, call } = await open(flood)
    const usage = { prompt_tokens: 19, completion_tokens: 10, total_tokens: 29 }
    upstream.respond(json(200, { ...chatCompletion, usage }))
    let served = 0
    for (let batch = 0; batch < 10; batch += 1) {
      const attackers = Array.from({ length: 20 }, async (_, index) => {
        const address = `203.0.${batch}.${index}`
        const response = await call(await admit(address), address)
        served += response.status === 200 ? 1 : 0
        return response.status
      })
      expect([200, 429]).toEqual(expect.arrayContaining([...new Set(await Promise.all(attackers))]))
    }
    await gateway.flushLedger()
    const [sum] = await gateway.sql("SELECT SUM(cost_nano) AS nano FROM call_records WHERE key_id = 'visitors'")
    const late = await call(await admit('198.51.100.1'), '198.51.100.1')
    expectError(late, {
      code: 'insufficient_quota',
      message: /^Limit reached: that of all users of this page together/,
    })
    expect(served).toBeGreaterThan(20)
    expect(served).toBeLessThan(200)
    expect(Number(sum?.nano)).toBeLessThanOrEqual(10_000_000)
    // The budget is used up to less than one call.
    expect(Number(sum?.nano)).toBeGreaterThan(9_000_000)
  })

  test('S20 is blocked with all its tokens by one revocation', async () => {
    const { gateway, admit, arrive, call } = await open(policy, {
      env: { ADMIN_TOKEN: 'admin-secret-of-the-visitor-tests' },
    })
    const [visitor, other] = [await admit('203.0.113.1'), await admit('203.0.113.2')]
    const revoked = await ask(gateway, {
      target: '/admin/v1/revocations',
      body: { key_id: 'visitors', end_user: visitor.end_user },
      ...withKey('admin-secret-of-the-visitor-tests'),
    })
    expect(revoked.status, revoked.text).toBe(200)
    expectError(await call(visitor, '203.0.113.1'), { code: 'token_revoked' })
    expectError(await arrive('203.0.113.1', { visitor: visitor.value }), { code: 'token_revoked' })
    expect((await call(other, '203.0.113.2')).status).toBe(200)
  })

  test('S20 is blocked at once when another process revokes it, before caches notice', async () => {
    const { gateway, admit, arrive } = await open()
    const visitor = await admit('203.0.113.1')
    const renewed = await admit('203.0.113.1', { visitor: visitor.value })
    const digest = createHash('sha256').update(`visitors/user:${visitor.end_user}`).digest('hex')
    const columns = 'key_id, kind, subject, issued_until, expires_at'
    const revocation = ['visitors', 'user', digest, Date.now(), Date.now() + 60_000]
    await gateway.sql(`INSERT INTO revocations (${columns}) VALUES (?, ?, ?, ?, ?)`, ...revocation)
    expectError(await arrive('203.0.113.1', { visitor: renewed.value }), { code: 'token_revoked' })
  })

  test('S20 starts anew with a token so old that a revocation of it would be forgotten', async () => {
    const { admit } = await open()
    const tokens = createClientTokens(['a-secret-that-signs-the-tokens-of-the-tests'], nodeSecrets)
    const renew = async (daysAgo: number) => {
      const issuedAt = Date.now() - daysAgo * 86_400_000
      const claims = { ...visitorClaims, issuedAt, expiresAt: issuedAt + 3_600_000 }
      return (await admit('203.0.113.1', { visitor: tokens.sign(claims) })).end_user
    }
    expect(await renew(31)).toBe(visitorClaims.endUser)
    expect(await renew(33)).not.toBe(visitorClaims.endUser)
  })

  test('S97 is refused after many new visitors of its address in an hour; a renewal is not new', async () => {
    const { admit, arrive } = await open({ ...policy, new_per_address_per_hour: 2 })
    const first = await admit('203.0.113.1')
    await admit('203.0.113.1')
    expectError(await arrive('203.0.113.1'), { code: 'rate_limit_exceeded' })
    await admit('203.0.113.1', { visitor: first.value })
    await admit('203.0.113.2')
  })

  test('is known to be at the same address after a rotation of the secrets that sign tokens', async () => {
    const visitor = await (await open()).admit('203.0.113.1')
    const secrets = 'a-new-secret-that-signs-the-tokens-0001,a-secret-that-signs-the-tokens-of-the-tests'
    const rotated = await open({ ...policy, new_per_address_per_hour: 1 }, { env: { CLIENT_TOKEN_SECRETS: secrets } })
    await rotated.admit('203.0.113.1')
    const renewed = await rotated.admit('203.0.113.1', { visitor: visitor.value })
    expect(renewed.end_user).toBe(visitor.end_user)
    expectError(await rotated.arrive('203.0.113.1'), { code: 'rate_limit_exceeded' })
  })

  test('S97 stores only so much without a call to a model, in all visitors of an address together', async () => {
    const { gateway, admit, call } = await open()
    const first = await admit('203.0.113.1')
    const created = await call(first, '203.0.113.1', { target: '/v1/sessions', body: {} })
    const { id } = JSON.parse(created.text) as { id: string }
    const send = (visitor: Visitor, address: string, text: string) => {
      const query = `mutation($text: String!) { sendMessage(input: { content: $text, sessionId: "${id}" }) { id } }`
      return call(visitor, address, { target: '/graphql', body: { query, variables: { text } } })
    }
    for (let sent = 0; sent < 5; sent += 1)
      expect((await send(first, '203.0.113.1', 'x'.repeat(810_000))).text).not.toContain('errors')
    expect((await send(first, '203.0.113.1', 'x'.repeat(200_000))).text).toContain('rate_limit_exceeded')
    const second = await admit('203.0.113.1')
    const full = await call(second, '203.0.113.1', { target: '/v1/sessions', body: {} })
    expectError(full, { code: 'rate_limit_exceeded' })
    const once = { ...withKey(second.value, { 'idempotency-key': '1', origin, 'x-forwarded-for': '203.0.113.1' }) }
    expectError(await ask(gateway, { ...chat, ...once }), { code: 'rate_limit_exceeded' })
    expect((await call(second, '203.0.113.1')).status).toBe(200)
    const elsewhere = await admit('203.0.113.2')
    expect((await call(elsewhere, '203.0.113.2', { target: '/v1/sessions', body: {} })).status).toBe(201)
  })

  describeChallenges()

  function describeChallenges(): void {
    const secret = 'secret-of-the-challenge-widget'
    /** Answers like siteverify: `good` once, everything else never. */
    const openWithChallenge = async (when = 'first', options: GatewayOptions = {}) => {
      const service = await startUpstream()
      const used = new Set<string>()
      const asked: URLSearchParams[] = []
      service.respond({
        play(wire, exchange) {
          const form = new URLSearchParams(exchange.bodyText)
          asked.push(form)
          const token = form.get('response') ?? ''
          const success = token.startsWith('good') && !used.has(token) && form.get('secret') === secret
          used.add(token)
          const hostname = token === 'good-elsewhere' ? 'evil.example' : 'chat.example'
          return json(200, { success, hostname }).play(wire, exchange)
        },
      })
      const challenge = { site_key: 'site-key', secret, verify_url: `${service.url}/siteverify`, when }
      return { ...(await open({ ...policy, challenge }, options)), service, asked }
    }

    test('S97 must solve the challenge first, whose answer is valid once and for this page only', async () => {
      const { gateway, arrive, admit, asked } = await openWithChallenge()
      const required = await arrive('203.0.113.1')
      expect(required.status).toBe(403)
      expect(JSON.parse(required.text)).toMatchObject({ error: { code: 'challenge_required', site_key: 'site-key' } })
      expectError(await arrive('203.0.113.1', { challenge: 'bad' }), { code: 'challenge_failed' })
      expectError(await arrive('203.0.113.1', { challenge: 'good-elsewhere' }), { code: 'challenge_failed' })
      expectError(await arrive('203.0.113.1', { challenge: 'x'.repeat(3_000) }), { code: 'challenge_failed' })
      const visitor = await admit('203.0.113.1', { challenge: 'good-1' })
      expect(asked.at(-1)?.get('remoteip')).toBe('203.0.113.1')
      expectError(await arrive('203.0.113.1', { challenge: 'good-1' }), { code: 'challenge_failed' })
      await admit('203.0.113.1', { visitor: visitor.value })
      expect(gateway.output()).not.toContain(secret)
    })

    test('solves it again from another address, and for each token if the policy says so', async () => {
      const { arrive, admit } = await openWithChallenge()
      const visitor = await admit('203.0.113.1', { challenge: 'good-1' })
      const moved = await arrive('198.51.100.1', { visitor: visitor.value })
      expect(JSON.parse(moved.text)).toMatchObject({ error: { code: 'challenge_required' } })
      expect((await admit('198.51.100.1', { visitor: visitor.value, challenge: 'good-2' })).end_user).toBe(
        visitor.end_user,
      )
      const strict = await openWithChallenge('always')
      const known = await strict.admit('203.0.113.1', { challenge: 'good-1' })
      expect((await strict.arrive('203.0.113.1', { visitor: known.value })).status).toBe(403)
    })

    test('has not moved because the signing secret is another one', async () => {
      const { admit } = await openWithChallenge()
      const visitor = await admit('203.0.113.1', { challenge: 'good-1' })
      const secrets = 'a-new-secret-that-signs-the-next-tokens,a-secret-that-signs-the-tokens-of-the-tests'
      const rotated = await openWithChallenge('first', { env: { CLIENT_TOKEN_SECRETS: secrets } })
      await rotated.admit('203.0.113.1', { visitor: visitor.value })
    })

    test('is asked at risk only, if the policy says so', async () => {
      const service = await openWithChallenge('risk')
      await service.admit('203.0.113.1')
      for (let count = 1; count < 20; count += 1) await service.admit('203.0.113.1')
      expect((await service.arrive('203.0.113.1')).status).toBe(403)
      await service.admit('203.0.113.1', { challenge: 'good-1' })
    })

    test('is not admitted while the service of the challenge fails', async () => {
      const { gateway, arrive, service } = await openWithChallenge()
      const failures = [
        [json(503, 'down'), 'returned 503'],
        [json(200, { success: false, 'error-codes': ['invalid-input-secret'] }), 'invalid-input-secret'],
      ] as const
      for (const [response, cause] of failures) {
        service.respond(response)
        expectError(await arrive('203.0.113.1', { challenge: 'good-1' }), { code: 'challenge_unavailable' })
        // Only the operator can end it.
        expect(gateway.output()).toContain(cause)
      }
    })
  }
})
