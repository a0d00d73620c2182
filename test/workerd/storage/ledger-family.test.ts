import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { noLimits } from '../../../src/metering/limits.ts'
import { createFamilyKeyStore } from '../../../src/platform/cloudflare/ledger/create-durable-ledger.ts'
import { createDurableSql } from '../../../src/platform/cloudflare/ledger/create-durable-sql.ts'
import type { LedgerFamily } from '../../../src/platform/cloudflare/ledger/ledger-family.ts'
import { migrate } from '../../../src/storage/sql/migrate.ts'
import { recordColumns, toRecord } from '../../../src/storage/sql/usage/record-columns.ts'
import { now, type TestKey, testKey, testRequest, testSettlement } from '../../storage/contract/ledger-fixtures.ts'
import { bindings } from './bindings.ts'
import { keyStore, leaseMs, type OpenDurableLedger, openDurableLedger, sql, usage } from './open-durable-ledger.ts'

beforeAll(async () => {
  await migrate(sql, bindings.MIGRATIONS)
})

const opened: OpenDurableLedger[] = []
const mends: (() => Promise<void>)[] = []

afterEach(async () => {
  vi.useRealTimers()
  for (const mend of [...mends]) await mend()
  for (const { close } of opened.splice(0)) await close()
})

async function open(...keys: TestKey[]): Promise<OpenDurableLedger> {
  const created = await openDurableLedger(keys)
  opened.push(created)
  return created
}

/** Sets the time for the test and for the objects, which run in the same isolate. */
function setTime(time: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: time })
}

/** Renames a table of D1, so every statement on it fails until the returned function is called or the test ends. */
async function breakTable(table: string): Promise<() => Promise<void>> {
  await sql.run(`ALTER TABLE ${table} RENAME TO away_${table}`, [])
  const mend = async () => {
    if (mends.splice(0).length > 0) await sql.run(`ALTER TABLE away_${table} RENAME TO ${table}`, [])
  }
  mends.push(mend)
  return mend
}

function alarmOf(family: DurableObjectStub<LedgerFamily>): Promise<number | null> {
  return runInDurableObject(family, (_, { storage }) => storage.getAlarm())
}

