import { runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { createLightLedger } from '../../../src/platform/cloudflare/ledger/create-light-ledger.ts'
import { createD1Sql } from '../../../src/platform/cloudflare/storage/create-d1-sql.ts'
import { migrate } from '../../../src/storage/sql/migrate.ts'
import { createSqlUsageStore } from '../../../src/storage/sql/usage/create-sql-usage-store.ts'
import { testKey, testRequest, testSettlement } from '../../storage/contract/ledger-fixtures.ts'
import { createManualClock } from '../../storage/model/create-manual-clock.ts'
import { bindings } from './bindings.ts'
import { countD1Rows } from './count-d1-rows.ts'
import { countRows, type RowCounter } from './count-rows.ts'
import { keyStore, openDurableLedger, sql } from './open-durable-ledger.ts'

const batchMs = 15_000

beforeAll(async () => {
  await migrate(sql, bindings.MIGRATIONS)
})

let counter: RowCounter | undefined
afterEach(() => counter?.stop())

/**
 * Opens a light ledger over a full one. While `fails`, D1 cannot be written. While `breaksOff`, Cloudflare cancels the
 * pending work of a call, and its timer never fires.
 */
async function open(keys: Parameters<typeof openDurableLedger>[0] = []) {
  await sql.run('DELETE FROM api_keys', [])
  const full = await openDurableLedger(keys)
  const database = countD1Rows(bindings.DB)
  const usage = createSqlUsageStore(createD1Sql(database))
  const clock = createManualClock()
  const failures: unknown[] = []
  const state = { fails: false, hangs: false, breaksOff: false }
  const ledger = createLightLedger({
    full: full.ledger,
    usage: {
      ...usage,
      addSums: async (sums) => {
        if (state.fails) throw new Error('D1 is gone')
        if (state.hangs) await new Promise(() => {})
        await usage.addSums(sums)
      },
    },
    hasKeys: async () => !(await keyStore.isUnused()),
    clock: { ...clock, after: (ms, action) => (state.breaksOff ? () => {} : clock.after(ms, action)) },
    onFailure: (error) => failures.push(error),
  })
  const call = async (
    changes: Parameters<typeof testRequest>[1] = {},
    end: Parameters<typeof testSettlement>[1] = {},
  ) => {
    const request = testRequest('token', changes)
    const admitted = await ledger.admit(request)
    const unrecorded = 'hasRecord' in admitted && admitted.hasRecord === false ? request : undefined
    const settled = ledger.settle({ ...testSettlement(request.id, end), unrecorded })
    return { admitted, settled }
  }
  const readDays = () =>
    sql.all(
      'SELECT provider, model, calls, failed_calls, input_tokens, output_tokens, cost_nano FROM usage_days ORDER BY model',
      [],
    )
  return { full, ledger, database, clock, failures, state, call, readDays }
}

it('writes nothing for a call, and one row in each of two tables of sums for each model of a batch', async () => {
  const { full, database, clock, call, readDays } = await open()
  counter = await runInDurableObject(full.family('token/0'), (_, { storage }) => countRows(storage))
  const calls = []
  for (let count = 0; count < 50; count++) calls.push(await call())
  for (let count = 0; count < 50; count++) calls.push(await call({ model: 'gpt-4o', isStream: true }))
  calls.push(await call({}, { outcome: 'upstream_error', usage: undefined, costNano: 0, costSource: 'none' }))
  expect(calls[0]?.admitted).toEqual({ kind: 'admitted', rates: [], wouldRefuse: [], hasRecord: false })
  expect(database.rowsWritten()).toBe(0)
  expect(await readDays()).toEqual([])
  clock.advance(batchMs)
  expect(await Promise.all(calls.map(({ settled }) => settled))).not.toContain(false)
  expect(await readDays()).toEqual([
    {
      provider: 'openai',
      model: 'gpt-4o',
      calls: 50,
      failed_calls: 0,
      input_tokens: 1_000,
      output_tokens: 500,
      cost_nano: 15_000,
    },
    {
      provider: 'openai',
      model: 'gpt-4o-mini',
      calls: 51,
      failed_calls: 1,
      input_tokens: 1_000,
      output_tokens: 500,
      cost_nano: 15_000,
    },
  ])
  expect(database.rowsWritten()).toBe(4)
  expect(counter.read()).toEqual({})
  expect(full.shards()).toEqual(['token/0'])
  expect(await full.records()).toEqual([])
})

it('lets the next call write the batch of a cancelled call', async () => {
  const { clock, state, call, readDays } = await open()
  state.breaksOff = true
  await call()
  state.breaksOff = false
  clock.advance(2 * batchMs)
  const next = await call()
  clock.advance(batchMs)
  await next.settled
  expect(await readDays()).toMatchObject([{ calls: 2 }])
})

it('keeps the sums while D1 is not writable, and counts no call twice', async () => {
  const { clock, state, failures, call, readDays } = await open()
  state.fails = true
  const lost = await call()
  clock.advance(batchMs)
  await lost.settled
  expect(failures).toHaveLength(1)
  state.fails = false
  const next = await call()
  clock.advance(batchMs)
  await next.settled
  expect(await readDays()).toMatchObject([{ calls: 2, cost_nano: 600 }])
})

it('writes a batch again if the response never arrived', async () => {
  const { clock, state, call, readDays } = await open()
  state.hangs = true
  await call()
  clock.advance(batchMs)
  state.hangs = false
  clock.advance(2 * batchMs)
  const next = await call()
  clock.advance(batchMs)
  await next.settled
  expect(await readDays()).toMatchObject([{ calls: 2 }])
})

it('writes a full batch at once, within the statement limit of the free plan', async () => {
  const { database, call, readDays } = await open()
  const calls = []
  for (let user = 0; user < 50; user++) {
    const tags = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}:${user}`)
    calls.push(await call({ endUser: `user-${user}`, model: `m-${user}`, tags }))
  }
  expect(await calls.at(-1)?.settled).toBe(true)
  expect(await readDays()).toHaveLength(50)
  expect(database.rowsWritten()).toBe(50 * (1 + 1 + 1 + 5))
  expect(database.statements()).toBeLessThanOrEqual(45)
})

it('keeps a thousand sums while D1 is not writable, and reports the number of lost calls', async () => {
  const { clock, state, failures, call } = await open()
  state.fails = true
  const first = await call({ endUser: 'first' })
  for (let user = 0; user < 1_003; user++) await call({ endUser: `user-${user}` })
  clock.advance(batchMs)
  await first.settled
  expect(failures.map(String)).toContain('Error: The usage of 4 calls is lost: the queue of sums for D1 is full.')
})

it('has one waiting writer, regardless of the number of balance requests', async () => {
  const { ledger, clock, call } = await open()
  for (let count = 0; count < 5; count++) {
    await call()
    await ledger.balance('token', Date.now())
  }
  expect(clock.pending).toBe(1)
})

it('includes unwritten sums in the balance', async () => {
  const { ledger, call } = await open()
  await call()
  await call()
  expect(await ledger.balance('token', Date.now())).toEqual({
    ...{ spentNano: 600, dayNano: 600, weekNano: 600, monthNano: 600 },
    ...{ reservedNano: 0, calls: 0, streams: 0 },
  })
})

it('ends with the first virtual key, whose calls use the full ledger', async () => {
  const { full, ledger, clock, call } = await open([testKey('key_a')])
  const request = testRequest('key_a')
  expect(await ledger.admit(request)).toMatchObject({ kind: 'admitted', shard: 'key_a' })
  expect(await ledger.settle(testSettlement(request.id, { shard: 'key_a' }))).toBe(true)
  const { admitted, settled } = await call()
  expect(admitted).toMatchObject({ kind: 'admitted', shard: expect.stringMatching(/^token\//) })
  await settled
  expect(clock.pending).toBe(0)
  expect(await full.records()).toHaveLength(2)
})

it('ends with the next batch after another isolate created a key, and at once in the same isolate', async () => {
  const elsewhere = await open()
  const before = await elsewhere.call()
  await openDurableLedger([testKey('key_b')])
  expect((await elsewhere.call()).admitted).toMatchObject({ hasRecord: false })
  elsewhere.clock.advance(batchMs)
  await before.settled
  expect((await elsewhere.call()).admitted).toMatchObject({ shard: expect.stringMatching(/^token\//) })

  const here = await open()
  expect((await here.call()).admitted).toMatchObject({ hasRecord: false })
  here.ledger.endLight()
  expect((await here.call()).admitted).toMatchObject({ shard: expect.stringMatching(/^token\//) })
})

it('counts the calls of an end user whose sums are not written yet as running, and then only the sums name the user', async () => {
  const { ledger, clock, call } = await open()
  const erasure = { keyId: 'token', endUser: 'ada', familyId: 'token', keyIds: ['token'], isDryRun: false }
  const calls = [await call({ endUser: 'ada' }), await call({ endUser: 'ada' }), await call({ endUser: 'bob' })]
  expect(await ledger.eraseUser(erasure)).toBe(2)
  clock.advance(batchMs)
  await Promise.all(calls.map(({ settled }) => settled))
  expect(await ledger.eraseUser(erasure)).toBe(0)
  const usage = createSqlUsageStore(sql)
  const step = { keyId: 'token', endUser: 'ada', pseudonym: 'erased:1', limit: 9 }
  expect(await usage.eraseUser(step)).toEqual({ records: 0, next: undefined })
  expect(await sql.all('SELECT end_user, calls FROM usage_days_by_user ORDER BY end_user', [])).toEqual([
    { end_user: 'bob', calls: 1 },
    { end_user: 'erased:1', calls: 2 },
  ])
})
