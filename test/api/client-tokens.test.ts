import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { pngBase64 } from '../pipeline/images/pictures.ts'
import { ask, expectError, type Question } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { type GatewayOptions, gatewayToken, upstreamKey } from '../support/gateway.ts'
import { json } from '../support/upstream-scripts.ts'
import { chat, openKeys, withKey } from './open-keys.ts'

const signingSecret = 'a-secret-that-signs-the-tokens-of-the-tests'

/** The fields of a minted token that the tests read. */
interface Minted {
  readonly value: string
  readonly id: string
  readonly expires_at: number
  readonly expires_in: number
  readonly max_usd: number | null
}

describeOnBothStored('a client token', (start, { startUpstream }) => {
  const open = async (options: GatewayOptions = {}) => {
    const opened = await openKeys(
      { start, startUpstream },
      { ...options, env: { CLIENT_TOKEN_SECRETS: signingSecret, ...options.env } },
    )
    const mintWith = (secret: string | null, fields: object) =>
      ask(opened.gateway, { target: '/v1/client_tokens', body: fields, ...withKey(secret) })
    const mint = async (fields: object, key: { readonly secret: string | null }): Promise<Minted> => {
      const response = await mintWith(key.secret, fields)
      expect(response.status, response.text).toBe(201)
      return JSON.parse(response.text)
    }
    const use = (value: string, question: Question = chat, headers: Readonly<Record<string, string>> = {}) =>
      ask(opened.gateway, { ...question, ...withKey(value, headers) })
    return { ...opened, mint, mintWith, use }
  }

  test('is minted by a key, calls for an end user, and appears in the usage of that key', async () => {
    const { upstream, gateway, create, mint, use } = await open()
    const key = await create()
    const minted = await mint({ end_user: 'ädå 🙂', metadata: { plan: 'free' } }, key)
    expect(minted).toMatchObject({
      ...{ object: 'client_token', key_id: key.id, end_user: 'ädå 🙂', max_usd: 1, token_type: 'Bearer' },
      ...{ models: null, origins: null, metadata: ['plan:free'], expires_in: 600 },
    })
    const response = await use(minted.value, { ...chat, body: { ...chatRequest, user: 'somebody-else' } })
    expect(response.status, response.text).toBe(200)
    expect(upstream.requests.at(-1)?.headers.authorization).toBe(`Bearer ${upstreamKey}`)
    expect(JSON.stringify(upstream.requests)).not.toContain(minted.value)
    await gateway.flushLedger()
    const [record] = await gateway.sql('SELECT key_id, end_user, tag_1 FROM call_records')
    expect(record).toEqual({ key_id: key.id, end_user: 'ädå 🙂', tag_1: 'plan:free' })
    expect(gateway.output()).not.toContain(minted.value)
  })

  test('is minted by TOKEN too, and ends when TOKEN changes', async () => {
    const { gateway, mint, use } = await open()
    const minted = await mint({ end_user: 'ada', max_requests: 1 }, { secret: gatewayToken })
    expect((await use(minted.value)).status).toBe(200)
    expectError(await use(minted.value), { code: 'rate_limit_exceeded' })
    const other = await open({ env: { TOKEN: 'another-token-of-the-operator-0000' } })
    expectError(await other.use(minted.value), { code: 'invalid_api_key' })
    expect(gateway.output()).not.toContain(minted.value)
  })

  test('S96 calls nothing on a server that no longer meters: its budget would not be enforced', async () => {
    const { mint } = await open()
    const minted = await mint({ end_user: 'ada' }, { secret: gatewayToken })
    const { upstream, use } = await open({ env: { METERING: 'false' } })
    expectError(await use(minted.value), { code: 'storage_not_configured' })
    expect(upstream.requests).toEqual([])
  })

  test('has OpenAI’s fields of a client secret', async () => {
    const { create, mint } = await open()
    const minted = await mint({ expires_after: { anchor: 'created_at', seconds: 60 } }, await create())
    expect(minted.expires_in).toBe(60)
    expect(typeof minted.value).toBe('string')
    expect(Math.abs(minted.expires_at - Date.now() / 1_000 - 60)).toBeLessThan(5)
  })

  test('S96 the loss of a stolen token: a client that forges everything spends its budget and no more (S43)', async () => {
    const { upstream, gateway, create, mint, use } = await open()
    const key = await create()
    const usage = { prompt_tokens: 1_000, completion_tokens: 1_000, total_tokens: 2_000 }
    upstream.respond(json(200, { ...chatCompletion, usage }))
    const { value, max_usd: maxUsd } = await mint({ end_user: 'ada', max_usd: 0.02 }, key)
    expect(maxUsd).toBe(0.02)
    const forged = (index: number): Readonly<Record<string, string>> => ({
      origin: `https://page-${index}.example`,
      'x-forwarded-for': `203.0.113.${index}`,
      'cf-aig-metadata': `{"user":"u${index}"}`,
    })
    const asks = Array.from({ length: 40 }, (_, index) =>
      use(value, { ...chat, body: { ...chatRequest, user: `u${index}`, max_tokens: 1_000 } }, forged(index)),
    )
    const responses = await Promise.all(asks)
    const statuses = new Set(responses.map(({ status }) => status))
    expect([...statuses].sort()).toEqual(expect.arrayContaining([429]))
    await gateway.flushLedger()
    const [sum] = await gateway.sql('SELECT SUM(cost_nano) AS nano, COUNT(*) AS calls FROM call_records')
    expect(Number(sum?.nano)).toBeLessThanOrEqual(20_000_000)
    expect(Number(sum?.nano)).toBeGreaterThan(0)
  })

  test('S96 its requests are counted exactly, also when they arrive at once', async () => {
    const { create, mint, use } = await open()
    const { value } = await mint({ max_requests: 5 }, await create())
    const responses = await Promise.all(Array.from({ length: 20 }, () => use(value)))
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(5)
    expect(responses.filter(({ status }) => status === 429)).toHaveLength(15)
  })

  test('S35 never exceeds its key: neither when it is minted, nor when the key changes', async () => {
    const { keys, create, mint, mintWith, use } = await open()
    const key = await create({ models: ['gpt-*'], limits: { budgets: [{ usd: 0.5, per: 'total' }] } })
    const refused = async (fields: object, param: string) =>
      expectError(await mintWith(key.secret, fields), { code: 'invalid_value', param })
    await refused({ models: ['gpt-4o', 'o3'] }, 'models[1]')
    await refused({ operations: ['passthrough'] }, 'operations[0]')
    await refused({ max_usd: 0.6 }, 'limits.budgets[0].usd')
    await refused({ expires_in: 86_401 }, 'expires_in')
    await refused({ end_user: '' }, 'end_user')
    await refused({ role: 'owner' }, 'role')
    const minted = await mint({ models: ['gpt-4*'] }, key)
    expect(minted.max_usd).toBe(0.5)
    const otherModel = { ...chat, body: { ...chatRequest, model: 'gpt-3.5-turbo' } }
    expectError(await use(minted.value, otherModel), { code: 'model_not_allowed', param: 'model' })
    // The server knows each of these keys for the first time here, because another process changes them.
    const narrowed = await create()
    const wide = await mint({ models: ['gpt-4*'] }, narrowed)
    await keys.update(narrowed.id, { models: ['o3'] })
    expectError(await use(wide.value), { code: 'model_not_allowed', param: 'model' })
    await keys.update(key.id, { disabled: true })
    expectError(await use(minted.value), { code: 'token_revoked' })
  })

  test('S76 opens neither the admin API nor another token, and shows nothing of its key', async () => {
    const { gateway, create, mint, use } = await open()
    const { value } = await mint({ end_user: 'ada' }, await create())
    for (const target of ['/v1/client_tokens', '/v1/client_tokens/revoke'])
      expectError(await use(value, { target, body: { all: true } }), { code: 'permission_denied' })
    for (const target of ['/v1/key', '/v1/dashboard/billing/usage', '/v1/dashboard/billing/subscription'])
      expectError(await use(value, { target, method: 'GET' }), { code: 'permission_denied' })
    const admin = await ask(gateway, { target: '/admin/v1/keys', method: 'GET', ...withKey(value) })
    expect([401, 503]).toContain(admin.status)
  })

  test('S31 its end user sees only his own sessions and calls', async () => {
    const { gateway, create, mint, use } = await open()
    const key = await create()
    const [ada, bob, nameless] = [
      await mint({ end_user: 'ada' }, key),
      await mint({ end_user: 'bob' }, key),
      await mint({}, key),
    ]
    const created = await use(ada.value, { target: '/v1/sessions', body: { title: 'mine' } })
    const { id } = JSON.parse(created.text) as { id: string }
    const answer = await use(ada.value, chat, { 'x-session-id': id })
    expect(answer.status, answer.text).toBe(200)
    await gateway.flushLedger()
    const generation: Question = { target: `/v1/generation?id=${answer.header('x-generation-id')}`, method: 'GET' }
    expect((await use(ada.value, generation)).status).toBe(200)
    for (const { value } of [bob, nameless]) {
      expectError(await use(value, { target: `/v1/sessions/${id}`, method: 'GET' }), { code: 'session_not_found' })
      expectError(await use(value, chat, { 'x-session-id': id }), { code: 'session_not_found' })
      expectError(await use(value, generation), { code: 'generation_not_found', param: 'id' })
    }
    const again = await mint({ end_user: 'ada' }, key)
    expect((await use(again.value, { target: `/v1/sessions/${id}`, method: 'GET' })).status).toBe(200)
  })

  test('S96 may be bound to one session of its key, which the key can read', async () => {
    const { gateway, create, mint, use, mintWith } = await open()
    const key = await create()
    const newSession = async (): Promise<string> => {
      const created = await ask(gateway, { target: '/v1/sessions', body: {}, ...withKey(key.secret) })
      return (JSON.parse(created.text) as { id: string }).id
    }
    const [id, other] = [await newSession(), await newSession()]
    const { value } = await mint({ end_user: 'ada', session_id: id }, key)
    expect((await use(value)).status).toBe(200)
    const messages = await ask(gateway, {
      target: `/v1/sessions/${id}/messages`,
      method: 'GET',
      ...withKey(key.secret),
    })
    expect((JSON.parse(messages.text) as { data: unknown[] }).data).toHaveLength(3)
    expectError(await use(value, chat, { 'x-session-id': other }), { code: 'session_not_found' })
    expectError(await use(value, { target: `/v1/sessions/${other}`, method: 'GET' }), { code: 'session_not_found' })
    expectError(await use(value, { target: '/v1/sessions', body: {} }), { code: 'permission_denied' })
    const list = await use(value, { target: '/v1/sessions', method: 'GET' })
    expect((JSON.parse(list.text) as { data: unknown[] }).data).toMatchObject([{ id }])
    expectError(await mintWith(key.secret, { session_id: `${id}0` }), { code: 'session_not_found' })
  })

  test('S78 bound to a session of its key, replays the stored response of no other session, user or key', async () => {
    const { gateway, upstream, create, mint, use } = await open()
    const key = await create()
    const newSession = async (): Promise<string> => {
      const created = await ask(gateway, { target: '/v1/sessions', body: {}, ...withKey(key.secret) })
      return (JSON.parse(created.text) as { id: string }).id
    }
    const [ada, bob] = [
      await mint({ end_user: 'ada', session_id: await newSession() }, key),
      await mint({ end_user: 'bob', session_id: await newSession() }, key),
    ]
    const again = await mint({ end_user: 'ada', session_id: await newSession() }, key)
    const once = { 'idempotency-key': 'message-1' }
    const first = await use(ada.value, chat, once)
    expect(first.status, first.text).toBe(200)
    const calls = upstream.requests.length
    expect((await use(ada.value, chat, once)).header('idempotent-replayed')).toBe('true')
    expect(upstream.requests).toHaveLength(calls)
    for (const stranger of [bob.value, key.secret ?? '']) {
      const response = await use(stranger, chat, once)
      expect([response.status, response.header('idempotent-replayed')]).toEqual([200, undefined])
    }
    expectError(await use(again.value, chat, once), { code: 'idempotency_mismatch', param: 'Idempotency-Key' })
  })

  test('S31 bound to a session of its key, keeps the images of its own end user', async () => {
    const { gateway, upstream, create, mint, use } = await open()
    const key = await create()
    const created = await ask(gateway, { target: '/v1/sessions', body: {}, ...withKey(key.secret) })
    const { value } = await mint({ end_user: 'ada', session_id: JSON.parse(created.text).id }, key)
    upstream.respond(json(200, { created: 1, data: [{ b64_json: pngBase64 }] }))
    const body = { model: 'gpt-image-1', prompt: 'a cat' }
    const response = await use(value, { target: '/v1/images/generations', body })
    expect(response.header('x-weir-images'), response.text).toBe('kept')
    expect(await gateway.sql('SELECT owner FROM images')).toEqual([{ owner: `key:${key.id}/user:ada` }])
  })

  test('S96 its origins keep out other pages, with or without a valid budget', async () => {
    const { create, mint, use } = await open()
    const { value } = await mint({ origins: ['https://chat.example'] }, await create())
    expect((await use(value, chat, { origin: 'https://chat.example' })).status).toBe(200)
    for (const origin of ['https://evil.example', 'https://chat.example.evil.example', 'null', 'http://chat.example'])
      expectError(await use(value, chat, { origin }), { code: 'origin_not_allowed' })
  })

  test('S20 is revoked by its id, its end user, its key, or all at once, from the next call on', async () => {
    const { gateway, create, mint, use, mintWith } = await open()
    const key = await create()
    const revoke = async (fields: object, secret = key.secret) => {
      const response = await ask(gateway, { target: '/v1/client_tokens/revoke', body: fields, ...withKey(secret) })
      expect(response.status, response.text).toBe(200)
    }
    const [one, two] = [await mint({ end_user: 'ada' }, key), await mint({ end_user: 'ada' }, key)]
    const [bob, nobody] = [await mint({ end_user: 'bob' }, key), await mint({}, key)]
    for (const { value } of [one, two, bob, nobody]) expect((await use(value)).status).toBe(200)
    await revoke({ id: one.id })
    expectError(await use(one.value), { code: 'token_revoked' })
    expect((await use(two.value)).status).toBe(200)
    await revoke({ end_user: 'ada' })
    expectError(await use(two.value), { code: 'token_revoked' })
    expectError(await use(two.value, { target: '/v1/sessions', method: 'GET' }), { code: 'token_revoked' })
    expect((await use(bob.value)).status).toBe(200)
    const fresh = await mint({ end_user: 'ada' }, key)
    expect((await use(fresh.value)).status).toBe(200)
    await revoke({ token: bob.value })
    expectError(await use(bob.value), { code: 'token_revoked' })
    const strange = await create()
    expectError(
      await ask(gateway, {
        target: '/v1/client_tokens/revoke',
        body: { token: nobody.value },
        ...withKey(strange.secret),
      }),
      { code: 'invalid_value', param: 'token' },
    )
    await revoke({ all: true })
    expectError(await use(nobody.value), { code: 'token_revoked' })
    expect((await mintWith(key.secret, {})).status).toBe(201)
  })
})

