import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import fc from 'fast-check'
import { afterEach, beforeAll, expect, it, vi } from 'vitest'
import { noLimits } from '../../../src/metering/limits.ts'
import { createDurableSql } from '../../../src/platform/cloudflare/ledger/create-durable-sql.ts'
import { migrate } from '../../../src/storage/sql/migrate.ts'
import { insertRecord, toRecordParams } from '../../../src/storage/sql/usage/record-columns.ts'
import { testKey, testRequest, testSettlement } from '../../storage/contract/ledger-fixtures.ts'
import { toLedgerRecord } from '../../storage/contract/to-ledger-record.ts'
import { bindings } from './bindings.ts'
import { leaseMs, openDurableLedger, sql, usage } from './open-durable-ledger.ts'

beforeAll(async () => {
  await migrate(sql, bindings.MIGRATIONS)
})

afterEach(() => {
  vi.useRealTimers()
})

/** Sets the time for the test and for the objects, which run in the same isolate. */
function setTime(time: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: time })
}

const limits = {
  rates: [
    { unit: 'requests', window: 'minute', limit: 9 },
    { unit: 'tokens', window: 'minute', limit: 900 },
  ],
  budgets: [{ per: 'day', limitNano: 9_000, timeZone: 'Europe/Berlin' }],
  concurrentCalls: 4,
} as const
const perUser = { ...noLimits, concurrentCalls: 2 }

/** Two equal families: one object restarts after every step, the other never. */
const keys = ['restarted', 'steady'].flatMap((name) => [
  testKey(`key_${name}`, limits),
  testKey(`key_${name}_child`, {}, { parentId: `key_${name}`, perUser }),
])

type Step =
  | { readonly kind: 'admit'; readonly endUser: string; readonly isStream: boolean }
  | { readonly kind: 'settle'; readonly call: number; readonly tokens: number; readonly costNano: number }
  | { readonly kind: 'ship' }
  | { readonly kind: 'pass'; readonly ms: number }

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('admit' as const), endUser: fc.constantFrom('', 'ada'), isStream: fc.boolean() }),
    fc.record({
      kind: fc.constant('settle' as const),
      call: fc.nat({ max: 5 }),
      tokens: fc.nat({ max: 200 }),
      costNano: fc.nat({ max: 1_500 }),
    }),
    fc.constant({ kind: 'ship' as const }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(10, 1_500, 30_000, 70_000) }),
  ),
  { minLength: 5, maxLength: 25 },
)

it('R42 R43 an object that restarts at any step has the same counts as one that never does, and an alarm while a call is open', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (history: readonly Step[]) => {
      // Ahead of the real clock, so alarms run only when the test runs them.
      let time = Date.now() + 86_400_000
      setTime(time)
      const opened = await openDurableLedger(keys)
      const open = new Map<string, string[]>([
        ['restarted', []],
        ['steady', []],
      ])
      const run = async (name: string, step: Step): Promise<unknown> => {
        const calls = open.get(name) ?? []
        const family = opened.family(`key_${name}`)
        switch (step.kind) {
          case 'admit': {
            const { endUser, isStream } = step
            const request = testRequest(`key_${name}_child`, { endUser, isStream, now: time })
            const { kind } = await opened.ledger.admit(request)
            if (kind === 'admitted') calls.push(request.id)
            return kind
          }
          case 'settle': {
            const [id] = calls.splice(step.call % Math.max(1, calls.length), 1)
            if (id === undefined) return undefined
            const usage = { inputTokens: step.tokens, outputTokens: 0 }
            return opened.ledger.settle(testSettlement(id, { usage, costNano: step.costNano }))
          }
          case 'ship':
            await runDurableObjectAlarm(family)
            return undefined
          case 'pass':
            return undefined
        }
      }
      for (const step of history) {
        if (step.kind === 'pass') {
          time += step.ms
          setTime(time)
        }
        const results = [await run('restarted', step), await run('steady', step)]
        expect(results[0]).toEqual(results[1])
        await stateOf(opened, 'restarted')
        await evictDurableObject(opened.family('key_restarted'))
        const [restarted, steady] = [await stateOf(opened, 'restarted'), await stateOf(opened, 'steady')]
        expect(restarted.counts).toEqual(steady.counts)
        for (const { hasAlarm, rows } of [restarted, steady]) expect(hasAlarm).toBe(rows > 0)
      }
      await opened.close()
      const [restarted, steady] = [await stateOf(opened, 'restarted'), await stateOf(opened, 'steady')]
      expect(restarted.stored).toEqual(steady.stored)
      const records = (await usage.records({ limit: 1_000 })).records
      expect(records.filter(({ keyId }) => keyId.includes('restarted'))).toHaveLength(records.length / 2)
    }),
    { numRuns: 12 },
  )
}, 60_000)