describe('The alarm of a family', () => {
  it('closes a call that its Worker never settled as unknown, and ships it to D1 (R07, R42)', async () => {
    const { ledger, family } = await open(testKey('key_a'))
    const request = testRequest('key_a')
    await ledger.admit(request)
    expect(await alarmOf(family('key_a'))).toBeGreaterThanOrEqual(now + leaseMs)
    expect(await runDurableObjectAlarm(family('key_a'))).toBe(true)
    expect(await usage.record(request.id)).toBeUndefined()
    // The handler has set the next alarm for the call that is still open.
    expect(await alarmOf(family('key_a'))).toBeGreaterThanOrEqual(now + leaseMs)
    setTime(Date.now() + leaseMs + 1)
    expect(await runDurableObjectAlarm(family('key_a'))).toBe(true)
    const record = { id: request.id, outcome: 'unknown', costNano: 1_000, costSource: 'reserved' }
    expect(await usage.record(request.id)).toMatchObject(record)
    expect(await ledger.balance('key_a', now)).toMatchObject({ spentNano: 1_000, reservedNano: 0, calls: 0 })
    expect(await ledger.settle(testSettlement(request.id))).toBe(false)
  })

  it('ships records of settled calls within seconds, and rolls them up', async () => {
    const { ledger, family } = await open(testKey('key_a'))
    const request = testRequest('key_a')
    await ledger.admit(request)
    await ledger.settle(testSettlement(request.id))
    await vi.waitFor(async () => expect(await usage.record(request.id)).toBeDefined(), { timeout: 10_000 })
    await vi.waitFor(async () => expect(await family('key_a').carry()).toEqual({ open: 0, waiting: 0 }))
    await vi.waitFor(async () => expect(await sql.all('SELECT calls FROM usage_days', [])).toEqual([{ calls: 1 }]))
    expect(await alarmOf(family('key_a'))).toBeNull()
  })

  it('ships no record twice if the object dies between the insert in D1 and its own deletion (R43)', async () => {
    const { ledger, family } = await open(testKey('key_a'))
    const requests = Array.from({ length: 150 }, () => testRequest('key_a'))
    await Promise.all(requests.map((request) => ledger.admit(request)))
    await Promise.all(requests.map(({ id }) => ledger.settle(testSettlement(id))))
    const waiting = await runInDurableObject(family('key_a'), (_, { storage }) =>
      createDurableSql(storage).all(`SELECT seq, ${recordColumns} FROM call_records ORDER BY seq LIMIT 99`, []),
    )
    await usage.add(waiting.map(toRecord))
    await evictDurableObject(family('key_a'))
    await runDurableObjectAlarm(family('key_a'))
    await runDurableObjectAlarm(family('key_a'))
    await family('key_a').carry()
    const { records } = await usage.records({ limit: 1_000 })
    expect(records.map(({ id }) => id).toSorted()).toEqual(requests.map(({ id }) => id).toSorted())
    const day = new Date(now).toISOString().slice(0, 10)
    const sums = await usage.query({ from: day, to: day, groupBy: [] })
    expect(sums).toMatchObject([{ calls: 150, costNano: String(150 * 300) }])
  })

  it('leaves records that are settled during a shipment to the next one', async () => {
    const { ledger, family } = await open(testKey('key_a'))
    for (let round = 0; round < 5; round++) {
      const requests = Array.from({ length: 30 }, () => testRequest('key_a'))
      await Promise.all(requests.map((request) => ledger.admit(request)))
      // Several concurrent shipments among the settlements.
      const settled = requests.map(({ id }) => ledger.settle(testSettlement(id)))
      await Promise.all([
        ...settled,
        family('key_a').carry(),
        runDurableObjectAlarm(family('key_a')),
        family('key_a').carry(),
      ])
    }
    expect(await family('key_a').carry()).toEqual({ open: 0, waiting: 0 })
    expect((await usage.records({ limit: 1_000 })).records).toHaveLength(150)
  })

  it('loses nothing while D1 fails, backs off, and continues when D1 is back (R44)', async () => {
    const { ledger, family } = await open(testKey('key_a'))
    const mend = await breakTable('call_records')
    const requests = [1, 2, 3].map(() => testRequest('key_a'))
    const delays: number[] = []
    for (const request of requests) {
      expect(await ledger.admit(request)).toMatchObject({ kind: 'admitted' })
      expect(await ledger.settle(testSettlement(request.id))).toBe(true)
      await runDurableObjectAlarm(family('key_a'))
      delays.push(Number(await alarmOf(family('key_a'))) - Date.now())
    }
    expect(delays.map((delay) => Math.round(delay / 1_000))).toEqual([2, 4, 8])
    // Later settlements do not shorten the delay.
    const last = testRequest('key_a')
    await ledger.admit(last)
    await ledger.settle(testSettlement(last.id))
    expect(Number(await alarmOf(family('key_a'))) - Date.now()).toBeGreaterThan(5_000)
    await mend()
    await runDurableObjectAlarm(family('key_a'))
    expect((await usage.records({ limit: 9 })).records).toHaveLength(4)
  })

  it('survives an eviction of the object, as do open calls', async () => {
    const { ledger, family } = await open(testKey('key_a', { concurrentCalls: 1 }))
    const request = testRequest('key_a')
    await ledger.admit(request)
    await evictDurableObject(family('key_a'))
    expect(await ledger.admit(testRequest('key_a'))).toMatchObject({ kind: 'refused' })
    expect(await alarmOf(family('key_a'))).toBeGreaterThanOrEqual(now + leaseMs)
    expect(await ledger.settle(testSettlement(request.id))).toBe(true)
    expect(await ledger.balance('key_a', now)).toMatchObject({ spentNano: 300, reservedNano: 0 })
  })
})

