import type { SqliteDatabase } from '../../src/platform/node/storage/open-sqlite.ts'
import { keyColumns, toKeyParams } from '../../src/storage/sql/keys/key-rows.ts'
import { insertRecord, toRecordParams } from '../../src/storage/sql/usage/record-columns.ts'
import type { UsageStore } from '../../src/storage/usage-store.ts'
import { median } from '../report/median.ts'
import type { BookMaker } from './create-book-maker.ts'

const placeholders = keyColumns.replaceAll(/\w+/g, '?')
const insertKey = `INSERT INTO api_keys (${keyColumns}) VALUES (${placeholders})`
const insertSecret = 'INSERT INTO api_key_secrets (hash, key_id, hint, created_at) VALUES (?, ?, ?, ?)'

/** Records of one transaction while the book is filled. */
const bulk = 20_000
/** The last records are booked and rolled up in small steps, as a server does that must not keep its callers waiting. */
export const measured = 100_000
export const stepSize = 500

export function fillKeys({ sync }: SqliteDatabase, maker: BookMaker, count: number): void {
  for (let at = 0; at < count; at += bulk) {
    sync.transaction(() => {
      for (let index = at; index < Math.min(at + bulk, count); index++) {
        const key = maker.key(index)
        const { hash, hint, createdAt } = maker.secret(index)
        sync.run(insertKey, toKeyParams(key))
        sync.run(insertSecret, [hash, key.id, hint, createdAt])
      }
    })
  }
}

export interface FillTimes {
  /** Microseconds of CPU a record, at full size. */
  readonly insertUs: number
  readonly rollUpUs: number
  /** The same where the steps are large. */
  readonly bulkRollUpUs: number
  /** Milliseconds for which one small step of the roll-up keeps the process busy. */
  readonly stepMs: number
}

/** Adds the records and rolls them up in turns, as a server does; the last `pending` are left to the queries. */
export async function fillRecords(
  { sync }: SqliteDatabase,
  store: UsageStore,
  { maker, count, pending }: { maker: BookMaker; count: number; pending: number },
): Promise<FillTimes> {
  const insert = (from: number, length: number) => {
    const rows = Array.from({ length }, (_, index) => toRecordParams(maker.record(from + index, count)))
    const start = readCpuUs()
    sync.transaction(() => {
      for (const row of rows) sync.run(insertRecord, row)
    })
    return readCpuUs() - start
  }
  const rollUp = async (limit: number) => {
    const start = readCpuUs()
    await store.rollUp(limit)
    return readCpuUs() - start
  }
  const sums = { insertUs: 0, rollUpUs: 0, bulkRollUpUs: 0 }
  const last = count - pending
  const first = last - measured
  for (let at = 0; at < first; at += bulk) {
    insert(at, Math.min(bulk, first - at))
    sums.bulkRollUpUs += (await rollUp(bulk)) / first
  }
  const steps: number[] = []
  for (let at = first; at < last; at += stepSize) {
    sums.insertUs += insert(at, stepSize) / measured
    const start = performance.now()
    sums.rollUpUs += (await rollUp(stepSize)) / measured
    steps.push(performance.now() - start)
  }
  insert(last, pending)
  return { ...sums, stepMs: median(steps) }
}

/** What this thread has used, which other processes on the machine do not change much. */
export function readCpuUs(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}
