import { expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatRequest } from '../support/fixtures.ts'
import { type AdminResponse, expectProblem, type OpenAdmin, openAdmin } from './open-admin.ts'

describeOnBothStored('reports over REST', (start, { startUpstream }) => {
  async function openUsed() {
    const opened = await openAdmin({ start, startUpstream })
    const parent = await opened.create({ name: 'team' })
    const child = await opened.create({ name: 'app', parent_id: parent.id })
    for (const { secret, user } of [
      { secret: parent.secret, user: undefined },
      { secret: child.secret, user: 'u-1' },
      { secret: child.secret, user: '=HYPERLINK("http://evil.example")' },
    ]) {
      const headers = { authorization: `Bearer ${secret}` }
      const body = { ...chatRequest, ...(user !== undefined && { user }) }
      expect((await ask(opened.gateway, { target: '/v1/chat/completions', body, token: false, headers })).status).toBe(
        200,
      )
    }
    await opened.gateway.flushLedger()
    return { ...opened, parent, child }
  }

  test('case D13: group usage by the requested dimensions, as JSON, JSON Lines or CSV', async () => {
    const { call, parent, child } = await openUsed()
    const sums = { failed_calls: 0, unpriced_calls: 0, input_tokens: 19, output_tokens: 10, cost_usd: '0.000118' }
    const whole = await call('GET /usage')
    expect(rowsOf(whole)).toEqual([
      {
        day: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
        ...sums,
        calls: 3,
        input_tokens: 57,
        output_tokens: 30,
        cost_usd: '0.000354',
      },
    ])
    const byKey = await call(`GET /usage?group_by=key,model&key_id=${child.id}`)
    expect(rowsOf(byKey)).toEqual([
      {
        key_id: child.id,
        model: 'gpt-4.1',
        ...sums,
        calls: 2,
        input_tokens: 38,
        output_tokens: 20,
        cost_usd: '0.000236',
      },
    ])
    const family = await call(`GET /usage?group_by=key&key_id=${parent.id}&descendants=true`)
    expect(rowsOf(family)).toHaveLength(2)
    const lines = await call('GET /usage?group_by=end_user&format=jsonl')
    expect(lines.headers.get('content-type')).toBe('application/x-ndjson')
    expect(
      lines.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).end_user),
    ).toContain('u-1')
    const csv = await call('GET /usage?group_by=end_user', undefined, { accept: 'text/csv' })
    expect(csv.headers.get('content-type')).toMatch(/^text\/csv/)
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="usage.csv"')
    expect(csv.text).toContain('end_user,calls,failed_calls')
    expect(csv.text).toContain(`"'=HYPERLINK(""http://evil.example"")",1`)
    expect(rowsOf(await call('GET /usage?from=2020-01-01&to=2020-12-31'))).toEqual([])
  })

  test('refuse an invalid parameter and name it', async () => {
    const { call } = await openAdmin({ start, startUpstream })
    for (const [endpoint, param, detail] of [
      ['GET /usage?group_by=hour', 'group_by', /Use day, key/],
      ['GET /usage?group_by=modell', 'group_by', /Did you mean `model`\?/],
      ['GET /usage?group_by=tag,model', 'tag', /Tags can be combined/],
      ['GET /usage?from=2026-02-30', 'from', /must be a day/],
      ['GET /usage?from=yesterday', 'from', /must be a day/],
      ['GET /usage?from=2026-02-02&to=2026-02-01', 'from', /must not be later/],
      ['GET /usage?descendants=yes', 'descendants', /true or false/],
      ['GET /usage?format=xml', 'format', /json, csv, jsonl/],
      ['GET /usage?by=day', 'by', /has no parameter/],
      ['GET /records?from=2026-13-01', 'from', /date and time/],
      ['GET /records?from=2026-02-02&to=2026-02-01', 'from', /earlier than to/],
      ['GET /prices?limit=0', 'limit', /1 to 1000/],
      ['GET /prices?after=x', 'after', /cursor/],
      ['GET /audit?after=1', 'after', /cursor/],
    ] as const)
      expectProblem(await call(endpoint), 'invalid_value', param, detail)
    expectProblem(await call('GET /usage?descendants=true'), 'missing_required_parameter', 'key_id')
  })

  test('export every record, as JSON, JSON Lines or CSV', async () => {
    const { call, child } = await openUsed()
    const records = rowsOf(await call('GET /records'))
    expect(records).toHaveLength(3)
    expect(records[0]).toMatchObject({
      id: expect.stringMatching(/^gen_/),
      operation: 'chat.completions',
      provider: 'openai',
      model: 'gpt-4.1',
      ...{
        outcome: 'ok',
        status: 200,
        input_tokens: 19,
        output_tokens: 10,
        cost_usd: '0.000118',
        cost_source: 'usage',
      },
    })
    const day = String(records[2]?.settled_at).slice(0, 10)
    const lines = await call(`GET /records?key_id=${child.id}&format=jsonl&from=2020-01-01T00:00:00Z&to=${day}`)
    expect(lines.text.trim().split('\n')).toHaveLength(2)
    const csv = await call('GET /records?format=csv')
    expect(csv.text.split('\r\n')[0]).toMatch(/^seq,id,request_id,/)
    expect(rowsOf(await call('GET /records?to=2020-01-01'))).toEqual([])
    const [first, second, third] = records
    expect(rowsOf(await call('GET /records?limit=2'))).toEqual([first, second])
    expect(rowsOf(await call(`GET /records?after=${second?.seq}&limit=2`))).toEqual([third])
    expectProblem(await call('GET /records?after=x'), 'invalid_value', 'after', /an integer/)
  })

  test('show the spending of a key and its descendants', async () => {
    const { call, parent, child } = await openUsed()
    const expected = (key: { readonly id: string }, usd: string) => ({
      object: 'balance',
      key_id: key.id,
      spent_usd: usd,
      reserved_usd: '0',
      open_calls: 0,
      open_streams: 0,
      day_usd: usd,
      week_usd: usd,
      month_usd: usd,
      limits: [],
    })
    expect((await call(`GET /keys/${parent.id}/balance`)).body).toEqual(expected(parent, '0.000354'))
    expect((await call(`GET /keys/${child.id}/balance`)).body).toEqual(expected(child, '0.000236'))
    expectProblem(await call('GET /keys/key_0/balance'), 'key_not_found')
  })

  test('case C14 keep the usage of a deleted key in the report and the balance of its team', async () => {
    const { call, parent, child } = await openUsed()
    const ofTeam = `GET /usage?group_by=key&key_id=${parent.id}&descendants=true`
    const before = rowsOf(await call(ofTeam))
    expect((await call(`DELETE /keys/${child.id}`)).body).toMatchObject({ deleted: true, keys: 1 })
    expect(rowsOf(await call(ofTeam))).toEqual(before)
    expect(rowsOf(await call(`GET /usage?group_by=key&key_id=${child.id}`))).toMatchObject([{ calls: 2 }])
    expect((await call(`GET /keys/${parent.id}/balance`)).body).toMatchObject({ spent_usd: '0.000354' })
    expectProblem(await call(`GET /keys/${child.id}`), 'key_not_found')
    expectProblem(await call(`GET /keys/${child.id}/balance`), 'key_not_found')
    expectProblem(await call('POST /keys', { name: 'x', parent_id: child.id }), 'invalid_value', 'parent_id')
    expect(rowsIn(await call('GET /keys'))).toMatchObject([{ id: parent.id }])
    await call(`DELETE /keys/${parent.id}`)
    expect(rowsOf(await call(ofTeam))).toEqual(before)
  })

  test('case C19 a correction updates totals, balances and the budget of the month, and audits the old cost', async () => {
    const { call, parent, child, gateway } = await openUsed()
    const budgets = [{ usd: 1, per: 'month', time_zone: 'UTC' }]
    await call(`PATCH /keys/${parent.id}`, { limits: { budgets } })
    const [record] = rowsOf(await call(`GET /records?key_id=${child.id}`))
    const id = String(record?.id)
    const correct = (cost: unknown, reason: unknown = 'invoice 2026-11') =>
      call(`POST /records/${id}/correct`, { cost_usd: cost, reason })
    const corrected = await correct(0.72)
    expect(corrected.status, corrected.text).toBe(200)
    const changes = { cost_usd: '0.72', cost_source: 'corrected', booked_usd: '0.000118' }
    expect(corrected.body).toEqual({ ...record, ...changes })
    expect((await correct(0.72)).body).toEqual(corrected.body)
    expect(rowsOf(await call(`GET /records?key_id=${child.id}`))[0]).toEqual(corrected.body)
    const sum = '0.720236'
    expect(rowsOf(await call('GET /usage?group_by=model'))).toMatchObject([{ calls: 3, cost_usd: sum }])
    expect((await call(`GET /keys/${parent.id}/balance`)).body).toMatchObject({
      ...{ spent_usd: sum, day_usd: sum, month_usd: sum },
      limits: [{ limit: 'budget/month', used: 0.720236, remaining: 0.279764 }],
    })
    await call(`DELETE /keys/${child.id}`)
    await correct(1.5)
    const headers = { authorization: `Bearer ${parent.secret}` }
    const refused = await ask(gateway, { target: '/v1/chat/completions', body: chatRequest, token: false, headers })
    expect(refused.status).toBe(429)
    expect(refused.text).toContain('insufficient_quota')
    expect(rowsIn(await call(`GET /audit?subject=${id}`))).toMatchObject([
      { action: 'record.correct', detail: { from_usd: '0.72', from_source: 'corrected', to_usd: '1.5' } },
      {
        action: 'record.correct',
        subject: id,
        actor: 'admin',
        detail: {
          ...{ key_id: child.id, from_usd: '0.000118', from_source: 'usage', to_usd: '0.72' },
          reason: 'invoice 2026-11',
        },
      },
    ])
    expectProblem(await call('POST /records/gen_0/correct', { cost_usd: 1, reason: 'x' }), 'record_not_found')
    expectProblem(await correct(-1), 'invalid_value', 'cost_usd')
    expectProblem(await correct(undefined), 'missing_required_parameter', 'cost_usd')
    expectProblem(await correct(1, ''), 'invalid_value', 'reason')
    expectProblem(await call(`POST /records/${id}/correct`, { cost_usd: 1 }), 'missing_required_parameter', 'reason')
  })

  test('S15 list prices by pattern, the operator’s first, and no pattern takes long', async () => {
    const prices = { 'openai/house-model': { input: 0.3, output: 1.25, per_request: 0.001 } }
    const opened: OpenAdmin = await openAdmin({ start, startUpstream }, { config: { prices } })
    const { call } = opened
    const own = rowsIn(await call('GET /prices?limit=1'))
    expect(own).toEqual([
      expect.objectContaining({
        object: 'price',
        provider: 'openai',
        model: 'house-model',
        source: 'config',
        input: 0.3,
        output: 1.25,
        per_request: 0.001,
        cached_input: null,
        tiers: [],
        images: [],
      }),
    ])
    const found = await call('GET /prices?provider=openai&model=gpt-4o&limit=10')
    expect(rowsIn(found)).toEqual([
      expect.objectContaining({ model: 'gpt-4o', source: 'table', input: 2.5, output: 10, cached_input: 1.25 }),
    ])
    const first = await call('GET /prices?model=gpt-4*&limit=5')
    const second = await call(`GET /prices?model=gpt-4*&limit=5&after=${first.body.next}`)
    expect(
      new Set([...rowsIn(first), ...rowsIn(second)].map(({ provider, model }) => `${provider}/${model}`)).size,
    ).toBe(10)
    for (const stars of ['%', '%'.repeat(100), '*a'.repeat(10), '_'])
      expect(rowsIn(await call(`GET /prices?model=${encodeURIComponent(stars)}`))).toEqual([])
    for (const pattern of ['*'.repeat(11), '%'.repeat(201), ''])
      expectProblem(await call(`GET /prices?model=${encodeURIComponent(pattern)}`), 'invalid_value', 'model')
  })
})

type Row = Readonly<Record<string, unknown>>

function rowsOf({ text }: AdminResponse): readonly Row[] {
  return JSON.parse(text)
}

function rowsIn({ body }: AdminResponse): readonly Row[] {
  return body.data as readonly Row[]
}