/** Returns the counts of a family, as callers see them and as stored, without the names of its keys. */
async function stateOf(opened: Awaited<ReturnType<typeof openDurableLedger>>, name: string) {
  const child = `key_${name}_child`
  const counts = [
    await opened.ledger.balance(`key_${name}`, Date.now()),
    await opened.ledger.balance(child, Date.now()),
    (await opened.ledger.limits(child, Date.now())).map(({ keyId: _, ...limit }) => limit),
  ]
  const own = await runInDurableObject(opened.family(`key_${name}`), async (_, { storage }) => {
    const rows = createDurableSql(storage).all('SELECT subject, state FROM counters ORDER BY subject', [])
    const [open] = createDurableSql(storage).all('SELECT COUNT(*) AS count FROM open_calls', [])
    return { rows, count: Number(open?.count), alarm: await storage.getAlarm() }
  })
  const stored = own.rows.map(({ subject, state }) => [String(subject).replace(name, ''), JSON.parse(String(state))])
  return { counts, stored, rows: own.count, hasAlarm: own.alarm !== null }
}

it('upgrades an object of the first release with its counters, open calls and waiting records', async () => {
  const { ledger, family } = await openDurableLedger([testKey('key_a', { concurrentCalls: 2 })])
  const tables = await sql.all(
    `SELECT sql FROM sqlite_master WHERE name IN ('open_calls', 'counters', 'call_records') AND type = 'table'`,
    [],
  )
  const now = Date.now()
  const waiting = [1, 2, 3].map((number) => toLedgerRecord(number, { settledAt: now + number }))
  const id = testRequest('key_a').id
  const detail = ['req_1', 1, 'key_a', '', 'chat.completions', 'openai', 'gpt-4o', false, [], 100, 1_000, true]
  const state = {
    latest: now,
    rates: {},
    periods: { 'day@UTC': { endsAt: now + 1e7, nano: 3_000 } },
    spentNano: 3_000,
    reservedNano: 1_000,
    calls: 1,
    streams: 0,
  }
  await runInDurableObject(family('key_a'), (_, { storage }) => {
    const own = createDurableSql(storage)
    for (const table of ['open_calls', 'counters', 'call_records', 'ledger_snapshot', 'corrections'])
      own.run(`DROP TABLE ${table}`, [])
    for (const { sql: text } of tables) own.run(String(text), [])
    storage.kv.put('schema', 1)
    for (const record of waiting) own.run(insertRecord, toRecordParams(record))
    // Columns that a later release added.
    for (const name of ['route', 'failure']) own.run(`ALTER TABLE call_records DROP COLUMN ${name}`, [])
    own.run('INSERT INTO counters (subject, state, updated_at) VALUES (?, ?, ?)', ['key_a', JSON.stringify(state), now])
    own.run('INSERT INTO open_calls (id, process_id, opened_at, deadline, detail) VALUES (?, ?, ?, ?, ?)', [
      id,
      'durable-object',
      now,
      now + leaseMs,
      JSON.stringify([...detail, [['key_a', now]], []]),
    ])
  })
  await evictDurableObject(family('key_a'))
  expect(await ledger.balance('key_a', now)).toMatchObject({ spentNano: 3_000, reservedNano: 1_000, calls: 1 })
  expect(await ledger.admit(testRequest('key_a'))).toMatchObject({ kind: 'admitted' })
  expect(await ledger.admit(testRequest('key_a'))).toMatchObject({ kind: 'refused' })
  expect(await ledger.settle(testSettlement(id, { shard: 'key_a' }))).toBe(true)
  expect(await ledger.settle(testSettlement(id, { shard: 'key_a' }))).toBe(false)
  expect(await family('key_a').carry()).toEqual({ open: 1, waiting: 0 })
  const { records } = await usage.records({ limit: 10 })
  expect(records.map((record) => record.id)).toEqual([...waiting.map((record) => record.id), id])
  expect(records.at(-1)).toMatchObject({ requestId: 'req_1', costNano: 300, reservedNano: 1_000 })
  await evictDurableObject(family('key_a'))
  expect(await ledger.balance('key_a', now)).toMatchObject({ spentNano: 3_300, reservedNano: 1_000, calls: 1 })
})
