import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RecordPage, UsageStore } from '../../../src/storage/usage-store.ts'
import { readAll, rollUpAll } from './read-records.ts'
import { midnight, toLedgerRecord } from './to-ledger-record.ts'
import type { OpenUsageStore } from './usage-store.ts'

const hourMs = 3_600_000

/** Defines the tests of records that every usage store must pass. */
export function describeUsageRecords(name: string, open: () => Promise<OpenUsageStore>): void {
  describe(`records: ${name}`, () => {
    let opened: OpenUsageStore
    let store: UsageStore
    beforeEach(async () => {
      opened = await open()
      store = opened.store
    })
    afterEach(() => opened.close())

    const readCalls = async () => (await store.query({ from: '2000-01-01', to: '2099-12-31', groupBy: [] }))[0]?.calls

    it('finds a record unchanged', async () => {
      const usage = { inputTokens: 3, outputTokens: 4, cachedInputTokens: 2, reasoningTokens: 1, seconds: 1.5 }
      const whole = toLedgerRecord(1, {
        attempt: 2,
        endUser: `it's "ada" 🌊`,
        isStream: true,
        tags: ['team:blue', 'a:%_'],
        outcome: 'upstream_error',
        errorCode: 'upstream_interrupted',
        route: 'chat',
        failure: 'unknown_outcome',
        usage,
        wouldRefuse: ['budget/day'],
        costNano: Number.MAX_SAFE_INTEGER,
      })
      const bare = toLedgerRecord(2, { usage: undefined, finishReason: undefined, firstByteMs: undefined })
      await store.add([whole, bare])
      expect(await store.record(whole.id)).toEqual({ ...whole, seq: 1 })
      expect(await store.record(bare.id)).toEqual({ ...bare, seq: 2 })
      expect(await store.record('gen_lost')).toBeUndefined()
    })

    it('R43 adds each record once, however often it is added', async () => {
      const records = Array.from({ length: 200 }, (_, index) => toLedgerRecord(index))
      await store.add(records.slice(0, 150))
      await store.add(records.slice(100))
      await store.add([...records.slice(0, 1), ...records.slice(0, 1)])
      await store.add([])
      expect(await readCalls()).toBe(200)
      expect((await readAll(store, { limit: 50 })).map(({ id }) => id)).toEqual(records.map(({ id }) => id))
    })

    it('reads records in pages, including those added meanwhile', async () => {
      await store.add(Array.from({ length: 5 }, (_, index) => toLedgerRecord(index)))
      const first = await store.records({ limit: 3 })
      expect(first.records.map(({ requestId }) => requestId)).toEqual(['req_0', 'req_1', 'req_2'])
      await store.rollUp(4)
      await store.add([toLedgerRecord(9, { settledAt: midnight - 1 })])
      const second = await store.records({ limit: 3, after: first.next })
      expect(second).toMatchObject({
        records: [{ requestId: 'req_3' }, { requestId: 'req_4' }, { requestId: 'req_9' }],
        next: undefined,
      })
      expect(await store.records({ limit: 3, after: 6 })).toEqual({ records: [], next: undefined })
    })

    it('reads the records of a time range and a key, even if they are out of order', async () => {
      // Hours of records from processes with different clocks.
      const hours = [0, 1, 5, 2, 1, 3, 9, 4, 4, 0]
      const records = hours.map((hour, index) =>
        toLedgerRecord(index, { settledAt: midnight + hour * hourMs, keyId: index % 2 === 0 ? 'key_a' : 'key_b' }),
      )
      await store.add(records)
      const read = async (page: Partial<RecordPage>) =>
        (await readAll(store, { limit: 2, ...page })).map(({ seq }) => hours[seq - 1])
      const between = { from: midnight + hourMs, to: midnight + 4 * hourMs }
      const expectAll = async () => {
        expect(await read(between)).toEqual([1, 2, 1, 3])
        expect(await read({ ...between, to: between.to + 1 })).toEqual([1, 2, 1, 3, 4, 4])
        expect(await read({ ...between, from: between.from + 1 })).toEqual([2, 3])
        expect(await read({ from: midnight + 5 * hourMs })).toEqual([5, 9])
        expect(await read({ to: midnight + 1 })).toEqual([0, 0])
        expect(await read({ ...between, keyId: 'key_b' })).toEqual([1, 2, 3])
        expect(await read({ from: midnight + 20 * hourMs })).toEqual([])
        expect(await read({ to: midnight })).toEqual([])
      }
      await expectAll()
      await store.rollUp(6)
      await expectAll()
      await rollUpAll(store)
      await expectAll()
    })

    it('deletes whole rolled-up hours, oldest first, and keeps the sums', async () => {
      const hours = [0, 0, 1, 1, 2, 0, 3]
      await store.add(hours.map((hour, index) => toLedgerRecord(index, { settledAt: midnight + hour * hourMs + 5 })))
      const readSeqs = async () => (await readAll(store, { limit: 9 })).map(({ seq }) => seq)
      expect(await store.deleteOlderThan(midnight + 9 * hourMs, 9)).toBe(0)
      await rollUpAll(store)
      expect(await store.deleteOlderThan(midnight + hourMs + 1, 2)).toBe(2)
      expect(await store.deleteOlderThan(midnight + hourMs + 1, 2)).toBe(1)
      expect(await store.deleteOlderThan(midnight + hourMs + 1, 2)).toBe(0)
      expect(await readSeqs()).toEqual([3, 4, 5, 7])
      expect((await readAll(store, { limit: 9, from: midnight + hourMs })).length).toBe(4)
      expect(await readCalls()).toBe(7)
    })

    it('R43 never reuses the sequence number of a deleted record', async () => {
      await store.add([toLedgerRecord(1), toLedgerRecord(2)])
      await rollUpAll(store)
      expect(await store.deleteOlderThan(midnight + 99 * hourMs, 9)).toBe(1)
      expect(await store.deleteOlderThan(midnight + 99 * hourMs, 9)).toBe(0)
      await store.add([toLedgerRecord(3)])
      expect(await store.rollUp(9)).toBe(1)
      expect(await readCalls()).toBe(3)
      expect((await store.records({ limit: 9 })).records.map(({ seq }) => seq)).toEqual([2, 3])
    })
  })
}
