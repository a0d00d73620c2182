import { defaults } from '../../src/config/defaults.ts'
import { createKeys } from '../../src/pipeline/access/key-cache.ts'
import type { SqliteDatabase } from '../../src/platform/node/storage/open-sqlite.ts'
import { createSqlKeyStore } from '../../src/storage/sql/keys/create-sql-key-store.ts'
import type { UsageDimension, UsageQuery, UsageStore } from '../../src/storage/usage-store.ts'
import { firstDay, range, toHash, toKeyId } from './create-book-maker.ts'

const rounds = 21
const lookupsPerRound = 2_000

export interface Question {
  readonly name: string
  readonly query: UsageQuery
}

const ask = (name: string, groupBy: readonly UsageDimension[], rest: Partial<UsageQuery> = {}): Question => ({
  name,
  query: { ...range, groupBy, ...rest },
})

/** What is asked of the book; key 0 is the busiest of all, with 200 end users, and the first of a team of ten. */
export const questions: readonly Question[] = [
  ask('all, by day', ['day']),
  ask('all, by day and model', ['day', 'model']),
  ask('the busiest key, by day', ['day'], { keyId: toKeyId(0) }),
  ask('the busiest key, by day and end user', ['day', 'end_user'], { keyId: toKeyId(0) }),
  ask('a quiet key, by day and end user', ['day', 'end_user'], { keyId: toKeyId(333) }),
  ask('one end user of the busiest key, by day', ['day'], { keyId: toKeyId(0), endUser: 'user-7@example.com' }),
  ask('the busiest team with all its keys, by day', ['day'], { keyId: toKeyId(0), includesDescendants: true }),
  ask('all, by tag', ['tag']),
  ask('all, by key, one day', ['key'], { from: range.to }),
  ask('all, by key, 30 days', ['key']),
]

/** Milliseconds, the best of nine, and how many rows are answered. */
export async function measureQuery(store: UsageStore, query: UsageQuery) {
  let ms = Number.POSITIVE_INFINITY
  let rows = 0
  for (let round = 0; round < 9; round++) {
    const start = performance.now()
    rows = (await store.query(query)).length
    ms = Math.min(ms, performance.now() - start)
  }
  return { ms, rows }
}

/** A database, and which of its keys is asked for next. */
export interface Lookups {
  readonly sql: SqliteDatabase
  readonly pickKey: () => number
}

/** Microseconds to find a key by its hash in the store itself, in turns on all databases, each the best of its rounds. */
export function measureLookups(databases: readonly Lookups[]): Promise<readonly number[]> {
  return timeInTurns(databases, (sql) => {
    const store = createSqlKeyStore(sql)
    return (hash) => store.findByHash(hash)
  })
}

/** The same as a call does it: a key that was read within the last second is remembered. */
export function measureAuthentications(databases: readonly Lookups[]): Promise<readonly number[]> {
  return timeInTurns(databases, (sql) => {
    const clock = { monotonicMs: () => performance.now() }
    const { cache } = createKeys(createSqlKeyStore(sql), clock, defaults.keys.node)
    return async (hash) => cache.peek(hash)?.found ?? (await cache.find(hash))
  })
}

type Find = (hash: string) => Promise<unknown>

async function timeInTurns(databases: readonly Lookups[], toFind: (sql: SqliteDatabase) => Find) {
  const runs = databases.map(({ sql, pickKey }) => ({ find: toFind(sql), pickKey, us: Number.POSITIVE_INFINITY }))
  for (let round = 0; round < rounds; round++) {
    for (const run of runs) {
      const hashes = Array.from({ length: lookupsPerRound }, () => toHash(run.pickKey()))
      const start = performance.now()
      for (const hash of hashes) if ((await run.find(hash)) === undefined) throw new Error('A key is lost.')
      run.us = Math.min(run.us, ((performance.now() - start) / lookupsPerRound) * 1_000)
    }
  }
  return runs.map(({ us }) => us)
}

/** Milliseconds for 1,000 records from the middle of the month, and for the longest search for a key's; the best of five. */
export async function measurePages(store: UsageStore) {
  const from = firstDay + 15 * 86_400_000 + 1_800_000
  let [pageMs, searchMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let round = 0; round < 5; round++) {
    const start = performance.now()
    await store.records({ limit: 1_000, from })
    const page = performance.now()
    await store.records({ limit: 1_000, from, keyId: 'key_nobody' })
    pageMs = Math.min(pageMs, page - start)
    searchMs = Math.min(searchMs, performance.now() - page)
  }
  return { pageMs, searchMs }
}
