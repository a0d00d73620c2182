import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatRequest } from '../support/fixtures.ts'
import { type AdminResponse, callAdmin, expectProblem, openAdmin } from './open-admin.ts'

const chat = { target: '/v1/chat/completions', body: chatRequest }
const toBearer = (secret: unknown) => ({ token: false, headers: { authorization: `Bearer ${secret}` } })

describeOnBothStored('keys over REST', (start, { runtime, startUpstream }) => {
  const open = () => openAdmin({ start, startUpstream })

  test('are created, found, listed, changed, rotated and deleted, and each change applies to the next call', async () => {
    const { gateway, call, create } = await open()
    const { secret, id, ...created } = await create({
      name: 'Ada',
      models: ['gpt-4*'],
      labels: { team: 'core' },
      expires_at: '2099-01-01',
      limits: { requests_per_minute: 60, budgets: [{ usd: 10, per: 'month', time_zone: 'europe/berlin' }] },
    })
    expect(secret).toMatch(/^sk-weir-[0-9a-f]{64}$/)
    expect(created).toMatchObject({
      object: 'key',
      name: 'Ada',
      models: ['gpt-4*'],
      operations: null,
      expires_at: '2099-01-01T00:00:00.000Z',
      limits: { requests_per_minute: 60, budgets: [{ usd: 10, per: 'month', time_zone: 'Europe/Berlin' }] },
    })
    expect((await ask(gateway, { ...chat, ...toBearer(secret) })).status).toBe(200)
    const found = await call(`GET /keys/${id}`)
    expect(found.body).toEqual({ id, ...created })
    expect(found.text).not.toContain(secret)
    expect((await call('GET /keys')).body).toEqual({
      object: 'list',
      data: [{ id, ...created }],
      has_more: false,
      next: null,
    })
    const changed = await call(`PATCH /keys/${id}`, { models: ['other'], labels: null, expires_at: null })
    expect(changed.body).toMatchObject({ models: ['other'], labels: {}, expires_at: null, name: 'Ada' })
    expect((await ask(gateway, { ...chat, ...toBearer(secret) })).status).toBe(403)
    await call(`PATCH /keys/${id}`, { models: null })
    const rotated = await call(`POST /keys/${id}/rotate`, { overlap_seconds: 0 })
    expect(rotated.body.secret).toMatch(/^sk-weir-/)
    expect((await ask(gateway, { ...chat, ...toBearer(secret) })).status).toBe(401)
    expect((await ask(gateway, { ...chat, ...toBearer(rotated.body.secret) })).status).toBe(200)
    const { secret: another } = (await call(`POST /keys/${id}/rotate`)).body
    for (const one of [another, rotated.body.secret])
      expect((await ask(gateway, { ...chat, ...toBearer(one) })).status).toBe(200)
    const child = await create({ parent_id: id })
    expect((await call(`DELETE /keys/${id}`)).body).toEqual({ id, object: 'key.deleted', deleted: true, keys: 2 })
    for (const one of [another, child.secret])
      expect((await ask(gateway, { ...chat, ...toBearer(one) })).status).toBe(401)
    expectProblem(await call(`GET /keys/${id}`), 'key_not_found')
    expect(gateway.output()).not.toContain(secret)
  })

  test('are listed in pages, all of them or the children of one', async () => {
    const { call, create } = await open()
    const parent = await create()
    const children: string[] = []
    for (let index = 0; index < 3; index += 1) children.push((await create({ parent_id: parent.id })).id)
    const first = await call(`GET /keys?parent_id=${parent.id}&limit=2`)
    expect(first.body).toMatchObject({ has_more: true, next: children[1] })
    const second = await call(`GET /keys?parent_id=${parent.id}&limit=2&after=${first.body.next}`)
    expect([...idsOf(first), ...idsOf(second)]).toEqual(children)
    expect(second.body).toMatchObject({ has_more: false, next: null })
    expectProblem(await call('GET /keys?limit=101'), 'invalid_value', 'limit')
    expectProblem(await call('GET /keys?limit=x'), 'invalid_value', 'limit')
    expectProblem(await call('GET /keys?after=%25'), 'invalid_value', 'after')
    expectProblem(await call('GET /keys?limit=1&limit=2'), 'invalid_value', 'limit')
    expectProblem(await call('GET /keys?parent=x'), 'invalid_value', 'parent', /Did you mean `parent_id`\?/)
  })

  test('case C15 are changed by merging (RFC 7396): an omitted limit keeps its value, and null removes one', async () => {
    const { call, create } = await open()
    const budgets = [{ usd: 10, per: 'month', time_zone: 'Europe/Berlin' }]
    const { id } = await create({
      limits: { requests_per_minute: 60, tokens_per_day: 1_000, budgets },
      per_user: { requests_per_minute: 3, usd_per_call: 0.5 },
      labels: { team: 'core', cost: '1' },
    })
    const patch = async (body: object, type = 'application/json') => {
      const response = await call(`PATCH /keys/${id}`, body, { 'content-type': type })
      expect(response.status, response.text).toBe(200)
      return response.body
    }
    expect(await patch({ limits: { requests_per_minute: 5 } })).toMatchObject({
      limits: { requests_per_minute: 5, tokens_per_day: 1_000, budgets },
      per_user: { requests_per_minute: 3, usd_per_call: 0.5 },
    })
    expect(await patch({ limits: { tokens_per_day: null }, labels: { cost: null, place: 'B' } })).toMatchObject({
      limits: { requests_per_minute: 5, tokens_per_day: null, budgets },
      labels: { team: 'core', place: 'B' },
    })
    const smaller = [{ usd: 1, per: 'day', time_zone: 'UTC' }]
    const changed = await patch(
      { limits: { budgets: smaller }, per_user: { usd_per_call: null } },
      'application/merge-patch+json',
    )
    expect(changed).toMatchObject({
      limits: { requests_per_minute: 5, budgets: smaller },
      per_user: { requests_per_minute: 3, usd_per_call: null },
    })
    expect(changed.labels).toEqual({ team: 'core', place: 'B' })
    expect(await patch({ limits: { budgets: null }, per_user: null })).toMatchObject({
      limits: { requests_per_minute: 5, budgets: [] },
      per_user: null,
    })
    expect(await patch({ limits: null })).toMatchObject({ limits: { requests_per_minute: null, budgets: [] } })
  })

  test('case C16 keep their spending when the time zone of a budget changes', async () => {
    const { gateway, call, create } = await open()
    const toLimits = (zone: string) => ({
      budgets: [
        { usd: 1, per: 'total' },
        { usd: 0.0002, per: 'month', time_zone: zone },
      ],
    })
    const { id, secret } = await create({ limits: toLimits('UTC') })
    const body = { ...chatRequest, max_tokens: 1 }
    expect((await ask(gateway, { ...chat, body, ...toBearer(secret) })).status).toBe(200)
    await gateway.flushLedger()
    const used = async () => {
      const { limits } = (await call(`GET /keys/${id}/balance`)).body as {
        readonly limits: readonly { readonly used: number }[]
      }
      return limits.map((limit) => limit.used)
    }
    const spent = await used()
    expect(spent[1]).toBeGreaterThan(0)
    for (const zone of ['Asia/Tokyo', 'America/New_York', 'Europe/Berlin']) {
      await call(`PATCH /keys/${id}`, { limits: toLimits(zone) })
      expect(await used()).toEqual(spent)
    }
    // The monthly budget still refuses the next call, as before the change.
    const refused = await ask(gateway, { ...chat, ...toBearer(secret) })
    expectError(refused, { code: 'insufficient_quota', message: /0\.0002 USD a month/ })
  })

  test('S17 an existing secret is imported and never shown', async () => {
    const { gateway, call } = await open()
    const secret = 'sk-from-the-old-server-0b5e91c2'
    const { body } = await call('POST /keys', { name: 'imported', secret })
    expect(body).toMatchObject({ secret: null, secrets: [{ hint: expect.stringMatching(/^sk-.*…91c2$/) }] })
    expect((await ask(gateway, { ...chat, ...toBearer(secret) })).status).toBe(200)
    const stored = JSON.stringify([
      ...(await gateway.sql('SELECT * FROM audit_log')),
      ...(await gateway.sql('SELECT * FROM api_key_secrets')),
    ])
    expect(stored).not.toContain(secret)
    expectProblem(await call('POST /keys', { name: 'again', secret }), 'invalid_value', 'secret')
  })

  test('S36 refuse each field that cannot be set, and name it', async () => {
    const { gateway, call, create } = await open()
    const { id } = await create()
    const columns = [
      ...(await gateway.sql("SELECT name FROM pragma_table_info('api_keys')")),
      ...(await gateway.sql("SELECT name FROM pragma_table_info('api_key_secrets')")),
    ].map(({ name }) => String(name))
    const settable = ['name', 'parent_id', 'expires_at']
    const names = [
      ...columns.filter((name) => !settable.includes(name)),
      'owner',
      'role',
      'isAdmin',
      'rootId',
      'budget',
    ]
    for (const name of [...names, '__proto__', 'constructor']) {
      const body = `{"name":"x",${JSON.stringify(name)}:"1"}`
      expectProblem(await call('POST /keys', body), 'invalid_value', name)
      expectProblem(await call(`PATCH /keys/${id}`, body), 'invalid_value', name)
    }
    for (const name of ['parent_id', 'secret', 'id'])
      expectProblem(await call(`PATCH /keys/${id}`, { [name]: id }), 'invalid_value', name)
    expectProblem(await call('POST /keys', {}), 'missing_required_parameter', 'name')
    expectProblem(await call('POST /keys'), 'missing_required_parameter', 'name')
    expectProblem(await call('POST /keys', { name: 'a\nb' }), 'invalid_value', 'name')
    const limits = { requests_per_minute: 60, requests_per_hour: 30 }
    expectProblem(await call('POST /keys', { name: 'x', limits }), 'invalid_value', 'limits.requests_per_minute', /30/)
    expectProblem(await call('POST /keys', '{"name": }'), 'invalid_json')
    expectProblem(await call('POST /keys', '["name"]'), 'invalid_json')
    expectProblem(await call('POST /keys?name=x', { name: 'x' }), 'invalid_value', 'name')
    expect((await call('GET /keys')).body.data).toHaveLength(1)
  })

  test('S14 ids and filters reach the database only as values', async () => {
    const { gateway, call, create } = await open()
    await create()
    const hostile = [
      "'",
      "' OR '1'='1",
      "x'; DROP TABLE api_keys; --",
      '%',
      '_',
      '*',
      '\\',
      'null',
      '?1',
      ':id',
      '\u2028',
    ]
    for (const text of hostile) {
      const value = encodeURIComponent(text)
      const endpoints = [
        ...[`GET /keys/${value}`, `PATCH /keys/${value}`, `DELETE /keys/${value}`, `GET /keys/${value}/balance`],
        ...[`GET /keys?parent_id=${value}`, `GET /keys?after=${value}`, `GET /audit?subject=${value}`],
        ...[`GET /audit?after=${value}`, `GET /usage?group_by=${value}`, `GET /usage?model=${value}`],
        ...[`GET /usage?tag=${value}`, `GET /usage?from=${value}`, `GET /records?key_id=${value}`],
      ]
      for (const endpoint of endpoints) {
        const response = await call(endpoint, endpoint.startsWith('PATCH') ? {} : undefined)
        expect([200, 400, 404], `${endpoint} ${response.text}`).toContain(response.status)
      }
    }
    expect(await gateway.sql('SELECT id FROM api_keys')).toHaveLength(1)
  })

  test.runIf(runtime === 'node')(
    'S14 S16 no other string is accepted as the secret or causes another error',
    async () => {
      const { gateway } = await open()
      await fc.assert(
        fc.asyncProperty(
          fc.string({ unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)) }),
          async (text) => {
            const response = await callAdmin(gateway.url, 'GET /keys', { headers: { authorization: `Bearer ${text}` } })
            expect([401, 429]).toContain(response.status)
          },
        ),
        { numRuns: 50 },
      )
    },
  )

  test('S68 every change is in the audit log before the response: actor, action and address, and no secret', async () => {
    const { gateway, call, create } = await open()
    const { id, secret } = await create({
      name: 'Ada',
      labels: { note: 'x\n{"event":"call","outcome":"ok","forged":true}' },
    })
    await call(`PATCH /keys/${id}`, { disabled: true, limits: { tokens_per_day: 5 } })
    await call(`POST /keys/${id}/rotate`, { secret: 'sk-brought-along-0123456789abcdef' })
    await call(`PATCH /keys/${id}`, { models: 5 })
    await call(`DELETE /keys/${id}`)
    const response = await call(`GET /audit?limit=3`)
    const rest = await call(`GET /audit?subject=${id}&after=${response.body.next}`)
    const entries = [...entriesOf(response), ...entriesOf(rest)]
    expect(entries.map(({ action, detail }) => [action, detail])).toEqual([
      ['key.delete', { keys: 1 }],
      ['key.rotate', { hint: expect.any(String), overlap_seconds: 86_400 }],
      ['key.update', { disabled: true, limits: { tokens_per_day: 5 } }],
      ['key.create', expect.objectContaining({ name: 'Ada' })],
    ])
    for (const entry of entries) {
      expect(entry).toMatchObject({
        object: 'audit_entry',
        actor: 'admin',
        subject: id,
        at: expect.stringMatching(/Z$/),
      })
      if (runtime === 'node') expect(entry.address).toBe('127.0.0.1')
    }
    expect(response.text + rest.text).not.toContain(secret)
    expect(response.text + rest.text).not.toContain('brought-along')
    expect(gateway.logs().filter((line) => 'forged' in line)).toEqual([])
    expect((await call('GET /audit?subject=key_0')).body.data).toEqual([])
  })
})

function idsOf({ body }: AdminResponse): readonly string[] {
  return (body.data as readonly { readonly id: string }[]).map(({ id }) => id)
}

function entriesOf({ body }: AdminResponse): readonly Record<string, unknown>[] {
  return body.data as readonly Record<string, unknown>[]
}