describe('A reconciliation in a family', () => {
  it('R74 changes nothing and aborts no call while D1 fails, and then counts shipped and waiting records', async () => {
    const { ledger, family } = await open(testKey('key_a'))
    const [settled, running] = [testRequest('key_a'), testRequest('key_a')]
    for (const request of [settled, running]) await ledger.admit(request)
    await ledger.settle(testSettlement(settled.id))
    const mend = await breakTable('usage_days_by_key')
    const reconcile = () => ledger.reconcile({ rootId: 'key_a', isDryRun: false, now })
    await expect(reconcile()).rejects.toThrow()
    expect(await ledger.balance('key_a', now)).toMatchObject({ spentNano: 300, reservedNano: 1_000, calls: 1 })
    expect(await ledger.settle(testSettlement(running.id))).toBe(true)
    await mend()
    expect(await reconcile()).toEqual([])
    // As after a restore of D1 with Time Travel.
    await sql.run('DELETE FROM call_records WHERE id = ?', [settled.id])
    expect(await reconcile()).toMatchObject([
      { keyId: 'key_a', counted: { spentNano: 600 }, recorded: { spentNano: 300 } },
    ])
    await evictDurableObject(family('key_a'))
    expect(await ledger.balance('key_a', now)).toMatchObject({ spentNano: 300, reservedNano: 0, calls: 0 })
  })

  it('R74 R37 counts calls that begin or end meanwhile once', async () => {
    const { ledger } = await open(testKey('key_a'))
    for (let round = 1; round <= 5; round++) {
      const [ending, beginning] = [1, 2].map(() => Array.from({ length: 20 }, () => testRequest('key_a')))
      for (const request of ending ?? []) await ledger.admit(request)
      await Promise.all([
        ledger.reconcile({ rootId: 'key_a', isDryRun: false, now }),
        ...(ending ?? []).map(({ id }) => ledger.settle(testSettlement(id))),
        ...(beginning ?? []).map(async (request) => {
          await ledger.admit(request)
          await ledger.settle(testSettlement(request.id))
        }),
      ])
      expect(await ledger.balance('key_a', now)).toMatchObject({
        spentNano: round * 40 * 300,
        reservedNano: 0,
        calls: 0,
      })
    }
  })
})

describe('A correction in a family', () => {
  it('case C19 can be retried after D1 failed, and then counts once in the counters and in D1', async () => {
    const { ledger } = await open(testKey('key_root'), testKey('key_a', {}, { parentId: 'key_root' }))
    const request = testRequest('key_a')
    await ledger.admit(request)
    await ledger.settle(testSettlement(request.id, { costNano: 1_000 }))
    const correct = (costNano: number) =>
      ledger.correct({ id: request.id, lineage: ['key_a', 'key_root'], costNano, now })
    // The record is still in the object, and ships first.
    expect(await correct(400)).toMatchObject({ costNano: 1_000 })
    await usage.rollUp(100)
    const mend = await breakTable('usage_days_by_tag')
    await expect(correct(70)).rejects.toThrow()
    expect(await ledger.balance('key_root', now)).toMatchObject({ spentNano: 70 })
    expect(await usage.record(request.id)).toMatchObject({ costNano: 400 })
    await mend()
    expect(await correct(70)).toMatchObject({ costNano: 400 })
    expect(await correct(70)).toMatchObject({ costNano: 70 })
    expect(await ledger.balance('key_root', now)).toMatchObject({ spentNano: 70, dayNano: 70 })
    expect(await usage.record(request.id)).toMatchObject({
      costNano: 70,
      originalCostNano: 1_000,
      costSource: 'corrected',
    })
    expect(await sql.all('SELECT cost_nano FROM usage_days', [])).toEqual([{ cost_nano: 70 }])
  })

  it('case C14 case C19 corrects the ancestors of a deleted key', async () => {
    const { ledger } = await open(testKey('key_root'), testKey('key_a', {}, { parentId: 'key_root' }))
    const request = testRequest('key_a')
    await ledger.admit(request)
    await ledger.settle(testSettlement(request.id, { costNano: 1_000 }))
    await createFamilyKeyStore(keyStore, ledger).delete('key_a', now)
    const [, ...above] = await keyStore.lineage('key_a')
    await ledger.correct({ id: request.id, lineage: ['key_a', ...above], costNano: 5, now })
    expect(await ledger.balance('key_root', now)).toMatchObject({ spentNano: 5 })
  })
})

