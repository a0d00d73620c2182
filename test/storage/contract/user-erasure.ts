import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { UsageDimension, UsageQuery } from '../../../src/storage/usage-store.ts'
import { readAll, rollUpAll } from './read-records.ts'
import { midnight, toLedgerRecord } from './to-ledger-record.ts'
import type { OpenUsageStore } from './usage-store.ts'

const ever = { from: '2000-01-01', to: '2099-12-31' }
const dayMs = 86_400_000
const pseudonym = 'erased:0f3a'
const ada = { keyId: 'key_a', endUser: 'ada' }

/** Names that a sloppy query or separator would confuse with others. */
const hostile = ["o'hara", '%', '_', 'a/user:b', 'key_a/user:ada', '孫悟空🐒', '"', '\\', 'erased:0f3a2', ' ada', 'Ada']

/** Defines the tests of the erasure of end users that every usage store must pass. */
export function describeUserErasure(name: string, open: () => Promise<OpenUsageStore>): void {
  describe(`erasure of an end user: ${name}`, () => {
    let opened: OpenUsageStore
    beforeEach(async () => {
      opened = await open()
    })
    afterEach(() => opened.close())

    const query = (groupBy: readonly UsageDimension[], rest: Partial<UsageQuery> = {}) =>
      opened.store.query({ ...ever, groupBy, ...rest })
    /** Every report that does not group by end users. */
    const readSums = async () => [
      await query([]),
      await query(['day']),
      await query(['key']),
      await query(['day', 'key', 'provider', 'model']),
      await query(['tag']),
      await opened.store.spending('key_a', [{ since: 0, isByUser: false }]),
    ]
    const callsByUser = async (keyId = 'key_a') =>
      Object.fromEntries((await query(['end_user'], { keyId })).map(({ group, calls }) => [group.end_user, calls]))

    async function erase(user = ada, limit = 3, alias = pseudonym): Promise<number> {
      let records = 0
      for (let after: number | undefined = 0; after !== undefined; ) {
        const step = await opened.store.eraseUser({ ...user, pseudonym: alias, limit, after })
        records += step.records
        after = step.next
      }
      return records
    }

    it('replaces the name in records and sums, rolled up or not, and keeps every other sum', async () => {
      const { store } = opened
      const records = Array.from({ length: 20 }, (_, number) =>
        toLedgerRecord(number, {
          settledAt: midnight + Math.floor(number / 4) * dayMs + number,
          endUser: number % 2 === 0 ? 'ada' : 'bob',
          model: number % 3 === 0 ? 'gpt-4o' : 'gpt-4o-mini',
          tags: [`team:${number % 2}`],
          costNano: 10 + number,
        }),
      )
      await store.add(records.slice(0, 13))
      await rollUpAll(store)
      await store.add(records.slice(13))
      await store.add([
        toLedgerRecord(90, { endUser: '' }),
        toLedgerRecord(91, { endUser: 'ada', keyId: 'key_b' }),
        ...hostile.map((endUser, index) => toLedgerRecord(100 + index, { endUser })),
      ])
      const before = await readSums()
      const [byAda] = await query([], ada)
      expect(await erase()).toBe(10)
      expect(await readSums()).toEqual(before)
      expect(await query([], ada)).toMatchObject([{ calls: 0 }])
      expect(await query([], { ...ada, endUser: pseudonym })).toEqual([byAda])
      expect(await callsByUser()).toEqual({
        '': 1,
        bob: 10,
        [pseudonym]: 10,
        ...Object.fromEntries(hostile.map((endUser) => [endUser, 1])),
      })
      expect(await callsByUser('key_b')).toEqual({ ada: 1 })
      await rollUpAll(store)
      expect(await readSums()).toEqual(before)
      expect((await readAll(store, { limit: 50, keyId: 'key_a' })).map(({ endUser }) => endUser)).not.toContain('ada')
      expect(await erase()).toBe(0)
      for (const endUser of hostile) expect(await erase({ keyId: 'key_a', endUser }, 3, `erased:${endUser}`)).toBe(1)
      expect(Object.keys(await callsByUser()).toSorted()).toEqual(
        ['', 'bob', pseudonym, ...hostile.map((endUser) => `erased:${endUser}`)].toSorted(),
      )
      expect(await readSums()).toEqual(before)
    })

    it('leaves after every step sums that a correction still finds, and a repetition finds the rest', async () => {
      const { store } = opened
      const records = Array.from({ length: 9 }, (_, number) => toLedgerRecord(number, { endUser: 'ada' }))
      await store.add(records)
      await rollUpAll(store)
      const first = await store.eraseUser({ ...ada, pseudonym: 'erased:1', limit: 4 })
      expect(first).toMatchObject({ records: 4, next: expect.any(Number) })
      expect(await callsByUser()).toEqual({ 'erased:1': 4, ada: 5 })
      // The process has crashed: the repetition starts from the beginning, under another pseudonym.
      expect(await erase(ada, 4, 'erased:2')).toBe(5)
      expect(await callsByUser()).toEqual({ 'erased:1': 4, 'erased:2': 5 })
      for (const { id } of records) await store.correct(id, 7)
      expect((await query(['end_user'])).map(({ costNano }) => costNano)).toEqual(['28', '35'])
      expect(await query([])).toMatchObject([{ costNano: '63' }])
      expect(await opened.sql.all("SELECT * FROM usage_days_by_user WHERE end_user = 'ada'", [])).toEqual([])
    })

    it('replaces the name in sums without records, as of light metering or beyond the retention', async () => {
      const { store } = opened
      const sum = { ...ada, provider: 'openai', model: 'gpt-4o', tags: ['t:1'] }
      const counts = { calls: 3, failedCalls: 1, unpricedCalls: 1, inputTokens: 5, outputTokens: 7, costNano: 40 }
      const days = Array.from({ length: 130 }, (_, number) => ({ ...sum, ...counts, day: 20_000 + number }))
      for (let at = 0; at < days.length; at += 30) await store.addSums(days.slice(at, at + 30))
      await store.addSums([{ ...sum, ...counts, day: 20_000, endUser: 'bob' }])
      await store.add(Array.from({ length: 4 }, (_, number) => toLedgerRecord(number, { endUser: 'ada' })))
      await rollUpAll(store)
      await store.add([toLedgerRecord(9, { endUser: 'bob', settledAt: midnight + 3 * dayMs })])
      await rollUpAll(store)
      expect(await store.deleteOlderThan(midnight + 2 * dayMs, 100)).toBe(4)
      const before = await readSums()
      expect(await erase()).toBe(0)
      expect(await readSums()).toEqual(before)
      expect(await callsByUser()).toEqual({ bob: 4, [pseudonym]: 394 })
    })

    it('renames records that are added meanwhile with their sums, or neither', async () => {
      const { store } = opened
      await store.add([toLedgerRecord(1, { endUser: 'ada' })])
      await rollUpAll(store)
      const { next } = await store.eraseUser({ ...ada, pseudonym, limit: 9 })
      await store.add([toLedgerRecord(2, { endUser: 'ada' })])
      await rollUpAll(store)
      for (let after = next; after !== undefined; )
        after = (await store.eraseUser({ ...ada, pseudonym, limit: 9, after })).next
      expect(await callsByUser()).toEqual({ [pseudonym]: 2 })
      expect((await readAll(store, { limit: 9 })).map(({ endUser }) => endUser)).toEqual([pseudonym, pseudonym])
    })

    it('reads the records of one end user, and skips the days without any', async () => {
      const { store } = opened
      await store.add(
        Array.from({ length: 12 }, (_, number) =>
          toLedgerRecord(number, {
            endUser: number % 4 === 0 ? 'ada' : 'bob',
            keyId: number === 8 ? 'key_b' : 'key_a',
            settledAt: midnight + number * dayMs,
          }),
        ),
      )
      for (const _ of ['pending', 'rolled up']) {
        const records = await readAll(store, { limit: 1, ...ada })
        expect(records.map(({ requestId }) => requestId)).toEqual(['req_0', 'req_4'])
        await rollUpAll(store)
      }
      expect(await readAll(store, { limit: 1, keyId: 'key_a', endUser: 'eve' })).toEqual([])
    })

    it('knows whether another key of the family names the user', async () => {
      const { store, sql } = opened
      for (const [id, parent] of [
        ['key_root', null],
        ['key_a', 'key_root'],
        ['key_b', 'key_root'],
        ['key_c', null],
      ] as const)
        await sql.run(
          `INSERT INTO api_keys (id, parent_id, root_id, name, is_disabled, rules, created_at, updated_at)
          VALUES (?, ?, ?, ?, 0, '{}', 0, 0)`,
          [id, parent, parent ?? id, id],
        )
      await store.add([toLedgerRecord(1, { endUser: 'ada' }), toLedgerRecord(2, { endUser: 'ada', keyId: 'key_c' })])
      expect(await store.namesUser('key_root', ada)).toBe(false)
      await store.add([toLedgerRecord(3, { endUser: 'ada', keyId: 'key_b' })])
      expect(await store.namesUser('key_root', ada)).toBe(true)
      await rollUpAll(store)
      expect(await store.namesUser('key_root', ada)).toBe(true)
      expect(await store.namesUser('key_root', { ...ada, endUser: 'a%' })).toBe(false)
      expect(await store.namesUser('key_a', ada)).toBe(false)
    })
  })
}
