import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LedgerRecord } from '../../../src/storage/ledger/ledger.ts'
import { createSqlKeyStore } from '../../../src/storage/sql/keys/create-sql-key-store.ts'
import type { Sql } from '../../../src/storage/sql/sql.ts'
import type { UsageDimension, UsageQuery, UsageStore } from '../../../src/storage/usage-store.ts'
import { readAll, rollUpAll } from './read-records.ts'
import { midnight, toLedgerRecord } from './to-ledger-record.ts'

/** An empty store, its database, and a function that releases its resources. */
export interface OpenUsageStore {
  readonly store: UsageStore
  readonly sql: Sql
  close(): void | Promise<void>
}

const hourMs = 3_600_000
const today = { from: '2026-11-22', to: '2026-11-22' }
const ever = { from: '2000-01-01', to: '2099-12-31' }

/** Defines the tests that every usage store must pass. */
export function describeUsageStore(name: string, open: () => Promise<OpenUsageStore>): void {
  describe(`usage store: ${name}`, () => {
    let opened: OpenUsageStore
    let store: UsageStore
    beforeEach(async () => {
      opened = await open()
      store = opened.store
    })
    afterEach(() => opened.close())

    const query = (groupBy: readonly UsageDimension[], rest: Partial<UsageQuery> = {}) =>
      store.query({ ...today, groupBy, ...rest })
    const readCalls = async (groupBy: readonly UsageDimension[], rest: Partial<UsageQuery> = {}) =>
      (await query(groupBy, rest)).map((row) => [...Object.values(row.group), row.calls])
    /** Reads before and after the records are in the roll-ups, and expects the same result. */
    const bothWays = async <Value>(read: () => Promise<Value>): Promise<Value> => {
      const before = await read()
      await rollUpAll(store)
      expect(await read()).toEqual(before)
      return before
    }

    it('stores the first five distinct tags', async () => {
      const record = toLedgerRecord(1, { tags: ['a:1', 'a:1', 'b:2', 'c:3', 'd:4', 'e:5', 'f:6'] })
      await store.add([record])
      expect(await store.record(record.id)).toMatchObject({ tags: ['a:1', 'b:2', 'c:3', 'd:4', 'e:5'] })
      expect(await bothWays(() => readCalls(['tag'], { tag: 'a:1' }))).toEqual([['a:1', 1]])
    })

    it('sums usage, failures and calls without a price', async () => {
      await store.add([
        toLedgerRecord(1),
        toLedgerRecord(2, { outcome: 'client_gone', usage: { inputTokens: 1, outputTokens: 2 }, costNano: 7 }),
        toLedgerRecord(3, { outcome: 'upstream_error', usage: undefined, costNano: 0, costSource: 'none' }),
        toLedgerRecord(4, { costNano: 0, costSource: 'unpriced' }),
        ...(['rejected', 'interrupted', 'unknown'] as const).map((outcome, index) =>
          toLedgerRecord(5 + index, { outcome, usage: undefined, costNano: 1, costSource: 'reserved' }),
        ),
      ])
      const sums = { calls: 7, failedCalls: 4, unpricedCalls: 1, inputTokens: 21, outputTokens: 42, costNano: '1010' }
      expect(await bothWays(() => query([]))).toEqual([{ group: {}, ...sums }])
      expect(await bothWays(() => query(['key']))).toEqual([{ group: { key: 'key_a' }, ...sums }])
    })

    it('adds calls without records to the sums of their day, key, end user and tags', async () => {
      await store.add([toLedgerRecord(1)])
      const [day, keyId] = [midnight / 86_400_000, 'token']
      const target = { day, keyId, endUser: '', provider: 'openai', model: 'gpt-4o', tags: [] }
      const counts = { calls: 3, failedCalls: 1, unpricedCalls: 1, inputTokens: 5, outputTokens: 7, costNano: 40 }
      await store.addSums([])
      await store.addSums([
        { ...target, ...counts },
        { ...target, ...counts, endUser: 'ada', tags: ['team:red', 'job:1'] },
        ...Array.from({ length: 30 }, (_, index) => ({ ...target, ...counts, model: `m${index}`, tags: ['team:red'] })),
      ])
      await store.addSums([{ ...target, ...counts }])
      expect(await bothWays(() => readCalls(['key'], {}))).toEqual([
        ['key_a', 1],
        ['token', 99],
      ])
      expect(await query([], { keyId, model: 'gpt-4o' })).toMatchObject([
        { calls: 9, failedCalls: 3, unpricedCalls: 3, inputTokens: 15, outputTokens: 21, costNano: '120' },
      ])
      expect(await bothWays(() => readCalls(['end_user'], { keyId, model: 'gpt-4o' }))).toEqual([
        ['', 6],
        ['ada', 3],
      ])
      expect(await bothWays(() => readCalls(['tag']))).toEqual([
        ['job:1', 3],
        ['team:red', 93],
      ])
      const [spent] = await store.spending(keyId, [{ since: midnight, isByUser: false }])
      expect(spent).toEqual([{ keyId, endUser: undefined, spentNano: 33 * 40 }])
    })

    it('returns zeros without a group, and nothing with one, if there are no records', async () => {
      const zeros = { calls: 0, failedCalls: 0, unpricedCalls: 0, inputTokens: 0, outputTokens: 0, costNano: '0' }
      expect(await bothWays(() => query([]))).toEqual([{ group: {}, ...zeros }])
      expect(await bothWays(() => query(['day', 'model']))).toEqual([])
    })

    it('R51 sums money exactly beyond the range of a number', async () => {
      const costs = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 8_999_999_999_999_999, 1, 999_999_999]
      await store.add(costs.map((costNano, index) => toLedgerRecord(index, { costNano })))
      await store.rollUp(3)
      const sum = String(costs.reduce((total, cost) => total + BigInt(cost), 0n))
      expect(await bothWays(() => query([]))).toMatchObject([{ costNano: sum }])
      expect(await query(['day', 'key'])).toMatchObject([{ costNano: sum }])
    })

    it('groups usage in the requested order, and sorts by it', async () => {
      await store.add([
        toLedgerRecord(1, { keyId: 'key_b', endUser: 'zoe', model: 'm2' }),
        toLedgerRecord(2, { keyId: 'key_a', endUser: 'zoe', model: 'm1' }),
        toLedgerRecord(3, { keyId: 'key_b', endUser: 'ada', model: 'm1', provider: 'groq' }),
        toLedgerRecord(4, { keyId: 'key_b', endUser: 'zoe', model: 'm2' }),
      ])
      expect(await bothWays(() => readCalls(['end_user', 'key']))).toEqual([
        ['ada', 'key_b', 1],
        ['zoe', 'key_a', 1],
        ['zoe', 'key_b', 2],
      ])
      expect(await bothWays(() => readCalls(['model', 'day', 'provider']))).toEqual([
        ['m1', '2026-11-22', 'groq', 1],
        ['m1', '2026-11-22', 'openai', 1],
        ['m2', '2026-11-22', 'openai', 2],
      ])
    })

    it('includes both days of a range, from midnight to midnight in UTC', async () => {
      const times = [-1, 0, 24 * hourMs - 1, 24 * hourMs, 48 * hourMs - 1, 48 * hourMs]
      await store.add(times.map((time, index) => toLedgerRecord(index, { settledAt: midnight + time })))
      const twoDays = { from: '2026-11-22', to: '2026-11-23' }
      expect(await bothWays(() => readCalls(['day'], twoDays))).toEqual([
        ['2026-11-22', 2],
        ['2026-11-23', 2],
      ])
      expect(await readCalls(['key'], { ...twoDays, keyId: 'key_a' })).toEqual([['key_a', 4]])
      expect(await readCalls([], ever)).toEqual([[6]])
      expect(await readCalls(['day'], { from: '2026-11-23', to: '2026-11-22' })).toEqual([])
    })

    it('filters by each dimension, alone and combined', async () => {
      await store.add([
        toLedgerRecord(1, { keyId: 'key_a', endUser: 'ada', provider: 'openai', model: 'm1' }),
        toLedgerRecord(2, { keyId: 'key_a', endUser: '', provider: 'openai', model: 'm2' }),
        toLedgerRecord(3, { keyId: 'key_b', endUser: 'ada', provider: 'groq', model: 'm1' }),
      ])
      const filters: readonly (readonly [Partial<UsageQuery>, number])[] = [
        [{ keyId: 'key_a' }, 2],
        [{ endUser: 'ada' }, 2],
        [{ endUser: '' }, 1],
        [{ provider: 'groq' }, 1],
        [{ model: 'm1' }, 2],
        [{ model: 'm1', provider: 'openai' }, 1],
        [{ keyId: 'key_a', endUser: 'ada', provider: 'openai', model: 'm1' }, 1],
        [{ keyId: 'key_c' }, 0],
      ]
      for (const [filter, calls] of filters) expect(await readCalls([], filter)).toEqual([[calls]])
      await rollUpAll(store)
      for (const [filter, calls] of filters) expect(await readCalls([], filter)).toEqual([[calls]])
    })

    it('counts a record once for each of its tags', async () => {
      await store.add([
        toLedgerRecord(1, { tags: ['team:blue', 'app:chat'] }),
        toLedgerRecord(2, { tags: ['app:chat'], keyId: 'key_b' }),
        toLedgerRecord(3),
      ])
      expect(await bothWays(() => readCalls(['tag']))).toEqual([
        ['app:chat', 2],
        ['team:blue', 1],
      ])
      expect(await bothWays(() => readCalls(['key', 'day'], { tag: 'app:chat' }))).toEqual([
        ['key_a', '2026-11-22', 1],
        ['key_b', '2026-11-22', 1],
      ])
      expect(await readCalls(['tag'], { keyId: 'key_b' })).toEqual([['app:chat', 1]])
    })

    it('sums a key with every key below it', async () => {
      const parents = [
        ['key_a', null],
        ['key_b', 'key_a'],
        ['key_c', 'key_b'],
        ['key_d', null],
      ] as const
      for (const [id, parent] of parents) await addKey(opened.sql, id, parent)
      await store.add(
        ['key_a', 'key_b', 'key_c', 'key_c', 'key_d'].map((keyId, index) =>
          toLedgerRecord(index, { keyId, tags: ['t:1'] }),
        ),
      )
      const below = (keyId: string) => ({ keyId, includesDescendants: true })
      expect(await bothWays(() => readCalls([], below('key_a')))).toEqual([[4]])
      expect(await bothWays(() => readCalls(['key'], below('key_b')))).toEqual([
        ['key_b', 1],
        ['key_c', 2],
      ])
      expect(await readCalls(['tag'], below('key_b'))).toEqual([['t:1', 3]])
      expect(await readCalls([], { keyId: 'key_a' })).toEqual([[1]])
      expect(await readCalls([], { includesDescendants: true })).toEqual([[5]])
      expect(await readCalls(['key'], below('key_lost'))).toEqual([])
    })

    it('case C14 includes the usage of a deleted key in the reports of its ancestors', async () => {
      for (const [id, parent] of [
        ['key_a', null],
        ['key_b', 'key_a'],
        ['key_c', 'key_b'],
      ] as const)
        await addKey(opened.sql, id, parent)
      await store.add(['key_a', 'key_b', 'key_c'].map((keyId, index) => toLedgerRecord(index, { keyId })))
      await createSqlKeyStore(opened.sql).delete('key_b', 9_000)
      expect(await bothWays(() => readCalls([], { keyId: 'key_a', includesDescendants: true }))).toEqual([[3]])
      expect(await readCalls(['key'], { keyId: 'key_b', includesDescendants: true })).toEqual([
        ['key_b', 1],
        ['key_c', 1],
      ])
    })

    it('R74 returns the spending of each key and end user of a family since an instant, even within a day', async () => {
      const lineages: Readonly<Record<string, readonly string[]>> = {
        key_a: ['key_a'],
        key_b: ['key_b', 'key_a'],
        key_c: ['key_c', 'key_b', 'key_a'],
        key_d: ['key_d'],
      }
      for (const [id, [, parent = null]] of Object.entries(lineages).map(
        ([id, [, ...above]]) => [id, [id, ...above]] as const,
      ))
        await addKey(opened.sql, id, parent)
      const records = Array.from({ length: 120 }, (_, index) =>
        toLedgerRecord(index, {
          keyId: `key_${'abcd'[index % 4]}`,
          endUser: ['', 'ada', 'bob'][index % 3] ?? '',
          costNano: 2 ** (index % 20),
          settledAt: midnight + ((index * 7) % 75) * hourMs - 24 * hourMs + index,
        }),
      )
      await store.add(records)
      await createSqlKeyStore(opened.sql).delete('key_c', 9_000)
      expect((await store.family('key_a')).toSorted()).toEqual(['key_a', 'key_b', 'key_c'])
      const instants = [
        0,
        midnight - 24 * hourMs,
        midnight,
        midnight + 3 * hourMs,
        midnight + 3 * hourMs + 21,
        midnight + 999 * hourMs,
      ]
      const queries = instants.flatMap((since) => [true, false].map((isByUser) => ({ since, isByUser })))
      const expected = queries.map(({ since, isByUser }) => {
        const sums = new Map<string, number>()
        for (const { keyId, endUser, costNano, settledAt } of records) {
          if (settledAt < since || keyId === 'key_d') continue
          for (const above of lineages[keyId] ?? []) {
            const name = isByUser ? `${above} ${endUser}` : above
            sums.set(name, (sums.get(name) ?? 0) + costNano)
          }
        }
        return sums
      })
      const read = async () =>
        (await store.spending('key_a', queries)).map(
          (rows) =>
            new Map(
              rows.map(({ keyId, endUser, spentNano }) => [
                endUser === undefined ? keyId : `${keyId} ${endUser}`,
                spentNano,
              ]),
            ),
        )
      expect(await read()).toEqual(expected)
      await store.rollUp(50)
      expect(await read()).toEqual(expected)
      await rollUpAll(store)
      expect(await read()).toEqual(expected)
    })

    it.each([false, true])(
      'case C19 corrects the cost of a record and every sum that includes it, once (rolled up: %s)',
      async (isRolledUp) => {
        const corrected = toLedgerRecord(1, {
          keyId: 'key_b',
          endUser: 'ada',
          tags: ['t:1', 't:2'],
          outcome: 'unknown',
        })
        const unpriced = toLedgerRecord(2, { costNano: 0, costSource: 'unpriced', tags: ['t:2'] })
        await store.add([toLedgerRecord(0, { keyId: 'key_b', endUser: 'ada', tags: ['t:1'] }), corrected, unpriced])
        if (isRolledUp) await rollUpAll(store)
        for (let times = 0; times < 2; times += 1) {
          await store.correct(corrected.id, 50)
          await store.correct(unpriced.id, 7)
        }
        await store.correct('gen_lost', 99)
        expect(await bothWays(() => query([]))).toMatchObject([{ calls: 3, unpricedCalls: 0, costNano: '1057' }])
        const costs = async (groupBy: readonly UsageDimension[]) =>
          (await bothWays(() => query(groupBy))).map(({ group, costNano }) => [...Object.values(group), costNano])
        expect(await costs(['key'])).toEqual([
          ['key_a', '7'],
          ['key_b', '1050'],
        ])
        expect(await costs(['end_user'])).toEqual([
          ['', '7'],
          ['ada', '1050'],
        ])
        expect(await costs(['tag'])).toEqual([
          ['t:1', '1050'],
          ['t:2', '57'],
        ])
        expect(await store.record(corrected.id)).toMatchObject({
          costNano: 50,
          costSource: 'corrected',
          originalCostNano: 1_000,
          outcome: 'unknown',
        })
        await store.correct(corrected.id, 60)
        expect(
          (await readAll(store, { limit: 9 })).map(({ costNano, originalCostNano }) => [costNano, originalCostNano]),
        ).toEqual([
          [1_000, undefined],
          [60, 1_000],
          [7, 0],
        ])
      },
    )

    it('case C19 corrects sums beyond 2^53 exactly', async () => {
      const [first, second] = [6_352_869_439_455_821, 4_001_554_350_536_072]
      const records = [toLedgerRecord(0, { costNano: first }), toLedgerRecord(1, { costNano: second })]
      await store.add(records)
      await rollUpAll(store)
      await store.correct(records[1]?.id ?? '', 0)
      expect(await bothWays(() => query([]))).toMatchObject([{ costNano: String(first) }])
    })

    it('S14 S15 binds every value as a parameter', async () => {
      const hostile = [`' OR '1'='1`, '%', '_', `x'; DROP TABLE call_records; --`, '\\', '"', '?']
      await store.add(hostile.map((text, index) => toLedgerRecord(index, toEverywhere(text))))
      await store.add([toLedgerRecord(100)])
      for (const text of hostile) {
        const { keyId, endUser, provider, model, tags } = toEverywhere(text)
        expect(await readCalls([], { keyId, endUser, provider, model })).toEqual([[1]])
        expect(await readCalls(['tag'], { keyId, tag: tags[0], includesDescendants: true })).toEqual([[text, 1]])
        expect((await readAll(store, { limit: 9, keyId })).map((record) => record.keyId)).toEqual([text])
        expect(await store.record(text)).toBeUndefined()
      }
      expect(await readCalls([])).toEqual([[hostile.length + 1]])
    })

    it('S14 rejects an unknown dimension or day, and lists the dimensions', async () => {
      const column = 'outcome) FROM call_records --' as UsageDimension
      await expect(query([column])).rejects.toMatchObject({ code: 'invalid_value', param: 'group_by' })
      await expect(query([column])).rejects.toThrow('day, key, end_user, provider, model, tag, route, failure')
      for (const day of ['2026-02-30', '22.11.2026', '2026-11-22T00:00', '', `2026-11-22' --`])
        await expect(query(['day'], { to: day })).rejects.toMatchObject({ code: 'invalid_value', param: 'to' })
    })

    it('rejects tags combined with dimensions that have no sums by tag', async () => {
      await expect(query(['tag', 'model'])).rejects.toMatchObject({ code: 'invalid_value', param: 'tag' })
      await expect(query(['provider'], { tag: 't:1' })).rejects.toMatchObject({ code: 'invalid_value' })
      await expect(query(['tag'], { endUser: 'ada' })).rejects.toMatchObject({ code: 'invalid_value' })
      await expect(query(['tag', 'route'])).rejects.toMatchObject({ code: 'invalid_value', param: 'tag' })
      await expect(query(['route', 'end_user'])).rejects.toMatchObject({ code: 'invalid_value', param: 'group_by' })
    })

    it('sums what a route cost by target, and its failures by kind', async () => {
      const routed = { route: 'chat', keyId: 'key_b' }
      const failed = { ...routed, outcome: 'upstream_error', failure: 'overload', costNano: 0 } as const
      const corrected = toLedgerRecord(1, routed)
      await store.add([
        toLedgerRecord(0, { failure: 'timeout', outcome: 'upstream_error' }),
        corrected,
        toLedgerRecord(2, failed),
        toLedgerRecord(3, { ...failed, provider: 'groq', failure: 'rate_limit' }),
        toLedgerRecord(4, { ...routed, provider: 'groq' }),
        toLedgerRecord(5, { ...routed, route: 'code' }),
      ])
      const costs = async (groupBy: readonly UsageDimension[], rest: Partial<UsageQuery> = {}) =>
        (await bothWays(() => query(groupBy, rest))).map((row) => [
          ...Object.values(row.group),
          row.calls,
          row.failedCalls,
          row.costNano,
        ])
      const byTarget = () => costs(['provider', 'model', 'failure'], { route: 'chat' })
      expect(await byTarget()).toEqual([
        ['groq', 'gpt-4o', '', 1, 0, '1000'],
        ['groq', 'gpt-4o', 'rate_limit', 1, 1, '0'],
        ['openai', 'gpt-4o', '', 1, 0, '1000'],
        ['openai', 'gpt-4o', 'overload', 1, 1, '0'],
      ])
      await store.correct(corrected.id, 70)
      expect(await costs(['route'])).toEqual([
        ['chat', 4, 2, '1070'],
        ['code', 1, 0, '1000'],
      ])
      await store.addSums([
        {
          day: midnight / 86_400_000,
          keyId: 'token',
          endUser: '',
          provider: 'groq',
          model: 'gpt-4o',
          tags: [],
          route: 'chat',
          failure: 'rate_limit',
          calls: 2,
          failedCalls: 2,
          unpricedCalls: 0,
          inputTokens: 0,
          outputTokens: 0,
          costNano: 0,
        },
      ])
      expect(await costs(['failure'], { route: 'chat', provider: 'groq' })).toEqual([
        ['', 1, 0, '1000'],
        ['rate_limit', 3, 3, '0'],
      ])
      expect(await costs(['failure'], { route: 'chat', keyId: 'token' })).toEqual([['rate_limit', 2, 2, '0']])
    })

    it('rolls up at most `limit` records at a time, each once', async () => {
      await store.add(Array.from({ length: 7 }, (_, index) => toLedgerRecord(index)))
      const steps = [await store.rollUp(3), await store.rollUp(3), await store.rollUp(3), await store.rollUp(3)]
      expect(steps).toEqual([3, 3, 1, 0])
      expect(await readCalls(['key'])).toEqual([['key_a', 7]])
    })

    it('R37 rolls up each record once in concurrent roll-ups', async () => {
      await store.add(Array.from({ length: 60 }, (_, index) => toLedgerRecord(index)))
      await Promise.all(Array.from({ length: 12 }, () => store.rollUp(10)))
      expect(await store.rollUp(10)).toBe(0)
      expect(await readCalls(['day', 'end_user'])).toEqual([['2026-11-22', '', 60]])
    })
  })
}

function toEverywhere(text: string) {
  const fields = { keyId: text, endUser: text, provider: text, model: text, tags: [text] }
  return fields satisfies Partial<LedgerRecord>
}

async function addKey(sql: Sql, id: string, parentId: string | null): Promise<void> {
  await sql.run(
    `INSERT INTO api_keys (id, parent_id, root_id, name, is_disabled, rules, created_at, updated_at)
    VALUES (?, ?, ?, ?, 0, '{}', 0, 0)`,
    [id, parentId, parentId ?? id, id],
  )
}
