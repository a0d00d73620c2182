import { expect, test } from 'vitest'
import { ask } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import type { StoredGateway } from '../support/stored-gateway.ts'
import { after, json } from '../support/upstream-scripts.ts'
import { type AdminResponse, expectProblem, openAdmin } from './open-admin.ts'

/** Tables that D1's time travel restores; balances are in Durable Objects. On Node one file holds both. */
const usageTables = [
  'call_records',
  'rollup_position',
  'record_hours',
  'usage_days',
  'usage_days_by_key',
  'usage_days_by_user',
  'usage_days_by_tag',
  'usage_days_by_route',
]

type SavedUsage = ReadonlyMap<string, readonly Record<string, unknown>[]>

async function saveUsage({ sql }: StoredGateway): Promise<SavedUsage> {
  const saved = new Map<string, readonly Record<string, unknown>[]>()
  for (const table of usageTables) saved.set(table, await sql(`SELECT * FROM ${table}`))
  return saved
}

/** Restores these tables, like `wrangler d1 time-travel restore`. */
async function restoreUsage({ sql }: StoredGateway, saved: SavedUsage): Promise<void> {
  for (const [table, rows] of saved) {
    await sql(`DELETE FROM ${table}`)
    for (const row of rows) {
      const names = Object.keys(row)
      const values = Object.values(row) as (string | number | null)[]
      await sql(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`, ...values)
    }
  }
}

/** USD of one chat at the prices of `openAdmin`. */
const chatUsd = 0.000118
const usd = (calls: number) => String(Number((calls * chatUsd).toFixed(9)))

describeOnBothStored('balances after a database restore', (start, { startUpstream }) => {
  async function openFamily(limits: object = {}) {
    const opened = await openAdmin({ start, startUpstream })
    const { gateway, call, create } = opened
    const parent = await create({ name: 'team', limits })
    const child = await create({
      name: 'app',
      parent_id: parent.id,
      per_user: { budgets: [{ usd: 10, per: 'month' }] },
    })
    const chat = async (key: { readonly secret: string }, user?: string) => {
      const headers = { authorization: `Bearer ${key.secret}` }
      const body = { ...chatRequest, max_tokens: 100, ...(user !== undefined && { user }) }
      return (await ask(gateway, { target: '/v1/chat/completions', body, token: false, headers })).status
    }
    return {
      ...opened,
      ...{ parent, child, chat },
      reconcile: (id: string = child.id, body?: object) => call(`POST /keys/${id}/reconcile`, body),
      spent: async (id: string) => (await call(`GET /keys/${id}/balance`)).body.spent_usd,
    }
  }

  test('R74 time travel leaves balances ahead of the records, and a reconciliation recalculates them', async () => {
    const { gateway, call, parent, child, chat, reconcile, spent } = await openFamily()
    expect([await chat(parent), await chat(child, 'ada')]).toEqual([200, 200])
    await gateway.flushLedger()
    const saved = await saveUsage(gateway)
    for (const user of ['ada', 'ada', 'bob']) expect(await chat(child, user)).toBe(200)
    await gateway.flushLedger()
    await restoreUsage(gateway, saved)
    expect([await spent(parent.id), await spent(child.id)]).toEqual([usd(5), usd(4)])

    const counted = (calls: number) => ({
      spent_usd: usd(calls),
      day_usd: usd(calls),
      week_usd: usd(calls),
      month_usd: usd(calls),
    })
    const changes = [
      { key_id: parent.id, end_user: null, counted: counted(5), recorded: counted(2) },
      { key_id: child.id, end_user: null, counted: counted(4), recorded: counted(1) },
      { key_id: child.id, end_user: 'ada', counted: counted(3), recorded: counted(1) },
      { key_id: child.id, end_user: 'bob', counted: counted(1), recorded: counted(0) },
    ]
    const response = {
      object: 'reconciliation',
      key_id: parent.id,
      changed: 4,
      changes: expect.arrayContaining(changes),
    }
    const tried = await reconcile(child.id, { dry_run: true })
    expect(tried.body).toEqual({ ...response, dry_run: true })
    expect(await spent(parent.id)).toBe(usd(5))
    expect((await reconcile()).body).toEqual({ ...response, dry_run: false })
    expect([await spent(parent.id), await spent(child.id)]).toEqual([usd(2), usd(1)])
    expect((await reconcile()).body).toMatchObject({ changed: 0, changes: [] })

    expect(await chat(child, 'bob')).toBe(200)
    await gateway.flushLedger()
    expect([await spent(parent.id), await spent(child.id)]).toEqual([usd(3), usd(2)])
    expect((await reconcile()).body).toMatchObject({ changed: 0 })
    const { data } = (await call(`GET /audit?subject=${parent.id}`)).body as { data: readonly object[] }
    expect(data).toMatchObject([
      { action: 'key.reconcile', detail: { keys: 0, end_users: 0 } },
      { action: 'key.reconcile', detail: { keys: 0, end_users: 0 } },
      { action: 'key.reconcile', actor: 'admin', detail: { keys: 2, end_users: 2, from_usd: usd(5), to_usd: usd(2) } },
      { action: 'key.create' },
    ])
  })

  test('R74 balances behind the records, as after an undone restore, are recalculated too', async () => {
    const { gateway, parent, chat, reconcile, spent } = await openFamily()
    expect(await chat(parent)).toBe(200)
    await gateway.flushLedger()
    const early = await saveUsage(gateway)
    expect([await chat(parent), await chat(parent)]).toEqual([200, 200])
    await gateway.flushLedger()
    const late = await saveUsage(gateway)
    await restoreUsage(gateway, early)
    expect((await reconcile()).body).toMatchObject({ changed: 1 })
    expect(await spent(parent.id)).toBe(usd(1))
    await restoreUsage(gateway, late)
    expect((await reconcile()).body).toMatchObject({ changed: 1 })
    expect(await spent(parent.id)).toBe(usd(3))
  })

  test('R74 R39 a call in progress keeps its reservation and is charged once', async () => {
    const { gateway, upstream, call, child, chat, reconcile, spent } = await openFamily()
    const saved = await saveUsage(gateway)
    expect(await chat(child)).toBe(200)
    await gateway.flushLedger()
    const gate = createGate()
    upstream.respond(after(gate, json(200, chatCompletion)))
    await upstream.nextRequest()
    const running = chat(child)
    await upstream.nextRequest()
    await restoreUsage(gateway, saved)
    const before = (await call(`GET /keys/${child.id}/balance`)).body
    expect((await reconcile()).status).toBe(200)
    const { reserved_usd: reserved } = before
    expect(Number(reserved)).toBeGreaterThan(0)
    const balance = (await call(`GET /keys/${child.id}/balance`)).body
    expect(balance).toMatchObject({ spent_usd: '0', reserved_usd: reserved, open_calls: 1 })
    gate.open()
    expect(await running).toBe(200)
    await gateway.flushLedger()
    expect(await spent(child.id)).toBe(usd(1))
    expect((await reconcile()).body).toMatchObject({ changed: 0 })
  })

  test('R74 R37 under load every call is counted exactly once', async () => {
    const { gateway, parent, child, chat, reconcile, call, spent } = await openFamily()
    const saved = await saveUsage(gateway)
    expect(await chat(child)).toBe(200)
    await gateway.flushLedger()
    await restoreUsage(gateway, saved)
    const reconciled: AdminResponse[] = []
    const callers = Array.from({ length: 6 }, async (_, caller) => {
      for (let at = 0; at < 8; at++) {
        expect(await chat(caller % 2 === 0 ? parent : child, `user-${caller}`)).toBe(200)
        if (caller < 2) reconciled.push(await reconcile())
      }
    })
    await Promise.all(callers)
    await gateway.flushLedger()
    expect(reconciled.map(({ status }) => status)).toEqual(Array(16).fill(200))
    expect(await spent(parent.id)).toBe(usd(48))
    expect(await spent(child.id)).toBe(usd(24))
    expect((await reconcile()).body).toMatchObject({ changed: 0 })
    expect(JSON.parse((await call('GET /records')).text)).toHaveLength(48)
  })

  test('case C19 R74 a correction that the restore has undone counts once when it is repeated', async () => {
    const { gateway, call, child, chat, reconcile, spent } = await openFamily()
    expect(await chat(child)).toBe(200)
    await gateway.flushLedger()
    const saved = await saveUsage(gateway)
    const [{ id }] = JSON.parse((await call('GET /records')).text)
    const correct = () => call(`POST /records/${id}/correct`, { cost_usd: 0.5, reason: 'invoice' })
    expect((await correct()).status).toBe(200)
    await restoreUsage(gateway, saved)
    expect(await spent(child.id)).toBe('0.5')
    await reconcile()
    expect(await spent(child.id)).toBe(usd(1))
    expect((await correct()).status).toBe(200)
    expect(await spent(child.id)).toBe('0.5')
    expect((await reconcile()).body).toMatchObject({ changed: 0 })
  })

  test('R74 an exhausted budget is available again as far as the records allow', async () => {
    const { gateway, parent, chat, reconcile } = await openFamily({
      budgets: [{ usd: 0.002, per: 'month', time_zone: 'Pacific/Kiritimati' }],
    })
    const saved = await saveUsage(gateway)
    let served = 0
    while ((await chat(parent)) === 200) served++
    expect(served).toBeGreaterThan(5)
    await gateway.flushLedger()
    await restoreUsage(gateway, saved)
    expect(await chat(parent)).toBe(429)
    await reconcile()
    expect(await chat(parent)).toBe(200)
  })

  test('refuses an unknown key or field', async () => {
    const { reconcile } = await openFamily()
    expectProblem(await reconcile('key_0'), 'key_not_found')
    expectProblem(await reconcile(undefined, { dry_run: 'yes' }), 'invalid_value', 'dry_run')
    expectProblem(await reconcile(undefined, { dry: true }), 'invalid_value', 'dry')
  })
})
