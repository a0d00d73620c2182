import { defaults } from '../../src/config/defaults.ts'
import { createKeys } from '../../src/pipeline/access/key-cache.ts'
import type { SqliteDatabase } from '../../src/platform/node/storage/open-sqlite.ts'
import { createSqlKeyStore } from '../../src/storage/sql/keys/create-sql-key-store.ts'
import { createSqlRevocationStore } from '../../src/storage/sql/keys/create-sql-revocation-store.ts'
import type { UsageDimension, UsageQuery, UsageStore } from '../../src/storage/usage-store.ts'
import { firstDay, range, toHash, toKeyId } from './create-ledger-generator.ts'

const rounds = 21
const lookupsPerRound = 2_000

export interface NamedQuery {
  readonly name: string
  readonly query: UsageQuery
}

const ask = (name: string, groupBy: readonly UsageDimension[], rest: Partial<UsageQuery> = {}): NamedQuery => ({
  name,
  query: { ...range, groupBy, ...rest },
})

/** The measured queries. Key 0 is the busiest of all, with 200 end users, and the first of a team of ten. */
export const usageQueries: readonly NamedQuery[] = [
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

/** Measures milliseconds, the best of nine runs, and the number of rows returned. */
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

/** A database, and the choice of the next key. */
export interface Lookups {
  readonly sql: SqliteDatabase
  readonly pickKey: () => number
}

/** Measures a key lookup by hash in the store, in µs: alternately on all databases, the best of the rounds of each. */
export function measureLookups(databases: readonly Lookups[]): Promise<readonly number[]> {
  return timeInTurns(databases, (sql) => {
    const store = createSqlKeyStore(sql)
    return (hash) => store.findByHash(hash)
  })
}

/** Measures the same as in a call, with keys cached for a second. */
export function measureAuthentications(databases: readonly Lookups[]): Promise<readonly number[]> {
  return timeInTurns(databases, (sql) => {
    const clock = { monotonicMs: () => performance.now() }
    const stores = { keys: createSqlKeyStore(sql), revocations: createSqlRevocationStore(sql) }
    const { cache } = createKeys(stores, clock, defaults.keys.node)
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
      for (const hash of hashes) if ((await run.find(hash)) === undefined) throw new Error('A key is missing.')
      run.us = Math.min(run.us, ((performance.now() - start) / lookupsPerRound) * 1_000)
    }
  }
  return runs.map(({ us }) => us)
}

/**
 * Measures reading 1,000 records from the middle of the month, and the longest search for a key's, in ms: the best of
 * five.
 */
export async function measurePages(store: UsageStore) {
  const from = firstDay + 15 * 86_400_000 + 1_800_000
  let [pageMs, searchMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let round = 0; round < 5; round++) {
    const start = performance.now()
    await store.records({ limit: 1_000, from })
    const page = performance.now()
    await store.records({ limit: 1_000, from, keyId: 'key_unused' })
    pageMs = Math.min(pageMs, page - start)
    searchMs = Math.min(searchMs, performance.now() - page)
  }
  return { pageMs, searchMs }
}
