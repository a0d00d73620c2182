import { afterEach, beforeEach, expect, test } from 'vitest'
import { ask, expectError, messageOf, type Question } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatRequest } from '../support/fixtures.ts'
import { type Issuer, startIssuer } from '../support/start-issuer.ts'
import { type Signer, startSigner } from '../support/start-signer.ts'
import { json } from '../support/upstream-scripts.ts'
import { chat, openKeys, withKey } from './open-keys.ts'

const adminSecret = 'admin-secret-of-the-login-tests-0001'

function recording(): FormData {
  const form = new FormData()
  form.set('model', 'whisper-1')
  form.set('file', new Blob([new Uint8Array(2_000)]), 'a.wav')
  return form
}

describeOnBothStored('a login', (start, { startUpstream }) => {
  let signer: Signer

  beforeEach(async () => {
    signer = await startSigner()
  })
  afterEach(() => signer.close())

  const open = async (login: object = {}, more: object = {}) => {
    const config = {
      logins: {
        app: { issuer: signer.issuer, audience: ['weir'], per_user: { requests_per_day: 1_000 }, ...login },
        ...more,
      },
    }
    const opened = await openKeys({ start, startUpstream }, { config, env: { ADMIN_TOKEN: adminSecret } })
    const use = (token: string, question: Question = chat, headers: Readonly<Record<string, string>> = {}) =>
      ask(opened.gateway, { ...question, ...withKey(token, headers) })
    return { ...opened, use }
  }

  test('S40 a token in a header of its own never reaches a provider, even if the operator lets the header pass', async () => {
    const { upstream, gateway } = await open({ header: 'x-who' }, {})
    const token = await signer.sign({ sub: 'ada' })
    const response = await ask(gateway, { ...chat, token: false, headers: { 'x-who': token } })
    expect(response.status, response.text).toBe(200)
    expect(JSON.stringify(upstream.requests.map(({ rawHeaders }) => rawHeaders))).not.toContain(token)
  })

  test('calls as its end user, whatever the body names, and its usage counts for the login', async () => {
    const { upstream, gateway, use } = await open()
    const token = await signer.sign({ sub: 'ada' })
    const response = await use(token, { ...chat, body: { ...chatRequest, user: 'somebody-else' } })
    expect(response.status, response.text).toBe(200)
    expect((await use(token)).status).toBe(200)
    await gateway.flushLedger()
    const records = await gateway.sql('SELECT key_id, end_user FROM call_records')
    expect(records).toEqual(Array.from({ length: 2 }, () => ({ key_id: 'login:app', end_user: 'ada' })))
    expect(JSON.stringify(upstream.requests)).not.toContain(token)
    expect(gateway.output()).not.toContain(token)
  })

  test('has the limits of each user, those of its tier, and those of all users together', async () => {
    const { use } = await open({
      per_user: { requests_per_minute: 1 },
      limits: { requests_per_minute: 4 },
      tiers: [{ claims: { plan: ['pro'] }, per_user: { requests_per_minute: 2 } }],
    })
    const statuses = async (claims: object, count: number) => {
      const token = await signer.sign({ ...claims })
      const responses = []
      for (let call = 0; call < count; call += 1) responses.push((await use(token)).status)
      return responses
    }
    expect(await statuses({ sub: 'free' }, 2)).toEqual([200, 429])
    expect(await statuses({ sub: 'pro', plan: 'pro' }, 3)).toEqual([200, 200, 429])
    expect(await statuses({ sub: 'third' }, 1)).toEqual([200])
    expect(await statuses({ sub: 'fourth' }, 1)).toEqual([429])
  })

  test('S96 may use only the models, operations and pages of its policy', async () => {
    const { use } = await open({
      models: [chatRequest.model],
      operations: ['chat.*'],
      origins: ['https://chat.example.com'],
    })
    const token = await signer.sign()
    expect((await use(token, chat, { origin: 'https://chat.example.com' })).status).toBe(200)
    expectError(await use(token, { ...chat, body: { ...chatRequest, model: 'o3' } }), {
      ...{ code: 'model_not_allowed', param: 'model' },
    })
    const embeddings = { target: '/v1/embeddings', body: { model: chatRequest.model, input: 'x' } }
    expectError(await use(token, embeddings), { code: 'operation_not_allowed' })
    const elsewhere = await use(token, chat, { origin: 'https://evil.example' })
    expect(elsewhere.status).toBe(403)
  })

  test('S84 is refused like any unknown key before its signature is verified; only the log says why', async () => {
    const { gateway, use } = await open()
    const genuine = await signer.sign()
    const forged = `${genuine.slice(0, -8)}AAAAAAAA`
    const unknown = await signer.sign({ iss: 'https://other.example.com' })
    const withoutEnding = (text: string) => text.replace(/ends in "[^"]*"/, '')
    const refused = await use(forged)
    expectError(refused, { code: 'invalid_api_key' })
    expect(withoutEnding(messageOf(refused))).toBe(withoutEnding(messageOf(await use(unknown))))
    const line = await gateway.findLog((entry) => entry.reason !== undefined)
    expect(line).toMatchObject({ error_code: 'invalid_api_key', reason: 'login: signature' })
  })

  test('S95 is told what is wrong with a genuine token', async () => {
    const { use } = await open()
    expectError(await use(await signer.sign({}, 3_600)), { code: 'token_expired' })
    expectError(await use(await signer.sign({}, -3_600)), { code: 'token_expired', message: /clocks/ })
    expectError(await use(await signer.sign({ aud: 'other' })), { code: 'token_not_for_this_server', message: /`aud`/ })
    expectError(await use(await signer.sign({ sub: undefined as never })), { code: 'token_not_for_this_server' })
  })

  test('in a header of its own serves calls without a key, and never precedes one', async () => {
    const { use, gateway, create } = await open({ header: 'cf-access-jwt-assertion' })
    const token = await signer.sign()
    const inHeader = { 'cf-access-jwt-assertion': token }
    expect((await ask(gateway, { ...chat, token: false, headers: inHeader })).status).toBe(200)
    expectError(await use(token), { code: 'invalid_api_key' })
    const key = await create()
    expect((await ask(gateway, { ...chat, ...withKey(key.secret, inHeader) })).status).toBe(200)
    expectError(await ask(gateway, { ...chat, ...withKey('sk-wrong-key-000000000', inHeader) }), {
      code: 'invalid_api_key',
    })
    await gateway.flushLedger()
    const records = await gateway.sql('SELECT key_id FROM call_records ORDER BY key_id')
    expect(records).toEqual([{ key_id: key.id }, { key_id: 'login:app' }])
  })

  test('S44 in a header that a proxy adds to each request, serves no page of another site unless the operator lists it', async () => {
    const header = 'cf-access-jwt-assertion'
    const { gateway, upstream } = await open({ header })
    const token = await signer.sign()
    // A form, which a browser sends to any site without a preflight.
    const send = (url: string, headers: Readonly<Record<string, string>>) =>
      fetch(url + transcriptions, { method: 'POST', headers, body: recording() })
    const transcriptions = '/v1/audio/transcriptions'
    for (const origin of ['https://evil.example', 'null']) {
      const headers = { [header]: token, origin }
      for (const target of [transcriptions, '/v1/sessions', '/graphql'])
        expect((await ask(gateway, { target, body: {}, token: false, headers })).text).toContain('origin_not_allowed')
    }
    expect(upstream.requests).toEqual([])
    upstream.on(transcriptions, json(200, { text: 'hello' }))
    expect((await send(gateway.url, { [header]: token, origin: gateway.url })).status).toBe(200)
    const listed = await openKeys(
      { start, startUpstream },
      {
        config: {
          logins: {
            app: { issuer: signer.issuer, audience: ['weir'], header, per_user: { requests_per_day: 9 } },
            other: {
              ...{ issuer: signer.issuer, audience: ['weir'], per_user: { requests_per_day: 9 } },
              ...{ header: 'x-who', origins: ['https://chat.example.com'] },
            },
          },
        },
        env: { CORS_ORIGINS: 'https://app.example.com' },
      },
    )
    listed.upstream.on(transcriptions, json(200, { text: 'hello' }))
    const { url } = listed.gateway
    expect((await send(url, { [header]: token, origin: 'https://app.example.com' })).status).toBe(200)
    expect((await send(url, { 'x-who': token, origin: 'https://chat.example.com' })).status).toBe(200)
  })

  test('S31 sees its own sessions only, those of another user or of another login not', async () => {
    const { use } = await open()
    const [ada, bob] = [await signer.sign({ sub: 'ada' }), await signer.sign({ sub: 'bob' })]
    const created = await use(ada, { target: '/v1/sessions', body: {} })
    expect(created.status, created.text).toBe(201)
    const { id } = JSON.parse(created.text)
    expect((await use(ada, { method: 'GET', target: `/v1/sessions/${id}` })).status).toBe(200)
    expect((await use(bob, { method: 'GET', target: `/v1/sessions/${id}` })).status).toBe(404)
  })

  test('S20 is refused once its token, its user or the whole login is revoked', async () => {
    const { gateway, use } = await open()
    const revoke = async (fields: object) => {
      const body = { key_id: 'login:app', ...fields }
      const response = await ask(gateway, { target: '/admin/v1/revocations', body, ...withKey(adminSecret) })
      expect(response.status, response.text).toBe(200)
    }
    const [first, second] = [await signer.sign({ jti: 'one' }, 5), await signer.sign({ jti: 'two' }, 5)]
    const other = await signer.sign({ sub: 'user-2' }, 5)
    expect((await use(first)).status).toBe(200)
    await revoke({ id: 'one' })
    expectError(await use(first), { code: 'token_revoked' })
    expect((await use(second)).status).toBe(200)
    await revoke({ end_user: 'user-1' })
    expectError(await use(second), { code: 'token_revoked' })
    expect((await use(other)).status).toBe(200)
    await revoke({})
    expectError(await use(other), { code: 'token_revoked' })
  })

  test('does not open the admin API, nor make tokens', async () => {
    const { use } = await open()
    const token = await signer.sign()
    expect((await use(token, { method: 'GET', target: '/admin/v1/keys' })).status).toBeGreaterThanOrEqual(400)
    expect((await use(token, { target: '/v1/client_tokens', body: {} })).status).toBeGreaterThanOrEqual(400)
  })

  test('S95 survives the rotation and the outage of a certified issuer', async () => {
    const issuer: Issuer = await startIssuer()
    try {
      const { use } = await open(
        {},
        { certified: { per_user: { requests_per_day: 1_000 }, issuer: issuer.issuer, audience: ['weir'] } },
      )
      const token = await issuer.fetchToken()
      issuer.stop()
      const waiting = await use(token)
      expectError(waiting, { code: 'issuer_unavailable' })
      expect(waiting.header('retry-after')).toBe('2')
      expect(messageOf(waiting)).not.toContain(issuer.issuer)
      issuer.start()
      await expect.poll(async () => (await use(token)).status, { timeout: 5_000, interval: 300 }).toBe(200)
      await issuer.rotate()
      expect((await use(await issuer.fetchToken())).status).toBe(200)
      issuer.stop()
      expect((await use(token)).status).toBe(200)
    } finally {
      await issuer.close()
    }
  })
})
