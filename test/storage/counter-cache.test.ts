import { expect, test } from 'vitest'
import { createCounters } from '../../src/metering/counters.ts'
import { createCounterCache } from '../../src/storage/sql/ledger/create-counter-cache.ts'
import type { SyncSql } from '../../src/storage/sql/sql.ts'

test('keeps unwritten changes, regardless of the number of later subjects', () => {
  const written: unknown[] = []
  const sql: SyncSql = {
    all: () => [],
    run(_text, [subject]) {
      written.push(subject)
      return 1
    },
    transaction: (work) => work(),
    hasChanged: () => false,
  }
  const cache = createCounterCache(sql)
  const subjects = Array.from({ length: 5_000 }, (_, index) => `key_${index}`)
  for (const subject of subjects) {
    cache.refresh()
    cache.put([{ subject, counters: createCounters(subjects.indexOf(subject)) }])
  }
  expect(cache.read('key_0')?.moment.latest).toBe(0)
  expect(cache.read('key_4999')?.moment.latest).toBe(4_999)
  cache.write()
  expect(written).toEqual(subjects)
  // Written counters can be read from the database, so the cache may evict them.
  expect(cache.read('key_0')).toBeUndefined()
  expect(cache.read('key_4999')?.moment.latest).toBe(4_999)
})
