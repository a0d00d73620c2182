import { runInDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import { createDurableLedger } from '../../../src/platform/cloudflare/ledger/create-durable-ledger.ts'
import { migrate } from '../../../src/storage/sql/migrate.ts'
import { describeLedger } from '../../storage/contract/ledger.ts'
import { now, testKey, testRequest, testSettlement } from '../../storage/contract/ledger-fixtures.ts'
import { bindings } from './bindings.ts'
import { leaseMs, openDurableLedger, sql } from './open-durable-ledger.ts'

beforeAll(async () => {
  await migrate(sql, bindings.MIGRATIONS)
})

describeLedger('A Durable Object', openDurableLedger)

describe('Durable Objects as a ledger', () => {
  it('share a cap among four Workers with 200 concurrent calls each, exactly (R37, R38, R41)', async () => {
    const cap = testKey('key_root', { budgets: [{ per: 'total', limitNano: 100_500, timeZone: 'UTC' }] })
    const child = testKey('key_child', {}, { parentId: 'key_root' })
    const { again, records } = await openDurableLedger([cap, child])
    const calls = [again(), again(), again(), again()].flatMap((ledger) =>
      Array.from({ length: 200 }, (_, index) => ({
        ledger,
        request: testRequest(index % 2 ? 'key_root' : 'key_child'),
      })),
    )
    const results = await Promise.all(calls.map(({ ledger, request }) => ledger.admit(request)))
    const admitted = calls.filter((_, index) => results[index]?.kind === 'admitted')
    expect(admitted).toHaveLength(100)
    expect(results.filter(({ kind }) => kind === 'refused')).toHaveLength(700)
    await Promise.all(admitted.map(({ ledger, request }) => ledger.settle(testSettlement(request.id))))
    expect(await records()).toHaveLength(100)
    const balance = { spentNano: 30_000, reservedNano: 0, calls: 0 }
    expect(await again().balance('key_root', now)).toMatchObject(balance)
  })

  it('keep a whole family in one object, found by its root or by a read of D1', async () => {
    const keys = [testKey('key_root'), testKey('key_child', {}, { parentId: 'key_root' })]
    const { ledger, shards } = await openDurableLedger(keys)
    await ledger.admit(testRequest('key_child'))
    await ledger.admit(testRequest('key_child', { familyId: 'key_root' }))
    expect(shards()).toEqual(['key_root'])
    expect(await ledger.balance('key_root', now)).toMatchObject({ calls: 2 })
    expect(await ledger.admit(testRequest('key_gone'))).toEqual({ kind: 'inactive' })
    expect(await ledger.balance('key_gone', now)).toBeUndefined()
  })

  it('spread callers without a key over shards, and sum their spending', async () => {
    const { ledger, shards } = await openDurableLedger([])
    const requests = Array.from({ length: 100 }, () => testRequest('token'))
    await Promise.all(requests.map((request) => ledger.admit(request)))
    await Promise.all(requests.slice(1).map(({ id }) => ledger.settle(testSettlement(id))))
    expect(shards().length).toBeGreaterThan(8)
    expect(await ledger.balance('token', now)).toMatchObject({ spentNano: 99 * 300, reservedNano: 1_000, calls: 1 })
    expect(await ledger.balance('local', now)).toBeUndefined()
  })
})

/** Properties of an error of Cloudflare's runtime, which tests cannot trigger. */
interface RuntimeError {
  readonly retryable?: boolean
  readonly overloaded?: boolean
}

describe('A Worker whose object fails', () => {
  /** Opens a ledger that loses the first `failures` responses. */
  async function openFailing(failures: number, properties: RuntimeError) {
    const opened = await openDurableLedger([testKey('key_a')])
    let callCount = 0
    const families = {
      getByName: (name: string) =>
        new Proxy(opened.family(name), {
          get: (stub, method) => async (argument: never) => {
            const result = await Reflect.get(stub, method)(argument)
            if (callCount++ < failures) throw Object.assign(new Error('Network connection lost.'), properties)
            return result
          },
        }),
    }
    const ledger = createDurableLedger({ families, findRoot: async (keyId) => keyId, leaseMs })
    return { ...opened, ledger, callCount: () => callCount }
  }

  it('finds the call of an admission whose response was lost, and counts it once', async () => {
    const { ledger, again } = await openFailing(1, { retryable: true })
    expect(await ledger.admit(testRequest('key_a'))).toMatchObject({ kind: 'admitted', shard: 'key_a' })
    expect(await again().balance('key_a', now)).toMatchObject({ calls: 1, reservedNano: 1_000 })
  })

  it('settles a call once if the response was lost (R43)', async () => {
    const { ledger, again, records } = await openFailing(1, { retryable: true })
    const request = testRequest('key_a')
    const shard = 'key_a'
    const first = again()
    await first.admit(request)
    await ledger.settle(testSettlement(request.id, { shard }))
    expect(await records()).toHaveLength(1)
    expect(await first.balance('key_a', now)).toMatchObject({ spentNano: 300, calls: 0 })
  })

  it.each([
    ['once if the object is overloaded', { retryable: true, overloaded: true }, 1],
    ['once if a retry cannot help', {}, 1],
    ['twice at most', { retryable: true }, 2],
  ])('calls the object %s, and rejects with store_unavailable', async (_title, properties, times) => {
    const { ledger, callCount } = await openFailing(2, properties)
    await expect(ledger.admit(testRequest('key_a'))).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(callCount()).toBe(times)
  })

  it('continues with its state after the object was restarted', async () => {
    const { ledger, family, records } = await openDurableLedger([testKey('key_a', { concurrentCalls: 1 })])
    const request = testRequest('key_a')
    await ledger.admit(request)
    const aborted = runInDurableObject(family('key_a'), (_, state) => state.abort('as after a deployment'))
    await expect(aborted).rejects.toThrow('as after a deployment')
    expect(await ledger.admit(testRequest('key_a'))).toMatchObject({ kind: 'refused' })
    expect(await ledger.settle(testSettlement(request.id))).toBe(true)
    expect(await records()).toHaveLength(1)
  })
})
