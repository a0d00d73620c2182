import type { SqliteDatabase } from '../../src/platform/node/storage/open-sqlite.ts'
import { keyColumns, toKeyParams } from '../../src/storage/sql/keys/key-rows.ts'
import { insertRecord, toRecordParams } from '../../src/storage/sql/usage/record-columns.ts'
import type { UsageStore } from '../../src/storage/usage-store.ts'
import { median } from '../report/median.ts'
import type { LedgerGenerator } from './create-ledger-generator.ts'

const placeholders = keyColumns.replaceAll(/\w+/g, '?')
const insertKey = `INSERT INTO api_keys (${keyColumns}) VALUES (${placeholders})`
const insertSecret = 'INSERT INTO api_key_secrets (hash, key_id, hint, created_at) VALUES (?, ?, ?, ?)'

/** Records per transaction while the ledger is filled. */
const bulk = 20_000
/** The last records are inserted and rolled up in small steps, as by a server that must not block its callers. */
export const measured = 100_000
export const stepSize = 500

export function fillKeys({ sync }: SqliteDatabase, generator: LedgerGenerator, count: number): void {
  for (let at = 0; at < count; at += bulk) {
    sync.transaction(() => {
      for (let index = at; index < Math.min(at + bulk, count); index++) {
        const key = generator.key(index)
        const { hash, hint, createdAt } = generator.secret(index)
        sync.run(insertKey, toKeyParams(key))
        sync.run(insertSecret, [hash, key.id, hint, createdAt])
      }
    })
  }
}

export interface FillTimes {
  /** Microseconds of CPU per record, at full size. */
  readonly insertUs: number
  readonly rollUpUs: number
  /** The same with large steps. */
  readonly bulkRollUpUs: number
  /** Milliseconds that one small step of the roll-up blocks the process. */
  readonly stepMs: number
}

/**
 * Inserts the records and rolls them up alternately, as a server does. The last `pending` records stay without a
 * roll-up.
 */
export async function fillRecords(
  { sync }: SqliteDatabase,
  store: UsageStore,
  { generator, count, pending }: { generator: LedgerGenerator; count: number; pending: number },
): Promise<FillTimes> {
  const insert = (from: number, length: number) => {
    const rows = Array.from({ length }, (_, index) => toRecordParams(generator.record(from + index, count)))
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

/** Returns the CPU time of this thread, which other processes of the machine hardly affect. */
export function readCpuUs(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}
