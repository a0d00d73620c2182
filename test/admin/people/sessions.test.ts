import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { defaults } from '../../../src/config/defaults.ts'
import { describeOnBothStored } from '../../support/describe-on-both.ts'
import { gatewayToken } from '../../support/gateway.ts'
import { callAdmin, expectProblem, openAdmin } from '../open-admin.ts'
import { openPeople, toCookie, toPageHeaders } from './open-people.ts'

const hashOf = (cookie: string) =>
  createHash('sha256')
    .update(cookie.split('=')[1] ?? '')
    .digest('hex')

describeOnBothStored('a sign-in to the admin API', (start, { startUpstream }) => {
  const open = (options: Parameters<typeof openPeople>[1] = {}) => openPeople({ start, startUpstream }, options)

  test('S44 sets a cookie that no script and no other site can use, and stores only its hash', async () => {
    const { call, gateway } = await open()
    const response = await call('POST /session')
    expect(response.status).toBe(201)
    expect(response.body).toEqual({
      object: 'session',
      name: 'admin secret',
      role: 'owner',
      person: null,
      expires_at: expect.any(String),
    })
    const [cookie = '', ...others] = response.headers.getSetCookie()
    expect(others).toEqual([])
    expect(cookie).toMatch(/^weir-session=[0-9a-f]{64}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/)
    const rows = await gateway.sql('SELECT * FROM admin_sessions')
    expect(rows.map(({ hash }) => hash)).toEqual([hashOf(toCookie(response))])
    expect(JSON.stringify(rows)).not.toContain(toCookie(response).slice('weir-session='.length))
    expect(gateway.output()).not.toContain(toCookie(response).slice('weir-session='.length))
  })

  test('S44 over https the cookie is bound to the host, and over plain http there is none', async () => {
    const secure = await open({ env: { PUBLIC_URL: 'https://ai.example' } })
    const [cookie] = (await secure.call('POST /session')).headers.getSetCookie()
    expect(cookie).toMatch(
      /^__Host-weir-session=[0-9a-f]{64}; Path=\/; Max-Age=43200; HttpOnly; Secure; SameSite=Strict$/,
    )
    const as = toPageHeaders('https://ai.example', cookie?.split(';')[0] ?? '')
    expect((await secure.call('GET /session', undefined, as)).status).toBe(200)
    // A cookie without the prefix can come from a subdomain or from a connection without TLS.
    const planted = as.cookie?.replace('__Host-', '') ?? ''
    const refused = await secure.call('GET /session', undefined, { ...as, cookie: planted })
    expectProblem(refused, 'invalid_admin_secret')
    const plain = await open({ env: { PUBLIC_URL: 'http://ai.example' } })
    expectProblem(await plain.call('POST /session'), 'https_required')
    expect(await plain.gateway.sql('SELECT * FROM admin_sessions')).toEqual([])
  })

  test('says who one is, with the cookie and with the secret', async () => {
    const { call, enter, enterWithSecret } = await open()
    expect((await call('GET /session')).body).toMatchObject({ role: 'owner', person: null, expires_at: null })
    const secret = await call('GET /session', undefined, await enterWithSecret())
    expect(secret.body).toMatchObject({ role: 'owner', name: 'admin secret', expires_at: expect.any(String) })
    const { id, as } = await enter('viewer', { name: 'Ann' })
    const ann = await call('GET /session', undefined, as)
    expect(ann.body).toMatchObject({ role: 'viewer', name: 'Ann', person: { id, name: 'Ann', role: 'viewer' } })
  })

  test('S44 the cookie alone changes nothing: a change needs the own `Origin` and a header that no form has', async () => {
    const { call, enterWithSecret, gateway } = await open({ env: { CORS_ORIGINS: 'https://console.example' } })
    const page = await enterWithSecret()
    const post = (headers: Readonly<Record<string, string>>, body: unknown = { name: 'x' }) =>
      call('POST /keys', body, { ...page, ...headers })
    const { port } = new URL(gateway.url)
    for (const headers of [
      { origin: '' },
      { origin: 'null' },
      { origin: 'https://evil.example' },
      { origin: 'https://console.example' },
      { origin: `http://127.0.0.1:${Number(port) + 1}` },
      { origin: `http://localhost:${port}` },
      { origin: `http://127.0.0.1.evil.example:${port}` },
      { 'x-weir-request': '' },
      { 'x-weir-request': 'true' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'x-weir-request': '', 'sec-fetch-site': 'none' },
    ])
      expectProblem(await post(headers), 'origin_not_allowed')
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
      expectProblem(await post({ 'content-type': type }), 'unsupported_media_type')
    // Without a body, too.
    const form = { ...page, 'content-type': 'text/plain' }
    expectProblem(await call('DELETE /keys/key_0', undefined, form), 'unsupported_media_type')
    for (const endpoint of ['DELETE /session', 'DELETE /keys/key_0', 'PATCH /keys/key_0', 'POST /session'])
      expectProblem(await call(endpoint, undefined, { ...page, origin: '' }), 'origin_not_allowed')
    expect((await call('GET /keys')).body.data).toEqual([])
    expect((await post({})).status).toBe(201)
    expect((await post({ 'x-weir-request': '', 'sec-fetch-site': 'same-origin' })).status).toBe(201)
    expect((await call('GET /keys', undefined, { ...page, origin: '', 'x-weir-request': '' })).status).toBe(200)
    const foreign = await call('GET /keys', undefined, { ...page, 'sec-fetch-site': 'same-site' })
    expectProblem(foreign, 'origin_not_allowed')
    expect(foreign.headers.get('access-control-allow-credentials')).toBe(null)
  })

  test('a secret in `Authorization` takes precedence over the cookie', async () => {
    const { call, enter, gateway } = await open()
    const { as } = await enter('owner')
    for (const authorization of [`Bearer ${gatewayToken}`, 'Basic YWRhOnB3', 'Bearer'])
      expectProblem(await call('GET /session', undefined, { ...as, authorization }), 'invalid_admin_secret')
    const viewer = await enter('viewer')
    const both = await callAdmin(gateway.url, 'GET /session', { headers: { cookie: viewer.as.cookie ?? '' } })
    expect(both.body).toMatchObject({ role: 'owner', person: null })
  })

  test('S34 makes a new id at each sign-in and ends the session before', async () => {
    const { call, gateway } = await open()
    const planted = `weir-session=${randomBytes(32).toString('hex')}`
    const first = await call('POST /session', undefined, { cookie: planted })
    expect(toCookie(first)).not.toBe(planted)
    expectProblem(await call('GET /session', undefined, toPageHeaders(gateway.url, planted)), 'invalid_session')
    const second = await call('POST /session', undefined, { cookie: toCookie(first) })
    const as = (response: typeof first) => toPageHeaders(gateway.url, toCookie(response))
    expectProblem(await call('GET /session', undefined, as(first)), 'invalid_session')
    expect((await call('GET /session', undefined, as(second))).status).toBe(200)
    // A session cannot renew itself.
    expectProblem(await call('POST /session', undefined, as(second)), 'invalid_admin_secret')
    const two = { ...as(second), cookie: `${planted}; ${toCookie(second)}` }
    expectProblem(await call('GET /session', undefined, two), 'invalid_admin_secret')
  })

  test('S98 a stolen cookie is worthless after the sign-out', async () => {
    const { call, enterWithSecret } = await open()
    const page = await enterWithSecret()
    const other = await enterWithSecret()
    const response = await call('DELETE /session', undefined, page)
    expect(response.body).toEqual({ object: 'session.deleted', deleted: true })
    expect(response.headers.getSetCookie()).toEqual(['weir-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict'])
    expectProblem(await call('GET /session', undefined, page), 'invalid_session')
    expectProblem(await call('DELETE /session', undefined, page), 'invalid_session')
    expect((await call('GET /session', undefined, other)).status).toBe(200)
  })

  test('ends after twelve hours, and after an hour without a request', async () => {
    const { call, enterWithSecret, gateway } = await open()
    const { sessionMs, sessionIdleMs, sessionTouchMs } = defaults.admin
    expect([sessionMs, sessionIdleMs]).toEqual([43_200_000, 3_600_000])
    const page = await enterWithSecret()
    const set = (column: string, at: number) => gateway.sql(`UPDATE admin_sessions SET ${column} = ?`, at)
    await set('used_at', Date.now() - sessionIdleMs + 10_000)
    expect((await call('GET /session', undefined, page)).status).toBe(200)
    const [row] = await gateway.sql('SELECT used_at FROM admin_sessions')
    expect(Number(row?.used_at)).toBeGreaterThan(Date.now() - sessionTouchMs)
    await set('used_at', Date.now() - sessionIdleMs)
    expectProblem(await call('GET /session', undefined, page), 'invalid_session')
    await set('used_at', Date.now())
    expect((await call('GET /session', undefined, page)).status).toBe(200)
    await set('expires_at', Date.now())
    expectProblem(await call('GET /session', undefined, page), 'invalid_session')
  })

  test('a changed role, a disabled and a deleted person take effect at the next request', async () => {
    const { call, enter } = await open()
    await enter('owner')
    const { id, as } = await enter('owner')
    const create = () => call('POST /keys', { name: 'x' }, as)
    expect((await create()).status).toBe(201)
    await call(`PATCH /people/${id}`, { role: 'viewer' })
    expectProblem(await create(), 'permission_denied')
    expect((await call('GET /session', undefined, as)).body).toMatchObject({ role: 'viewer' })
    await call(`PATCH /people/${id}`, { disabled: true })
    expectProblem(await create(), 'invalid_session')
    await call(`PATCH /people/${id}`, { disabled: false })
    expectProblem(await create(), 'permission_denied')
    await call(`DELETE /people/${id}`)
    const gone = await create()
    expectProblem(gone, 'invalid_session')
    // S84: the same as for a session that never existed.
    const never = { ...as, cookie: `weir-session=${'0'.repeat(64)}` }
    expect((await call('GET /session', undefined, never)).text).toBe(gone.text)
  })

  test('the audit log names the person of each change, and has sign-ins and sign-outs', async () => {
    const { call, enter, enterWithSecret } = await open()
    const { id, as } = await enter('owner', { name: 'Ann Ø' })
    const key = await call('POST /keys', { name: 'x' }, as)
    await call(`PATCH /people/${id}`, { name: 'Ann B' })
    await call(`DELETE /keys/${key.body.id}`, undefined, as)
    const page = await enterWithSecret()
    await call('DELETE /session', undefined, page)
    await call('GET /keys', undefined, { authorization: 'Bearer wrong' })
    // Entries of one millisecond have no order.
    const { data } = (await call('GET /audit?limit=100')).body
    const seen = (data as Record<string, unknown>[]).map(({ action, author, person_id: person }) => [
      `${action} by ${author}`,
      person,
    ])
    expect(seen.toSorted()).toEqual([
      ['admin.refused by unknown', null],
      ['key.create by Ann Ø', id],
      ['key.delete by Ann B', id],
      ['person.create by admin secret', null],
      ['person.update by admin secret', null],
      ['session.create by admin secret', null],
      ['session.delete by admin secret', null],
    ])
  })

  test('reads audit entries of earlier releases', async () => {
    const { call, gateway } = await open()
    const columns = 'id, at, actor, action'
    for (const [at, actor, action] of [
      [1, 'admin', 'key.create'],
      [2, 'cli', 'key.create'],
      [3, 'admin', 'admin.refused'],
    ] as const)
      await gateway.sql(`INSERT INTO audit_log (${columns}) VALUES (?, ?, ?, ?)`, `audit_${at}`, at, actor, action)
    const { data } = (await call('GET /audit')).body
    expect((data as Record<string, unknown>[]).map(({ author }) => author)).toEqual(['unknown', 'cli', 'admin secret'])
  })

  test('another admin secret ends the sign-ins with the one before', async () => {
    const { call, enterWithSecret, gateway } = await open()
    const page = await enterWithSecret()
    await gateway.sql('UPDATE admin_sessions SET secret_binding = ?', '0'.repeat(64))
    expectProblem(await call('GET /session', undefined, page), 'invalid_session')
  })

  test('has no sessions without storage', async () => {
    const { call } = await openAdmin({ start, startUpstream }, { env: { STORAGE_PATH: 'none' } })
    const response = await call('POST /session')
    if (response.status !== 201) expectProblem(response, 'storage_not_configured')
  })
})
