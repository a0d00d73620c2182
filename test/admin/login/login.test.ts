import { createHash } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { describeOnBothStored } from '../../support/describe-on-both.ts'
import type { StoredGateway } from '../../support/stored-gateway.ts'
import { expectProblem } from '../open-admin.ts'
import { openPeople, toPageHeaders } from '../people/open-people.ts'
import { loginClient, type ProviderOptions, startProvider, type TestProvider } from './start-provider.ts'

const publicUrl = 'http://127.0.0.1:18787'
const redirectUri = `${publicUrl}/admin/v1/login/callback`

describeOnBothStored('a sign-in at an OpenID provider', (start, { startUpstream }) => {
  const providers: TestProvider[] = []
  afterEach(async () => {
    await Promise.all(providers.splice(0).map((provider) => provider.close()))
  })

  async function open(options: Partial<ProviderOptions> = {}, env: Readonly<Record<string, string>> = {}) {
    const provider = await startProvider({ redirectUri, ...options })
    providers.push(provider)
    const secret = options.authMethod === 'none' ? {} : { client_secret: loginClient.secret }
    const config = {
      server: { public_url: publicUrl },
      admin_login: { issuer: provider.issuer, client_id: loginClient.id, ...secret },
    }
    const opened = await openPeople({ start, startUpstream }, { config, env })
    provider.accounts.set('sub-ann', { email: 'Ann@example.com', email_verified: true })
    provider.account = 'sub-ann'
    const begin = () => beginLogin(opened.gateway)
    /** Sends the browser to the callback with the cookie of its sign-in. */
    const finish = (callback: URL, cookie: string) =>
      visit(opened.gateway, callback.pathname + callback.search, { cookie })
    return {
      ...opened,
      provider,
      begin,
      finish,
      async login() {
        const { url, cookie } = await begin()
        return finish(await provider.authorize(url), cookie)
      },
    }
  }

  const sessionOf = (response: Response) =>
    toPageHeaders(
      publicUrl,
      response.headers
        .getSetCookie()
        .find((set) => set.startsWith('weir-session='))
        ?.split(';')[0] ?? '',
    )

  const sessions = (gateway: StoredGateway) => gateway.sql('SELECT * FROM admin_sessions')

  test.each([
    { name: 'with the e-mail address in the ID token' },
    { name: 'with the e-mail address in the userinfo', usesUserinfo: true },
    { name: 'with the client’s secret in the form', authMethod: 'client_secret_post' as const },
    { name: 'as a public client', authMethod: 'none' as const },
  ])(
    'signs in a person by its verified e-mail address once, and by its account from then on, $name',
    async (options) => {
      const { call, login, addPerson, provider, gateway } = await open(options)
      const id = await addPerson('owner', { name: 'Ann', email: 'ann@example.com' })
      const first = await login()
      expect([first.status, first.headers.get('location')]).toEqual([303, `${publicUrl}/`])
      const cookies = first.headers.getSetCookie()
      expect(cookies).toEqual([
        expect.stringMatching(/^weir-session=[0-9a-f]{64}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/),
        'weir-login=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
      ])
      expect((await call('GET /session', undefined, sessionOf(first))).body).toMatchObject({
        role: 'owner',
        person: { id, account: { issuer: provider.issuer, subject: 'sub-ann' } },
      })
      // The address now belongs to another account, which does not get the person's access.
      provider.accounts.set('sub-eve', { email: 'ann@example.com', email_verified: true })
      provider.accounts.set('sub-ann', { email: 'ann.b@example.com', email_verified: true })
      provider.account = 'sub-eve'
      expect((await login()).status).toBe(403)
      provider.account = 'sub-ann'
      expect((await login()).status).toBe(303)
      const entries = (await call(`GET /audit?subject=${id}`)).body.data as Record<string, unknown>[]
      expect(entries.map(({ action, author }) => `${action} ${author}`).toSorted()).toEqual([
        'person.create admin secret',
        'person.link Ann',
        'session.create Ann',
        'session.create Ann',
      ])
      for (const secret of [loginClient.secret, ...cookies.map((set) => set.split('=')[1]?.split(';')[0] ?? '')])
        if (secret !== '') expect(gateway.output()).not.toContain(secret)
    },
  )

  test('signs in a person by an account that an administrator has set', async () => {
    const { call, login, addPerson } = await open()
    const id = await addPerson('member', { account: { subject: 'sub-ann' } })
    expect((await call('GET /session', undefined, sessionOf(await login()))).body).toMatchObject({
      role: 'member',
      person: { id, email: null },
    })
  })

  test('signs in no one else: no unknown, unverified or disabled account', async () => {
    const { call, login, addPerson, provider, gateway } = await open()
    const strangers = await login()
    expect([strangers.status, strangers.headers.getSetCookie()]).toEqual([403, []])
    expect(JSON.parse(await strangers.text())).toMatchObject({ code: 'permission_denied' })
    const id = await addPerson('owner', { email: 'ann@example.com' })
    for (const account of [
      { email: 'ann@example.com' },
      { email: 'ann@example.com', email_verified: false },
      // The Kelvin sign has the lower case `k`; here: a dotless i and the like must not match either.
      { email: 'ann@example.com\u200b', email_verified: true },
      { email: '\uff41nn@example.com', email_verified: true },
    ]) {
      provider.accounts.set('sub-ann', account)
      await gateway.sql('DELETE FROM audit_log')
      expect((await login()).status, JSON.stringify(account)).toBe(403)
      // Otherwise the address has to wait after five failures.
      if ((await gateway.sql("SELECT 1 FROM audit_log WHERE action = 'session.refused'")).length !== 1) expect.fail()
    }
    expect(await sessions(gateway)).toEqual([])
    expect((await call(`GET /people/${id}`)).body.account).toBe(null)
  })

  test('signs in no disabled person, and audits the refusal', async () => {
    const { call, login, addPerson, gateway, provider } = await open()
    await addPerson('owner', { name: 'Ann', email: 'ann@example.com', disabled: true })
    expect((await login()).status).toBe(403)
    await gateway.sql('UPDATE people SET issuer = ?, subject = ?', provider.issuer, 'sub-ann')
    expect((await login()).status).toBe(403)
    const [entry] = (await call('GET /audit')).body.data as Record<string, unknown>[]
    expect(entry).toMatchObject({
      action: 'session.refused',
      author: 'unknown',
      detail: { reason: 'person', issuer: provider.issuer, subject: 'sub-ann' },
    })
  })

  test('S44 a response of the provider is worth nothing without the cookie of its browser, and only once', async () => {
    const { begin, finish, addPerson, provider, gateway } = await open()
    await addPerson('owner', { email: 'ann@example.com' })
    const victim = await begin()
    const callback = await provider.authorize(victim.url)
    const attacker = await begin()
    const with_ = (name: string, value: string) => {
      const url = new URL(callback)
      url.searchParams.set(name, value)
      return url
    }
    const failures = [
      await finish(callback, ''),
      // Login CSRF: the victim's browser gets the attacker's response, or the reverse.
      await finish(callback, attacker.cookie),
      await finish(with_('state', '0'.repeat(64)), victim.cookie),
    ]
    for (const response of failures) expect(await problemOf(response)).toEqual([401, 'login_failed'])
    expect(provider.requests).not.toContain('POST /token')
    expect((await finish(callback, victim.cookie)).status).toBe(303)
    expect(await problemOf(await finish(callback, victim.cookie))).toEqual([401, 'login_failed'])
    expect(await sessions(gateway)).toHaveLength(1)
  })

  test('S98 a stolen code cannot be injected into another sign-in, and a response of another issuer is refused', async () => {
    const { begin, finish, addPerson, provider, gateway } = await open()
    await addPerson('owner', { email: 'ann@example.com' })
    const victim = await provider.authorize((await begin()).url)
    const attacker = await begin()
    const own = await provider.authorize(attacker.url)
    own.searchParams.set('code', victim.searchParams.get('code') ?? '')
    // PKCE: the provider compares the code with the verifier of the sign-in that requested it.
    expect(await problemOf(await finish(own, attacker.cookie))).toEqual([401, 'login_failed'])
    expect(provider.requests).toContain('POST /token')
    for (const iss of ['https://evil.example', undefined]) {
      const { url, cookie } = await begin()
      const mixed = await provider.authorize(url)
      if (iss === undefined) mixed.searchParams.delete('iss')
      else mixed.searchParams.set('iss', iss)
      expect(await problemOf(await finish(mixed, cookie))).toEqual([401, 'login_failed'])
    }
    const { url, cookie } = await begin()
    const denied = await provider.authorize(url)
    denied.searchParams.delete('code')
    denied.searchParams.set('error', 'access_denied')
    expect(await problemOf(await finish(denied, cookie))).toEqual([401, 'login_failed'])
    expect(await sessions(gateway)).toEqual([])
    const reasons = await gateway.sql("SELECT detail FROM audit_log WHERE action = 'session.refused'")
    expect(reasons.map(({ detail }) => JSON.parse(String(detail)).reason).toSorted()).toEqual([
      'code',
      'denied',
      'iss',
      'iss',
    ])
  })

  test('a sign-in ends ten minutes after its start', async () => {
    const { finish, gateway } = await open()
    for (const startedAt of [Date.now() - 600_001, Date.now() + 60_000]) {
      const cookie = `${startedAt}.${'a'.repeat(64)}`
      const state = createHash('sha256').update(`state.${cookie}`).digest('hex')
      const response = await finish(new URL(`${redirectUri}?code=x&state=${state}`), `weir-login=${cookie}`)
      expect(await problemOf(response)).toEqual([401, 'login_failed'])
    }
    const reasons = await gateway.sql('SELECT detail FROM audit_log')
    expect(reasons.map(({ detail }) => JSON.parse(String(detail)))).toEqual(Array(2).fill({ reason: 'state' }))
  })

  test('S98 redirects to no other site', async () => {
    const { gateway, provider, begin, finish, addPerson } = await open()
    await addPerson('owner', { email: 'ann@example.com' })
    const evil = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }
    for (const query of [
      '?return_to=https://evil.example',
      '?redirect_uri=https://evil.example',
      '?next=//evil.example',
      '',
    ]) {
      const response = await visit(gateway, `/admin/v1/login${query}`, evil)
      const location = new URL(response.headers.get('location') ?? '')
      expect([response.status, location.origin]).toEqual([302, provider.issuer])
      expect(location.searchParams.get('redirect_uri')).toBe(redirectUri)
      expect(location.href).not.toContain('evil')
    }
    const { url, cookie } = await begin()
    const callback = await provider.authorize(url)
    callback.searchParams.set('return_to', 'https://evil.example')
    expect((await finish(callback, cookie)).headers.get('location')).toBe(`${publicUrl}/`)
  })

  test('sends PKCE with S' + '256, state and nonce, and sets a cookie that only this browser has', async () => {
    const { begin } = await open()
    const [first, second] = [await begin(), await begin()]
    const params = new URL(first.url).searchParams
    expect(Object.fromEntries(params)).toEqual({
      response_type: 'code',
      client_id: loginClient.id,
      redirect_uri: redirectUri,
      scope: 'openid email profile',
      state: expect.stringMatching(/^[0-9a-f]{64}$/),
      nonce: expect.stringMatching(/^[0-9a-f]{64}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: `S${256}`,
    })
    expect(first.set).toMatch(/^weir-login=\d+\.[0-9a-f]{64}; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/)
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(new URL(second.url).searchParams.get(name)).not.toBe(params.get(name))
  })

  test('S45 throttles failed sign-ins of an address, and not the admin secret', async () => {
    const { begin, finish, call } = await open()
    const statuses = []
    for (let index = 0; index < 8; index += 1) {
      const { url, cookie } = await begin()
      const state = new URL(url).searchParams.get('state')
      statuses.push((await finish(new URL(`${redirectUri}?code=${index}&state=${state}`), cookie)).status)
    }
    expect(statuses.slice(0, 5)).toEqual(Array(5).fill(401))
    expect(statuses).toContain(429)
    expect((await call('GET /keys')).status).toBe(200)
  })

  test('S45 no page can keep its readers from signing in, by images of the callback', async () => {
    const { addPerson, gateway, login } = await open()
    await addPerson('owner', { email: 'ann@example.com' })
    for (let index = 0; index < 120; index += 1)
      expect((await visit(gateway, `/admin/v1/login/callback?code=x&state=${index}`)).status).toBe(401)
    expect((await login()).status).toBe(303)
    const [row] = await gateway.sql("SELECT COUNT(*) AS entries FROM audit_log WHERE action = 'session.refused'")
    expect(row?.entries).toBe(100)
  })

  test('reports a provider that is down', async () => {
    const { addPerson, provider, begin, finish, gateway } = await open()
    await addPerson('owner', { email: 'ann@example.com' })
    const { url, cookie } = await begin()
    const callback = await provider.authorize(url)
    provider.stop()
    const response = await finish(callback, cookie)
    expect(await problemOf(response)).toEqual([503, 'issuer_unavailable'])
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await sessions(gateway)).toEqual([])
  })

  test('a server without it has no sign-in, and does not say so to strangers', async () => {
    const { call } = await openPeople({ start, startUpstream })
    for (const endpoint of ['GET /login', 'GET /login/callback?code=x&state=y']) {
      expectProblem(await call(endpoint, undefined, { authorization: '' }), 'invalid_admin_secret')
      expectProblem(await call(endpoint), 'not_found')
    }
  })

  test('people may sign in to a server without an admin secret', async () => {
    const { login, call, gateway } = await open({}, { ADMIN_TOKEN: '', HOST: '0.0.0.0' })
    const columns = 'id, name, email, role, is_disabled, created_at, updated_at'
    await gateway.sql(`INSERT INTO people (${columns}) VALUES ('person_1', 'Ann', 'ann@example.com', 'owner', 0, 1, 1)`)
    expectProblem(await call('GET /keys'), 'invalid_admin_secret')
    const as = sessionOf(await login())
    expect((await call('GET /keys', undefined, as)).status).toBe(200)
  })
})

async function beginLogin(gateway: StoredGateway) {
  const response = await visit(gateway, '/admin/v1/login')
  expect(response.status, await response.clone().text()).toBe(302)
  const [set = ''] = response.headers.getSetCookie()
  return { url: response.headers.get('location') ?? '', set, cookie: set.split(';')[0] ?? '' }
}

function visit(
  gateway: StoredGateway,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(gateway.url + path, { redirect: 'manual', headers })
}

async function problemOf(response: Response): Promise<readonly unknown[]> {
  const { code } = (await response.json()) as { readonly code?: string }
  return [response.status, code]
}