const headerOf = (token: string): string => token.slice(0, token.indexOf('.'))

describeOnBothStored('the rotation of the secret that signs user tokens', (start, { startUpstream, runtime }) => {
  const [older, newer] = ['an-older-secret-that-signs-tokens-0001', 'a-newer-secret-that-signs-tokens-0002']
  const visitors = {
    ...{ origins: ['https://chat.example'], models: ['gpt-*'], limits: { budgets: [{ usd: 1, per: 'day' }] } },
    challenge: { site_key: 'site', secret: 'secret-of-the-challenge', verify_url: 'http://127.0.0.1:9/siteverify' },
  }
  const open = async (secrets: string, options: GatewayOptions = {}) => {
    const env = { CLIENT_TOKEN_SECRETS: secrets, ...options.env }
    const opened = await openKeys({ start, startUpstream }, { ...options, env })
    const mint = async (secret: string | null, end_user = 'ada'): Promise<string> => {
      const response = await ask(opened.gateway, {
        target: '/v1/client_tokens',
        body: { end_user },
        ...withKey(secret),
      })
      expect(response.status, response.text).toBe(201)
      return (JSON.parse(response.text) as Minted).value
    }
    const use = (value: string) => ask(opened.gateway, { ...chat, ...withKey(value) })
    return { ...opened, mint, use }
  }
  type Opened = Awaited<ReturnType<typeof open>>

  /** Gives the gateway the keys of another one, as a restart with other settings does. */
  const copyKeys = async (from: Opened, to: Opened): Promise<void> => {
    for (const table of ['api_keys', 'api_key_secrets'])
      for (const row of await from.gateway.sql(`SELECT * FROM ${table}`)) {
        const names = Object.keys(row)
        const marks = names.map(() => '?').join(', ')
        const values = Object.values(row) as (string | number | null)[]
        await to.gateway.sql(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${marks})`, ...values)
      }
  }

  test('the old tokens of keys and of TOKEN stay valid, and the new secret signs', async () => {
    const before = await open(older)
    const key = await before.create()
    const old = [await before.mint(key.secret), await before.mint(gatewayToken)]
    const during = await open(`${newer},${older}`)
    await copyKeys(before, during)
    for (const value of old) expect((await during.use(value)).status).toBe(200)
    const fresh = [await during.mint(key.secret), await during.mint(gatewayToken)]
    for (const value of fresh) expect((await during.use(value)).status).toBe(200)

    const after = await open(newer)
    await copyKeys(before, after)
    for (const value of fresh) expect((await after.use(value)).status).toBe(200)
    for (const value of old) expectError(await after.use(value), { code: 'invalid_api_key' })
    for (const value of fresh) expectError(await before.use(value), { code: 'invalid_api_key' })
    expect(new Set(fresh.map(headerOf)).size).toBe(1)
    expect(headerOf(fresh[0] ?? '')).not.toBe(headerOf(old[0] ?? ''))
  })

  test('a visitor of the old secret renews its token without a challenge', async () => {
    const arrive = async ({ gateway }: Opened, body: object) => {
      const origin = { origin: 'https://chat.example' }
      return ask(gateway, { target: '/v1/visitors', body, token: false, headers: origin })
    }
    const before = await open(older, { config: { visitors: { ...visitors, challenge: undefined } } })
    const first = await arrive(before, {})
    expect(first.status, first.text).toBe(201)
    const { value, end_user: visitor } = JSON.parse(first.text) as Minted & { end_user: string }
    const during = await open(`${newer},${older}`, { config: { visitors } })
    expect((await arrive(during, {})).text).toContain('challenge_required')
    const renewed = await arrive(during, { visitor: value })
    expect(renewed.status, renewed.text).toBe(201)
    expect(JSON.parse(renewed.text)).toMatchObject({ end_user: visitor })
  })

  test.runIf(runtime === 'node')(
    'on Node the old secret is the content of a file, whose deletion ends all tokens',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'weir-rotation-'))
      onTestFinished(() => rm(folder, { recursive: true, force: true }))
      const openIn = async (secrets: string) => open(secrets, { env: { STORAGE_PATH: folder } })
      const generated = await openIn('')
      const old = await generated.mint(gatewayToken)
      const content = (await readFile(join(folder, 'token-secret'), 'utf8')).trim()
      const during = await openIn(`${newer},${content}`)
      expect((await during.use(old)).status).toBe(200)
      expect(headerOf(await during.mint(gatewayToken))).not.toBe(headerOf(old))
      await rm(join(folder, 'token-secret'))
      const after = await openIn('')
      expectError(await after.use(old), { code: 'invalid_api_key' })
      expect((await after.use(await after.mint(gatewayToken))).status).toBe(200)
    },
  )
})

const header = (fields: object) => Buffer.from(JSON.stringify(fields)).toString('base64url')

describeOnBothStored('a forged client token', (start, { startUpstream }) => {
  const open = async () => {
    const opened = await openKeys({ start, startUpstream }, { env: { CLIENT_TOKEN_SECRETS: signingSecret } })
    const key = await opened.create()
    const response = await ask(opened.gateway, { target: '/v1/client_tokens', body: {}, ...withKey(key.secret) })
    const { value } = JSON.parse(response.text) as Minted
    return { ...opened, value }
  }

  test('S94 is refused whatever its algorithm, signature or claims, with the one answer for every bad key (S84)', async () => {
    const { gateway, upstream, value } = await open()
    const [head = '', payload = '', signature = ''] = value.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
    const typed = { typ: 'weir-user+jwt' }
    const forged = {
      'no signature': `${head}.${payload}.`,
      'alg none': `${header({ ...typed, alg: 'none' })}.${payload}.`,
      'alg None with the old signature': `${header({ ...typed, alg: 'None' })}.${payload}.${signature}`,
      'another kid': `${header({ ...typed, alg: 'HS256', kid: '../../dev/null' })}.${payload}.${signature}`,
      'a key in the header': `${header({ ...typed, alg: 'HS256', jwk: { kty: 'oct', k: 'AAAA' } })}.${payload}.${signature}`,
      'crit and b64': `${header({ ...typed, alg: 'HS256', crit: ['b64'], b64: false })}.${payload}.${signature}`,
      'other claims': `${head}.${header({ ...claims, exp: 9_999_999_999 })}.${signature}`,
      'another user': `${head}.${header({ ...claims, sub: 'admin' })}.${signature}`,
      'another key': `${head}.${header({ ...claims, key: 'visitors' })}.${signature}`,
      'a longer signature': `${value}A`,
      'a padded signature': `${value}=`,
      'the other spelling of the last character': value.slice(0, -1) + toSibling(value.at(-1) ?? ''),
      'four parts': `${value}.${signature}`,
      'two parts': `${head}.${payload}`,
      'the header alone': head,
      'a megabyte': `${head}.${'A'.repeat(9_000)}.${signature}`,
    }
    const texts = new Set<string>()
    for (const [name, token] of Object.entries(forged)) {
      const response = await ask(gateway, { ...chat, ...withKey(token) })
      expectError(response, { code: 'invalid_api_key' })
      texts.add(response.text)
      expect(response.text, name).not.toContain('expired')
    }
    expect([...texts]).toHaveLength(1)
    expect(upstream.requests).toEqual([])
    expect((await ask(gateway, { ...chat, ...withKey(value) })).status).toBe(200)
  })

  test('S11 never makes an anonymous caller', async () => {
    const opened = await openKeys({ start, startUpstream }, { env: { ALLOW_ANONYMOUS: 'true', TOKEN: '' } })
    const token = `${header({ typ: 'weir-user+jwt', alg: 'HS256', kid: 'x' })}.e30.AAAA`
    expectError(await ask(opened.gateway, { ...chat, ...withKey(token) }), { code: 'invalid_api_key' })
  })
})

/** Returns the character whose first bits are the same, so both decode to the same bytes at the end of a signature. */
function toSibling(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet[alphabet.indexOf(character) ^ 1] ?? ''
}

describeOnBothStored('a client token that is bound to a key', (start, { startUpstream }) => {
  const open = async () => {
    const opened = await openKeys({ start, startUpstream }, { env: { CLIENT_TOKEN_SECRETS: signingSecret } })
    const key = await opened.create()
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    const jwk = await exportJWK(publicKey)
    const body = { dpop_jkt: await calculateJwkThumbprint(jwk) }
    const response = await ask(opened.gateway, { target: '/v1/client_tokens', body, ...withKey(key.secret) })
    expect(response.status, response.text).toBe(201)
    const { value } = JSON.parse(response.text) as Minted
    const prove = (changes: JWTPayload = {}, header: object = {}, signer: CryptoKey = privateKey) =>
      new SignJWT({
        jti: randomUUID(),
        htm: 'POST',
        // The host that the tests name.
        htu: 'http://weir.test/v1/chat/completions',
        iat: Math.floor(Date.now() / 1_000),
        ath: createHash('sha256').update(value).digest('base64url'),
        ...changes,
      })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk, ...header })
        .sign(signer)
    const use = (proof: string | undefined, scheme = 'DPoP') =>
      ask(opened.gateway, {
        ...chat,
        token: false,
        headers: { authorization: `${scheme} ${value}`, ...(proof !== undefined && { dpop: proof }) },
      })
    return { ...opened, prove, use }
  }

  test('calls with a proof of that key, which never reaches the provider', async () => {
    const { upstream, prove, use } = await open()
    const accepted = await use(await prove())
    expect(accepted.status, accepted.text).toBe(200)
    expect((await use(await prove(), 'Bearer')).status).toBe(200)
    expect(upstream.requests.flatMap(({ headers }) => Object.keys(headers))).not.toContain('dpop')
  })

  test('S96 is worth nothing without the key: no proof, an old, used or foreign one is accepted', async () => {
    const { upstream, prove, use } = await open()
    const other = await generateKeyPair('ES256')
    const used = await prove()
    expect((await use(used)).status).toBe(200)
    const now = Math.floor(Date.now() / 1_000)
    const [head = '', payload = ''] = used.split('.')
    const refused = {
      'no proof': undefined,
      'a used proof': used,
      'a proof for another method': await prove({ htm: 'GET' }),
      'a proof for another URL': await prove({ htu: 'https://weir.example/v1/chat/completions' }),
      'a proof for another token': await prove({ ath: 'x'.repeat(43) }),
      'an old proof': await prove({ iat: now - 120 }),
      'a proof from the future': await prove({ iat: now + 120 }),
      'a proof without a time': await prove({ iat: 'never' } as unknown as JWTPayload),
      'a proof without an id': await prove({ jti: '' }),
      'a proof of another key': await prove({}, { jwk: await exportJWK(other.publicKey) }, other.privateKey),
      'a proof that another key signed': await prove({}, {}, other.privateKey),
      'a proof of another type': await prove({}, { typ: 'JWT' }),
      'a proof without a signature': `${head}.${payload}.`,
      'a proof with alg none': `${header({ alg: 'none', typ: 'dpop+jwt' })}.${payload}.`,
      'a proof of 5 KB': 'x'.repeat(5_000),
    }
    for (const proof of Object.values(refused)) expectError(await use(proof), { code: 'proof_required' })
    expect(upstream.requests).toHaveLength(1)
  })
})