describe('The cached rules of a family', () => {
  const none = { rates: [], budgets: [], concurrentCalls: undefined, concurrentStreams: undefined, callNano: undefined }
  const closed = { ...none, concurrentCalls: 0 }

  it('apply to the next call after a change through the gateway', async () => {
    const { ledger } = await open(testKey('key_root'), testKey('key_a', {}, { parentId: 'key_root' }))
    const store = createFamilyKeyStore(keyStore, ledger)
    expect(await ledger.admit(testRequest('key_a'))).toMatchObject({ kind: 'admitted' })
    await store.update('key_root', () => ({ limits: closed }), 2)
    expect(await ledger.admit(testRequest('key_a'))).toMatchObject({ kind: 'refused' })
    await store.update('key_root', () => ({ limits: none }), 3)
    expect(await ledger.admit(testRequest('key_a'))).toMatchObject({ kind: 'admitted' })
    await store.delete('key_a', now)
    expect(await ledger.admit(testRequest('key_a', { familyId: 'key_root' }))).toEqual({ kind: 'inactive' })
    expect(await ledger.admit(testRequest('key_root'))).toMatchObject({ kind: 'admitted' })
  })

  it('apply within half a minute after an unannounced change', async () => {
    const { ledger } = await open(testKey('key_a'))
    await ledger.admit(testRequest('key_a'))
    await keyStore.update('key_a', () => ({ limits: closed }), 2)
    expect(await ledger.admit(testRequest('key_a'))).toMatchObject({ kind: 'admitted' })
    setTime(Date.now() + 30_000)
    expect(await ledger.admit(testRequest('key_a'))).toMatchObject({ kind: 'refused' })
  })

  it('are used for a minute while D1 is down; then nothing is admitted (R48)', async () => {
    const { ledger } = await open(testKey('key_a', { concurrentCalls: 2 }), testKey('key_b'))
    await ledger.admit(testRequest('key_a'))
    const mend = await breakTable('api_keys')
    const start = Date.now()
    setTime(start + 59_000)
    expect(await ledger.admit(testRequest('key_a'))).toMatchObject({ kind: 'admitted' })
    expect(await ledger.admit(testRequest('key_a'))).toMatchObject({ kind: 'refused' })
    setTime(start + 61_000)
    const unavailable = { code: 'store_unavailable' }
    await expect(ledger.admit(testRequest('key_a'))).rejects.toMatchObject(unavailable)
    await expect(ledger.admit(testRequest('key_b', { familyId: 'key_b' }))).rejects.toMatchObject(unavailable)
    await mend()
    expect(await ledger.admit(testRequest('key_b'))).toMatchObject({ kind: 'admitted' })
  })

  it('are read for the next caller even if earlier callers have disconnected (S71)', async () => {
    const { ledger, family } = await open(testKey('key_a'))
    for (let count = 0; count < 20; count++) {
      const asked = family('key_a').admit({ ...testRequest('key_a'), leaseMs })
      ;(asked as unknown as Disposable)[Symbol.dispose]()
    }
    expect(await ledger.admit(testRequest('key_a'))).toMatchObject({ kind: 'admitted' })
  })
})

/** The columns of a family besides those of the migrations. */
const ownColumns = ['counted', 'opened_seq', 'settled_seq', 'settlement']

describe('The end users of a family', () => {
  it('case D17: are deleted after their window, once a day, and not during a call', async () => {
    const perUser = { ...noLimits, rates: [{ unit: 'requests', window: 'hour', limit: 1 } as const] }
    const { ledger, family } = await open(testKey('key_a', {}, { perUser }))
    const names = () =>
      runInDurableObject(family('key_a'), (_, { storage }) =>
        createDurableSql(storage)
          .all('SELECT subject FROM counters ORDER BY subject', [])
          .map(({ subject }) => subject),
      )
    const ask = async (endUser: string) => {
      const request = testRequest('key_a', { endUser })
      return { ...(await ledger.admit(request)), id: request.id }
    }
    const call = async (endUser: string) => {
      await ledger.settle(testSettlement((await ask(endUser)).id))
    }
    const start = Date.now()
    for (let user = 0; user < 5; user += 1) await call(`user ${user}`)
    await runDurableObjectAlarm(family('key_a'))
    expect(await names()).toHaveLength(6)
    setTime(start + 2 * 3_600_000)
    await call('late')
    await runDurableObjectAlarm(family('key_a'))
    expect(await names()).toHaveLength(7)
    setTime(start + 25 * 3_600_000)
    expect(await ask('user 1')).toMatchObject({ kind: 'admitted' })
    await runDurableObjectAlarm(family('key_a'))
    await evictDurableObject(family('key_a'))
    expect(await ask('user 1')).toMatchObject({ kind: 'refused' })
    expect(await ask('user 2')).toMatchObject({ kind: 'admitted' })
    await family('key_a').carry()
    expect((await names()).filter((name) => name !== 'key_a' && name !== 'key_a/user:user 1')).toEqual([])
  })
})

