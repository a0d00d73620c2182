import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { ask } from '../../support/ask.ts'
import { describeOnBothStored } from '../../support/describe-on-both.ts'
import { expectProblem } from '../open-admin.ts'
import { openPeople } from '../people/open-people.ts'

describeOnBothStored('one-time links', (start, { startUpstream }) => {
  async function open() {
    const opened = await openPeople({ start, startUpstream })
    const { call, gateway } = opened
    const createLink = async (fields: object = { key: { name: 'Ann' } }) => {
      const { status, body, text } = await call('POST /links', { kind: 'key', ...fields })
      expect(status, text).toBe(201)
      const url = new URL(String(body.url))
      return { id: String(body.id), keyId: String(body.key_id), url, token: url.hash.slice(1), body }
    }
    const claim = async (token: unknown, headers: Readonly<Record<string, string>> = {}) => {
      const response = await fetch(`${gateway.url}/v1/claim`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ token }),
      })
      const text = await response.text()
      return { status: response.status, text, body: JSON.parse(text), headers: response.headers }
    }
    return { ...opened, createLink, claim }
  }

  const modelsWith = (secret: string) => ({
    target: '/v1/models',
    token: false,
    headers: { authorization: `Bearer ${secret}` },
  })

  test('a claim mints the secret of a new key and shows it once', async () => {
    const { call, createLink, claim, gateway } = await open()
    const link = await createLink({ key: { name: 'Ann', models: ['demo*'] }, expires_in: 3_600 })
    expect(link.url.href).toMatch(new RegExp(`^${gateway.url}/claim#[0-9a-f]{64}$`))
    expect(link.body).toMatchObject({ object: 'link', kind: 'key', created_by: 'admin secret', claimed_at: null })
    const lifetime = Date.parse(String(link.body.expires_at)) - Date.parse(String(link.body.created_at))
    expect(lifetime).toBe(3_600_000)
    const rows = await gateway.sql('SELECT * FROM links')
    expect(rows[0]?.hash).toBe(createHash('sha256').update(link.token).digest('hex'))
    const first = await claim(link.token)
    expect([first.status, first.body]).toEqual([
      200,
      {
        object: 'claim',
        kind: 'key',
        key_id: link.keyId,
        name: 'Ann',
        secret: expect.stringMatching(/^sk-weir-[0-9a-f]{64}$/),
      },
    ])
    expect(first.headers.get('cache-control')).toBe('no-store, private')
    expect((await ask(gateway, modelsWith(first.body.secret))).status).toBe(200)
    // The key's only secret is that of the claim.
    expect((await call(`GET /keys/${link.keyId}`)).body.secrets).toHaveLength(1)
    const second = await claim(link.token)
    expect([second.status, second.body.error.code]).toEqual([410, 'link_used'])
    const listed = (await call('GET /links')).text
    expect(listed).toContain(link.id)
    for (const secret of [link.token, first.body.secret]) {
      expect(listed).not.toContain(secret)
      expect(gateway.output()).not.toContain(secret)
      expect(JSON.stringify(await gateway.sql('SELECT * FROM audit_log'))).not.toContain(secret)
      expect(JSON.stringify(await gateway.sql('SELECT * FROM links'))).not.toContain(secret)
    }
  })

  test('a claim rotates an existing key, whose old secret stays for the overlap', async () => {
    const { create, createLink, claim, gateway } = await open()
    const { id, secret } = await create()
    const link = await createLink({ key_id: id, overlap_seconds: 0 })
    expect((await ask(gateway, modelsWith(secret))).status).toBe(200)
    const { body } = await claim(link.token)
    expect((await ask(gateway, modelsWith(secret))).status).toBe(401)
    expect((await ask(gateway, modelsWith(body.secret))).status).toBe(200)
    const overlapping = await claim((await createLink({ key_id: id })).token)
    for (const valid of [body.secret, overlapping.body.secret])
      expect((await ask(gateway, modelsWith(valid))).status).toBe(200)
  })

  test('S100 of twenty claims at once exactly one wins', async () => {
    const { createLink, claim, gateway, call } = await open()
    const link = await createLink()
    const claims = await Promise.all(Array.from({ length: 20 }, () => claim(link.token)))
    expect(claims.map(({ status }) => status).toSorted()).toEqual([200, ...Array(19).fill(410)])
    expect((await call(`GET /keys/${link.keyId}`)).body.secrets).toHaveLength(1)
    const claimed = await gateway.sql("SELECT * FROM audit_log WHERE action = 'link.claim'")
    expect(claimed).toHaveLength(1)
  })

  test('S84 an unknown, expired, withdrawn link and one of a deleted key get the same refusal', async () => {
    const { createLink, claim, call, gateway } = await open()
    const [expired, withdrawn, orphan] = [await createLink(), await createLink(), await createLink()]
    await gateway.sql('UPDATE links SET expires_at = ? WHERE id = ?', Date.now() - 1, expired.id)
    expect((await call(`DELETE /links/${withdrawn.id}`)).body).toEqual({
      id: withdrawn.id,
      object: 'link.deleted',
      deleted: true,
    })
    expectProblem(await call(`DELETE /links/${withdrawn.id}`), 'link_not_found')
    await call(`DELETE /keys/${orphan.keyId}`)
    const tokens = [expired.token, withdrawn.token, orphan.token, orphan.token, '0'.repeat(64)]
    const refusals = []
    for (const token of [...tokens, orphan.token]) refusals.push(await claim(token))
    for (const { status, text } of refusals) expect([status, text]).toEqual([404, refusals[0]?.text])
    expect(refusals[0]?.body.error.code).toBe('link_not_found')
  })

  test('S100 only a POST with JSON of the own page or of a program claims', async () => {
    const { createLink, claim, gateway } = await open()
    const { token } = await createLink()
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE'])
      expect((await fetch(`${gateway.url}/v1/claim?t=${token}`, { method })).status, method).toBe(405)
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1'])
      expect((await claim(token, { origin })).body.error.code).toBe('origin_not_allowed')
    for (const type of ['text/plain', 'application/x-www-form-urlencoded'])
      expect((await claim(token, { 'content-type': type })).status).toBe(415)
    for (const odd of [undefined, null, '', [token], { token }, token.toUpperCase(), `${token}0`])
      expect([400, 404]).toContain((await claim(odd)).status)
    expect((await claim(token, { origin: gateway.url })).status).toBe(200)
  })

  test('S45 throttles an address that guesses, and still serves its valid link', async () => {
    const { createLink, claim, call } = await open()
    const { token } = await createLink()
    const guesses = []
    for (let index = 0; index < 10; index += 1) guesses.push(await claim(`${index}`.padStart(64, '0')))
    expect(guesses.slice(0, 5).map(({ status }) => status)).toEqual(Array(5).fill(404))
    const throttled = guesses.find(({ status }) => status === 429)
    expect(throttled?.body.error.code).toBe('too_many_attempts')
    expect(Number(throttled?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect((await call('GET /links')).status).toBe(200)
    expect((await claim(token)).status).toBe(200)
  })

  test('S36 refuses other fields, and checks the key when the link is created', async () => {
    const { call, create } = await open()
    const { id } = await create()
    const key = { name: 'x' }
    const post = (fields: object) => call('POST /links', { kind: 'key', ...fields })
    for (const field of ['id', 'url', 'token', 'hash', 'claimed_at', 'created_by', 'secret'])
      expectProblem(await post({ key, [field]: 'x' }), 'invalid_value', field)
    expectProblem(await post({ key: { ...key, secret: 'chosen-by-the-author' } }), 'invalid_value', 'key.secret')
    expectProblem(await post({}), 'invalid_value', 'key')
    expectProblem(await post({ key, key_id: id }), 'invalid_value', 'key')
    expectProblem(await post({ key_id: 'key_0' }), 'key_not_found')
    expectProblem(await post({ key, overlap_seconds: 1 }), 'invalid_value', 'overlap_seconds')
    expectProblem(await post({ key: { name: 'x', models: 'all' } }), 'invalid_value', 'key.models')
    for (const seconds of [0, 59, 604_801, -1, 1.5, '60'])
      expectProblem(await post({ key, expires_in: seconds }), 'invalid_value', 'expires_in')
    expectProblem(await call('POST /links', { kind: 'person', key }), 'invalid_value', 'kind')
    expect((await call('GET /links')).body.data).toEqual([])
  })

  test('the audit log names the author of a link, and marks its claim', async () => {
    const { enter, call, claim } = await open()
    const { id, as } = await enter('owner', { name: 'Ann' })
    const created = await call('POST /links', { kind: 'key', key: { name: 'for Bob' } }, as)
    expect(created.body.created_by).toBe('Ann')
    await claim(new URL(String(created.body.url)).hash.slice(1))
    const entries = (await call(`GET /audit?subject=${created.body.key_id}`)).body.data as Record<string, unknown>[]
    const byAction = entries.toSorted((left, right) => String(right.action).localeCompare(String(left.action)))
    expect(byAction).toMatchObject([
      {
        action: 'link.claim',
        author: 'link',
        person_id: null,
        detail: { link_id: created.body.id, created_by: 'Ann', hint: expect.any(String) },
      },
      { action: 'key.create', author: 'Ann', person_id: id },
    ])
    const [link] = (await call(`GET /audit?subject=${created.body.id}`)).body.data as Record<string, unknown>[]
    expect(link).toMatchObject({ action: 'link.create', author: 'Ann', detail: { key_id: created.body.key_id } })
  })
})
