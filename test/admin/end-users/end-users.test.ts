import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src/core/json.ts'
import { pngBase64 } from '../../pipeline/images/pictures.ts'
import { ask } from '../../support/ask.ts'
import { describeOnBothStored } from '../../support/describe-on-both.ts'
import { chatCompletion, chatRequest } from '../../support/fixtures.ts'
import { createGate } from '../../support/gate.ts'
import type { GatewayOptions } from '../../support/gateway.ts'
import { after, json } from '../../support/upstream-scripts.ts'
import { type AdminResponse, expectProblem, openAdmin } from '../open-admin.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** The tables that may name an end user, with the columns that do. */
const named = {
  sessions: 'owner',
  messages: 'owner',
  images: 'owner',
  idempotent_calls: 'owner',
  call_records: 'end_user',
  usage_days_by_user: 'end_user',
} as const

/** Names that a sloppy query or separator would confuse with others. */
const hostile = ["o'hara", '%', '_', 'a/user:b', '孫悟空🐒', '" \\', 'x'.repeat(200), 'erased:1']

type Key = JsonObject & { readonly id: string; readonly secret: string }

describeOnBothStored('erasing an end user', (start, { startUpstream, runtime }) => {
  async function open(options: GatewayOptions = {}) {
    const opened = await openAdmin({ start, startUpstream }, options)
    const { gateway, upstream, call } = opened
    const { sql } = gateway
    upstream.on('/v1/images/generations', json(200, { created: 1, data: [{ b64_json: pngBase64 }] }))
    const send = async (target: string, key: Key, body: object, headers: Readonly<Record<string, string>> = {}) => {
      const bearer = { authorization: `Bearer ${key.secret}` }
      return ask(gateway, { target, body, token: false, headers: { ...bearer, ...headers } })
    }
    const chat = async (key: Key, user: string, headers?: Readonly<Record<string, string>>) => {
      const body = { ...chatRequest, max_tokens: 100, user, metadata: { team: 'blue' } }
      return (await send('/v1/chat/completions', key, body, headers)).status
    }
    /** Stores content that a token of the end user would own. */
    async function store(key: Key, user: string, count = 1) {
      const owner = `key:${key.id}/user:${user.length > 128 ? `sha256:${sha256(user)}` : user}`
      for (let number = 0; number < count; number++) {
        const id = `session_${sha256(`${owner}${number}`).slice(0, 32)}`
        await sql(
          'INSERT INTO sessions (owner, id, title, created_at, updated_at, version) VALUES (?, ?, ?, 1000, ?, 2)',
          ...[owner, id, `About ${user}`, 1_000 + number],
        )
        for (const position of [1, 2])
          await sql(
            `INSERT INTO messages (owner, session_id, position, id, role, content, status, created_at)
            VALUES (?, ?, ?, ?, 'user', ?, 'complete', 1000)`,
            ...[owner, id, position, `msg_${number}_${position}`, JSON.stringify(`I am ${user}`)],
          )
      }
      const picture = await send('/v1/images/generations', key, { model: 'dall-e-3', prompt: 'A weir', user })
      const { url } = JSON.parse(picture.text).data[0]
      expect(await chat(key, user, { 'idempotency-key': `key of ${user.length}` })).toBe(200)
      await gateway.flushLedger()
      for (const table of ['images', 'idempotent_calls'])
        await sql(`UPDATE ${table} SET owner = ? WHERE owner = ?`, owner, `key:${key.id}`)
      return { owner, path: new URL(url).pathname }
    }
    const erase = (key: Key | string, user: string, rest: object = {}) =>
      call('POST /end_users/erase', { key_id: typeof key === 'string' ? key : key.id, end_user: user, ...rest })
    /** Lists the tables that name an owner or an end user, and how often. */
    async function findName(name: string): Promise<readonly string[]> {
      const found: string[] = []
      for (const [table, column] of Object.entries(named)) {
        const rows = await sql(`SELECT 1 FROM ${table} WHERE ${column} = ?`, name)
        if (rows.length > 0) found.push(`${table}: ${rows.length}`)
      }
      return found
    }
    const readSums = async () => {
      const reports = ['key_id', 'model', 'day', 'tag'].map((by) =>
        call(`GET /usage?group_by=${by.replace('_id', '')}`),
      )
      return (await Promise.all(reports)).map(({ text }) => text)
    }
    const users = async (key: Key) => {
      const { text } = await call(`GET /usage?group_by=end_user&key_id=${key.id}`)
      return (JSON.parse(text) as { end_user: string; calls: number }[]).map(({ end_user, calls }) => [end_user, calls])
    }
    return { ...opened, sql, chat, store, erase, findName, readSums, users }
  }

  const nothing = { sessions: 0, messages: 0, images: 0, responses: 0, records: 0 }

  test('S101 erases sessions, images, responses and the name in records, and keeps every other sum', async () => {
    const { gateway, sql, create, store, erase, findName, readSums, users, chat, call } = await open()
    const perUser = { budgets: [{ usd: 10, per: 'month' }] }
    const [key, other] = [await create({ name: 'app', per_user: perUser }), await create({ name: 'other' })]
    const ada = await store(key, 'u_42', 3)
    const kept = [await store(key, 'u_4'), await store(key, 'u_421'), await store(other, 'u_42')]
    expect(await chat(key, '')).toBe(200)
    await gateway.flushLedger()
    const before = await readSums()

    const counts = { sessions: 3, messages: 6, images: 1, responses: 1, records: 2 }
    const response = {
      object: 'end_user.erasure',
      key_id: key.id,
      ...counts,
      pending_calls: 0,
      has_more: false,
      next: null,
    }
    expect((await erase(key, 'u_42', { dry_run: true })).body).toEqual({ ...response, dry_run: true })
    expect(await findName(ada.owner)).toEqual(['sessions: 3', 'messages: 6', 'images: 1', 'idempotent_calls: 1'])
    const erased = await erase(key, 'u_42')
    expect(erased.status).toBe(200)
    expect(erased.body).toEqual({ ...response, dry_run: false })
    expect(erased.text).not.toMatch(/u_42|erased:/)

    expect(await findName(ada.owner)).toEqual([])
    expect((await fetch(`${gateway.url}${ada.path}`)).status).toBe(404)
    for (const { path, owner } of kept) {
      expect((await fetch(`${gateway.url}${path}`)).status).toBe(200)
      expect(await sql('SELECT 1 FROM messages WHERE owner = ?', owner)).toHaveLength(2)
      expect(await sql('SELECT 1 FROM idempotent_calls WHERE owner = ?', owner)).toHaveLength(1)
    }
    expect(await readSums()).toEqual(before)
    expect(await users(key)).toEqual([
      ['', 1],
      [expect.stringMatching(/^erased:[0-9a-f]{24}$/), 2],
      ['u_4', 2],
      ['u_421', 2],
    ])
    expect(await users(other)).toEqual([['u_42', 2]])
    if (runtime === 'node')
      expect(await sql('SELECT 1 FROM counters WHERE subject = ?', `${key.id}/user:u_42`)).toEqual([])

    expect((await erase(key, 'u_42')).body).toEqual({ ...response, ...nothing, dry_run: false })
    const { data } = (await call(`GET /audit?subject=${key.id}`)).body as { data: readonly JsonObject[] }
    expect(data.slice(0, 2)).toMatchObject([
      { action: 'end_user.erase', detail: { ...nothing, end_user_sha256: sha256(`${key.id}/user:u_42`) } },
      { action: 'end_user.erase', actor: 'admin', detail: { ...counts, pending_calls: 0 } },
    ])
    expect(JSON.stringify(data.slice(0, 2))).not.toMatch(/u_42|erased:/)
  })

  test('S31 erases exactly the named user, whatever the name contains', async () => {
    const { create, chat, gateway, erase, users, sql } = await open()
    const key = await create({ name: 'app' })
    for (const user of hostile) expect(await chat(key, user)).toBe(200)
    await gateway.flushLedger()
    for (const [index, user] of hostile.entries()) {
      const isDigest = user.length > 128 && index % 2 === 1
      expect((await erase(key, isDigest ? `sha256:${sha256(user)}` : user)).body).toMatchObject({ records: 1 })
      const left = (await users(key)).filter(([name]) => !/^erased:[0-9a-f]{24}$/.test(String(name)))
      expect(left).toHaveLength(hostile.length - index - 1)
    }
    expect(await sql('SELECT DISTINCT key_id FROM call_records')).toEqual([{ key_id: key.id }])
  })

  test('accepts the digest of a long name, and the name itself', async () => {
    const { create, store, erase, gateway } = await open()
    const key = await create({ name: 'app' })
    const long = '長'.repeat(129)
    await store(key, long)
    await gateway.flushLedger()
    expect((await erase(key, `sha256:${sha256(long)}`, { dry_run: true })).body).toMatchObject({
      sessions: 1,
      records: 2,
    })
    expect((await erase(key, long)).body).toMatchObject({ sessions: 1, images: 1, records: 2 })
  })

  test('S101 reports a call in progress, which a repetition erases after its end', async () => {
    const { create, chat, erase, users, upstream, gateway } = await open()
    const key = await create({ name: 'app', per_user: { concurrent_calls: 1 } })
    expect(await chat(key, 'ada')).toBe(200)
    const gate = createGate()
    upstream.respondNext(after(gate, json(200, chatCompletion)))
    const running = chat(key, 'ada')
    await expect.poll(async () => (await erase(key, 'ada', { dry_run: true })).body.pending_calls).toBe(1)
    expect((await erase(key, 'ada')).body).toMatchObject({ records: 1, pending_calls: 1, has_more: false })
    // Its reservation still holds.
    expect(await chat(key, 'ada')).toBe(429)
    gate.open()
    expect(await running).toBe(200)
    await gateway.flushLedger()
    expect((await erase(key, 'ada')).body).toMatchObject({ records: 1, pending_calls: 0 })
    expect((await users(key)).map(([name, calls]) => [String(name).slice(0, 7), calls])).toEqual([
      ['erased:', 1],
      ['erased:', 1],
    ])
  })

  test('erases records that the ledger has not passed on yet', async () => {
    const { create, chat, erase, users } = await open()
    const key = await create({ name: 'app' })
    for (let count = 0; count < 3; count++) expect(await chat(key, 'ada')).toBe(200)
    await expect.poll(async () => (await erase(key, 'ada')).body.pending_calls).toBe(0)
    expect((await users(key)).every(([name]) => String(name).startsWith('erased:'))).toBe(true)
    expect((await users(key)).reduce((sum, [, calls]) => sum + Number(calls), 0)).toBe(3)
  })

  test('erases a user of TOKEN, and of a policy of the configuration', async () => {
    const { gateway, erase, sql } = await open()
    const body = { ...chatRequest, user: 'ada' }
    expect((await ask(gateway, { target: '/v1/chat/completions', body })).status).toBe(200)
    await gateway.flushLedger()
    for (const owner of ['key:login:acme/user:ada', 'key:visitors/user:ada'])
      await sql("INSERT INTO sessions (owner, id, created_at, updated_at) VALUES (?, 's', 1, 1)", owner)
    expect((await erase('token', 'ada')).body).toMatchObject({ ...nothing, records: 1 })
    expect((await erase('login:acme', 'ada')).body).toMatchObject({ ...nothing, sessions: 1 })
    expect((await erase('visitors', 'ada')).body).toMatchObject({ ...nothing, sessions: 1 })
  })

  test('renames 10,000 records in bounded time, over repeated requests on Workers', async () => {
    const { create, chat, erase, gateway, sql, readSums, users } = await open()
    const key = await create({ name: 'app' })
    expect(await chat(key, 'ada')).toBe(200)
    await gateway.flushLedger()
    const columns =
      'request_id, attempt, key_id, operation, provider, model, is_stream, outcome, status, input_tokens, output_tokens, cost_nano, cost_source, reserved_nano, opened_at, settled_at, duration_ms'
    await sql(
      `INSERT INTO call_records (id, end_user, ${columns})
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
      SELECT 'gen_copy' || i, CASE WHEN i % 2 = 0 THEN 'ada' ELSE 'bob' END, ${columns} FROM n, (SELECT * FROM call_records LIMIT 1)`,
    )
    const before = await readSums()
    const startedAt = performance.now()
    let records = 0
    let requests = 0
    let next: unknown = null
    for (let hasMore = true; hasMore; requests++) {
      const { body } = await erase(key, 'ada', next === null ? {} : { after: next })
      next = body.next
      records += Number(body.records)
      hasMore = body.has_more === true
    }
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    expect([records, requests]).toEqual([10_001, runtime === 'node' ? 1 : expect.any(Number)])
    expect(requests).toBeLessThan(5)
    expect(await readSums()).toEqual(before)
    expect((await users(key)).filter(([name]) => name === 'ada')).toEqual([])
  })

  test('deletes the entry of an image whose bytes are gone, as after a crash between the two deletions', async () => {
    const { create, store, erase, sql, gateway, findName } = await open()
    const key = await create({ name: 'app' })
    const { owner, path } = await store(key, 'ada')
    await sql('UPDATE images SET id = ? WHERE owner = ?', `img_${'0'.repeat(32)}`, owner)
    expect((await erase(key, 'ada')).body).toMatchObject({ images: 1, sessions: 1 })
    expect(await findName(owner)).toEqual([])
    expect((await fetch(`${gateway.url}${path}`)).status).toBe(404)
  })

  test('exports sessions with messages, images and records, of this user only', async () => {
    const { gateway, create, store, call, sql } = await open()
    const [key, other] = [await create({ name: 'app' }), await create({ name: 'other' })]
    const user = "o'hara/user:%"
    const { owner, path } = await store(key, user, 3)
    await store(key, 'bob')
    await store(other, user)
    const exported = await call('POST /end_users/export', { key_id: key.id, end_user: user })
    expect(exported.status).toBe(200)
    expect(exported.headers.get('content-disposition')).toBe('attachment; filename="end-user.json"')
    const { sessions, images, records, ...head } = exported.body as Record<string, readonly JsonObject[]>
    expect(head).toEqual({ object: 'end_user.export', key_id: key.id, end_user: user })
    expect(sessions).toHaveLength(3)
    expect(sessions?.[0]).toMatchObject({ object: 'session', title: `About ${user}`, message_count: 2 })
    expect(sessions).toMatchObject(
      [1, 2, 3].map(() => ({ messages: [{ position: 1, content: `I am ${user}` }, { position: 2 }] })),
    )
    expect(images).toMatchObject([{ object: 'image', url: `${gateway.url}${path}`, content_type: 'image/png' }])
    expect(records).toHaveLength(2)
    expect(records).toMatchObject([{ key_id: key.id, end_user: user }, { tags: ['team:blue'] }])
    const [entry] = await sql("SELECT detail FROM audit_log WHERE action = 'end_user.export'")
    expect(entry).toEqual({ detail: JSON.stringify({ end_user_sha256: sha256(`${key.id}/user:${user}`) }) })
    expect(owner).toContain(user)

    const empty = await call('POST /end_users/export', { key_id: 'key_unknown', end_user: 'x' })
    expect(empty.body).toMatchObject({ sessions: [], images: [], records: [] })
  })

  test('refuses a request without a key or an end user, and unknown fields', async () => {
    const { erase, call } = await open()
    const check = (response: AdminResponse, param: string) => expectProblem(response, 'invalid_value', param)
    check(await erase('key_a', ''), 'end_user')
    check(await erase('Key A', 'x'), 'key_id')
    check(await erase('key_a', 'x', { dry_run: 'yes' }), 'dry_run')
    check(await erase('key_a', 'x', { force: true }), 'force')
    expectProblem(await call('POST /end_users/erase', { key_id: 'key_a' }), 'missing_required_parameter', 'end_user')
    expectProblem(await call('POST /end_users/export', {}), 'missing_required_parameter', 'key_id')
    const stranger = { authorization: 'Bearer wrong' }
    const body = { key_id: 'key_a', end_user: 'x' }
    for (const path of ['erase', 'export'])
      expectProblem(await call(`POST /end_users/${path}`, body, stranger), 'invalid_admin_secret')
    expect((await erase('key_unknown', 'x')).body).toMatchObject({ ...nothing, pending_calls: 0 })
  })

  test('erases sessions without metering', async () => {
    const { erase, sql, call } = await open({ env: { METERING: 'false' } })
    await sql("INSERT INTO sessions (owner, id, created_at, updated_at) VALUES ('key:key_a/user:ada', 's', 1, 1)")
    const exported = await call('POST /end_users/export', { key_id: 'key_a', end_user: 'ada' })
    expect(exported.body).toMatchObject({ sessions: [{ id: 's' }], records: [] })
    expect((await erase('key_a', 'ada')).body).toMatchObject({ ...nothing, sessions: 1 })
  })
})