describe('The tables of a family', () => {
  it.each(['open_calls', 'counters', 'call_records'])('have the columns of the migrations: %s', async (table) => {
    const { family } = await open()
    const text = `SELECT name, type, "notnull", pk FROM pragma_table_info('${table}')`
    const all = await runInDurableObject(family('key_a'), (_, { storage }) => createDurableSql(storage).all(text, []))
    const isOwn = ({ name }: { readonly name?: unknown }) => ownColumns.includes(String(name))
    const own = all.filter((column) => !isOwn(column))
    expect(own.length).toBeGreaterThan(2)
    const migrated = await sql.all(text, [])
    // A record ships to D1 before it can be corrected.
    expect(own).toEqual(migrated.filter(({ name }) => name !== 'booked_nano'))
    expect(all.filter(isOwn).map(({ name }) => name)).toEqual(table === 'open_calls' ? ownColumns : [])
  })
})

describe('The erasure of an end user', () => {
  const perUser = { ...noLimits, concurrentCalls: 5 }
  const ada = { keyId: 'key_a', endUser: 'ada' }
  const erasure = { ...ada, familyId: 'key_a', keyIds: ['key_a'], isDryRun: false }

  async function openWithCalls(users: readonly string[]) {
    const opened = await open(testKey('key_a', {}, { perUser }))
    for (const endUser of users) {
      const request = testRequest('key_a', { endUser })
      await opened.ledger.admit(request)
      await opened.ledger.settle(testSettlement(request.id))
    }
    /** The stored state of the object: the subjects of its counters, and the end users of its calls. */
    const read = () =>
      runInDurableObject(opened.family('key_a'), (_, { storage }) => {
        const own = createDurableSql(storage)
        return {
          subjects: own.all('SELECT subject FROM counters ORDER BY subject', []).map(({ subject }) => subject),
          calls: own.all('SELECT detail FROM open_calls', []).map(({ detail }) => JSON.parse(String(detail)).endUser),
        }
      })
    return { ...opened, read }
  }

  it('ships the records of the user and leaves the name nowhere in the object, also after a restart', async () => {
    const { ledger, family, read } = await openWithCalls(['ada', 'bob', 'ada'])
    expect((await read()).calls.toSorted()).toEqual(['ada', 'ada', 'bob'])
    expect(await ledger.eraseUser(erasure)).toBe(0)
    const left = { subjects: ['key_a', 'key_a/user:bob'], calls: ['bob'] }
    expect(await read()).toEqual(left)
    expect((await usage.records({ limit: 9 })).records.map(({ endUser }) => endUser)).toEqual(['ada', 'ada'])
    await evictDurableObject(family('key_a'))
    expect(await ledger.balance('key_a', now)).toMatchObject({ spentNano: 900, calls: 0 })
    await family('key_a').carry()
    expect(await read()).toEqual({ ...left, calls: [] })
  })

  it('does not bring the name back if a shipment of the same records ends later', async () => {
    const { ledger, family } = await openWithCalls(['ada', 'ada'])
    const waiting = await Promise.all([family('key_a').carry(), ledger.eraseUser(erasure)])
    expect(waiting[1]).toBe(0)
    const { records } = await usage.records({ limit: 9 })
    await usage.eraseUser({ ...ada, pseudonym: 'erased:1', limit: 9 })
    // The object has crashed between its insert in D1 and its own deletion: the records ship again.
    await usage.add(records)
    expect((await usage.records({ limit: 9 })).records.map(({ endUser }) => endUser)).toEqual(['erased:1', 'erased:1'])
  })

  it('deletes nothing while D1 cannot take the records', async () => {
    const { ledger, read } = await openWithCalls(['ada'])
    const mend = await breakTable('call_records')
    await expect(ledger.eraseUser(erasure)).rejects.toThrow('call_records')
    expect((await read()).calls).toEqual(['ada'])
    await mend()
    expect(await ledger.eraseUser(erasure)).toBe(0)
    expect((await read()).calls).toEqual([])
  })

  it('erases a user of TOKEN on every shard', async () => {
    const { ledger } = await open()
    const requests = Array.from({ length: 20 }, () => testRequest('token', { endUser: 'ada' }))
    for (const request of requests) await ledger.admit(request)
    for (const { id } of requests.slice(1)) await ledger.settle(testSettlement(id))
    expect(await ledger.eraseUser({ ...erasure, keyId: 'token', familyId: 'token', keyIds: ['token'] })).toBe(1)
    expect((await usage.records({ limit: 99 })).records).toHaveLength(19)
  })
})
