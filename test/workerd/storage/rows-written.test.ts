import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { createD1Sql } from '../../../src/platform/cloudflare/storage/create-d1-sql.ts'
import { createSqlResponseStore } from '../../../src/storage/sql/create-sql-response-store.ts'
import { migrate } from '../../../src/storage/sql/migrate.ts'
import { createSqlUsageStore } from '../../../src/storage/sql/usage/create-sql-usage-store.ts'
import { emptyUsage } from '../../storage/contract/empty-usage.ts'
import { testKey, testRequest, testSettlement } from '../../storage/contract/ledger-fixtures.ts'
import { toLedgerRecord } from '../../storage/contract/to-ledger-record.ts'
import { bindings } from './bindings.ts'
import { countD1Rows } from './count-d1-rows.ts'
import { countRows, type RowCounter } from './count-rows.ts'
import { openDurableLedger, sql, usage } from './open-durable-ledger.ts'

beforeAll(async () => {
  await migrate(sql, bindings.MIGRATIONS)
})

let counter: RowCounter | undefined
afterEach(() => counter?.stop())

const limits = {
  rates: [
    { unit: 'requests', window: 'minute', limit: 1_000 },
    { unit: 'tokens', window: 'day', limit: 1_000_000 },
  ],
  budgets: [{ per: 'month', limitNano: 9_000_000, timeZone: 'UTC' }],
  concurrentCalls: 50,
} as const

const keys = [testKey('key_root', limits), testKey('key_a', limits, { parentId: 'key_root' })]

/** Opens an object that has shipped a batch, and counts its rows from now on. */
async function openCounted() {
  const opened = await openDurableLedger(keys)
  const family = opened.family('key_root')
  const call = async (changes = {}) => {
    const request = testRequest('key_a', changes)
    expect(await opened.ledger.admit(request)).toMatchObject({ kind: 'admitted' })
    return () => opened.ledger.settle(testSettlement(request.id))
  }
  await (await call())()
  await runDurableObjectAlarm(family)
  counter = await runInDurableObject(family, (_, { storage }) => countRows(storage))
  return { family, call, counter }
}

// The first release wrote 183 rows here, 9.15 a call: 20 and 20 for open calls, 80 for counters, 40 for records with
// the index of their ids, 20 for their deletion, and 3 for alarms.
it('writes three rows for a call of a key with limits and a parent, and the changed counters, one number and two alarms for a batch', async () => {
  const { family, call, counter: rows } = await openCounted()
  for (let count = 0; count < 20; count++) await (await call())()
  await runDurableObjectAlarm(family)
  expect(rows.read()).toEqual({
    'INSERT INTO open_calls': 20,
    'UPDATE open_calls': 20,
    'DELETE FROM open_calls': 20,
    'INSERT INTO counters': 2,
    'UPDATE ledger_snapshot': 1,
    setAlarm: 2,
  })
  expect((await usage.records({ limit: 100 })).records).toHaveLength(21)
})

it('writes three rows for each of many concurrent calls', async () => {
  const { family, call, counter: rows } = await openCounted()
  const ends = await Promise.all(Array.from({ length: 40 }, () => call()))
  await Promise.all(ends.map((settle) => settle()))
  await runDurableObjectAlarm(family)
  const total = Object.values(rows.read()).reduce((sum, count) => sum + count, 0)
  expect(total).toBeLessThanOrEqual(3 * 40 + 5)
})

it('writes nothing for a refusal or during a stream', async () => {
  const { family, call, counter: rows } = await openCounted()
  const settle = await call({ isStream: true })
  const before = rows.read()
  for (let count = 0; count < 60; count++)
    await family.admit({ ...testRequest('key_a', { reservedNano: 1e9 }), leaseMs: 60_000 })
  expect(rows.read()).toEqual(before)
  await settle()
})

it('writes one more row for the counters of each end user of a batch', async () => {
  const perUser = { ...limits, budgets: [], concurrentCalls: 2, concurrentStreams: undefined, callNano: undefined }
  const opened = await openDurableLedger([testKey('key_b', {}, { perUser })])
  const family = opened.family('key_b')
  counter = await runInDurableObject(family, (_, { storage }) => countRows(storage))
  for (const endUser of ['ada', 'bob', 'ada']) {
    const request = testRequest('key_b', { endUser })
    await opened.ledger.admit(request)
    await opened.ledger.settle(testSettlement(request.id))
  }
  await runDurableObjectAlarm(family)
  expect(counter.read()).toMatchObject({
    'INSERT INTO counters': 3,
    'INSERT INTO open_calls': 3,
    'UPDATE open_calls': 3,
  })
})

it('writes two D1 rows for a record, five for a batch of sums, and one for a deleted record', async () => {
  const database = countD1Rows(bindings.DB)
  const store = createSqlUsageStore(createD1Sql(database))
  await emptyUsage(sql)
  let before = 0
  const rowsOf = async (work: Promise<unknown>) => {
    await work
    const rows = database.rowsWritten() - before
    before += rows
    return rows
  }
  const records = Array.from({ length: 40 }, (_, number) => toLedgerRecord(number))
  expect(await rowsOf(store.add(records))).toBe(2 * 40)
  expect(await rowsOf(store.rollUp(2_000))).toBe(5)
  expect(await rowsOf(store.deleteOlderThan(Date.UTC(2026, 11, 1), 2_000))).toBe(39)
})

it('writes two D1 rows for a response that its provider keeps, and one for its deletion', async () => {
  const database = countD1Rows(bindings.DB)
  const store = createSqlResponseStore(createD1Sql(database))
  await store.put({ owner: 'key:ada', digest: 'd1', provider: 'openai', expiresAt: 1 })
  expect(database.rowsWritten()).toBe(2)
  expect(await store.deleteExpired(1, 200)).toBe(1)
  expect(database.rowsWritten()).toBe(2 + 1)
})
