import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ExportFormat } from '../../../src/admin/reports/export.ts'
import { exportRecords } from '../../../src/admin/reports/records.ts'
import { exportUsage } from '../../../src/admin/reports/usage.ts'
import { type ByteSink, gather } from '../../../src/core/byte-stream.ts'
import type { Clock } from '../../../src/core/clock.ts'
import { openSqlite, type SqliteDatabase } from '../../../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../../../src/platform/node/storage/read-migrations.ts'
import type { LedgerRecord } from '../../../src/storage/ledger/ledger.ts'
import { migrate } from '../../../src/storage/sql/migrate.ts'
import { createSqlUsageStore } from '../../../src/storage/sql/usage/create-sql-usage-store.ts'
import type { UsageDimension, UsageStore } from '../../../src/storage/usage-store.ts'
import { midnight, toLedgerRecord } from '../../storage/contract/to-ledger-record.ts'

/** Yields to the event loop without a delay. */
const clock: Pick<Clock, 'after'> = {
  after(_delayMs, action) {
    const immediate = setImmediate(action)
    return () => clearImmediate(immediate)
  },
}

let folder = ''
let databases = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-export-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const dayMs = 86_400_000
const range = { from: '2026-11-01', to: '2026-12-31' }

describe('an export', () => {
  let database: UsageDatabase
  beforeEach(async () => {
    database = await openUsageDatabase()
    return () => database.sql.close()
  })

  const readRecords = async (format: ExportFormat, filter = {}) =>
    new TextDecoder().decode(await gather(await exportRecords({ usage: database.usage, clock }, filter, format)))
  const readUsage = async (format: ExportFormat, groupBy: readonly UsageDimension[], usage = database.usage) =>
    new TextDecoder().decode(await gather(await exportUsage({ usage, clock }, { ...range, groupBy }, format)))

  const detailed: Partial<LedgerRecord> = {
    endUser: '=cmd|calc',
    tags: ['team:blue', 'app:"chat"'],
    usage: { inputTokens: 5, outputTokens: 6, cachedInputTokens: 4, seconds: 1.5 },
    costNano: 12_000_000_001,
    reservedNano: 100_000_000,
    wouldRefuse: ['budget/day'],
  }

  it('writes a record as JSON with every detail, and omits unknown values', async () => {
    const record = toLedgerRecord(1, { ...detailed, finishReason: undefined })
    await database.usage.add([record])
    const [line = '', ...rest] = (await readRecords('jsonl')).split('\n')
    expect(rest).toEqual([''])
    expect(JSON.parse(line)).toEqual({
      seq: 1,
      id: record.id,
      request_id: 'req_1',
      attempt: 1,
      key_id: 'key_a',
      end_user: '=cmd|calc',
      operation: 'chat.completions',
      provider: 'openai',
      model: 'gpt-4o',
      stream: false,
      tags: ['team:blue', 'app:"chat"'],
      outcome: 'ok',
      status: 200,
      input_tokens: 5,
      cached_input_tokens: 4,
      output_tokens: 6,
      audio_seconds: 1.5,
      cost_usd: '12.000000001',
      cost_source: 'usage',
      reserved_usd: '0.1',
      would_refuse: ['budget/day'],
      opened_at: '2026-11-22T00:00:00.100Z',
      settled_at: '2026-11-22T00:00:01.000Z',
      first_byte_ms: 40,
      duration_ms: 900,
    })
  })

  it('writes a record as CSV without a formula', async () => {
    await database.usage.add([toLedgerRecord(1, detailed)])
    const [head = '', line = ''] = (await readRecords('csv')).split('\r\n')
    expect(head).toMatch(/^seq,id,request_id,.*,duration_ms$/)
    expect(line).toContain(`,"key_a","'=cmd|calc","chat.completions",`)
    expect(line).toContain(',"team:blue;app:""chat""",')
    expect(line.replace(/"(?:[^"]|"")*"/g, '').split(',')).toHaveLength(head.split(',').length)
  })

  it.each([0, 1, 499, 500, 501, 1_234])('contains each of %i records once, in every format', async (count) => {
    await database.usage.add(Array.from({ length: count }, (_, index) => toLedgerRecord(index)))
    const seqs = Array.from({ length: count }, (_, index) => index + 1)
    const array = JSON.parse(await readRecords('json')) as { seq: number }[]
    expect(array.map(({ seq }) => seq)).toEqual(seqs)
    expect((await readRecords('jsonl')).split('\n').length - 1).toBe(count)
    expect((await readRecords('csv')).split('\r\n').length - 2).toBe(count)
  })

  it('filters records by time and key', async () => {
    const keys = ['key_a', 'key_b', 'key_a', 'key_a']
    await database.usage.add(keys.map((keyId, index) => toLedgerRecord(index, { keyId })))
    const array = JSON.parse(await readRecords('json', { from: midnight + 1, to: midnight + 3_000, keyId: 'key_a' }))
    expect(array).toMatchObject([{ seq: 3 }])
  })

  it('writes usage in the requested order', async () => {
    await database.usage.add([
      toLedgerRecord(1, { costNano: 1 }),
      toLedgerRecord(2, { model: '-m', outcome: 'rejected', usage: undefined, costSource: 'unpriced', costNano: 0 }),
    ])
    expect(await readUsage('csv', ['model', 'key'])).toBe(
      'model,key_id,calls,failed_calls,unpriced_calls,input_tokens,output_tokens,cost_usd\r\n' +
        `"'-m","key_a",1,1,1,0,0,0\r\n` +
        '"gpt-4o","key_a",1,0,0,10,20,0.000000001\r\n',
    )
    expect(JSON.parse(await readUsage('json', []))).toMatchObject([{ calls: 2, cost_usd: '0.000000001' }])
    expect(await readUsage('jsonl', ['tag'])).toBe('')
  })

  it('reads usage day by day if it is grouped by day first', async () => {
    const days = Array.from({ length: 20 }, (_, day) => toLedgerRecord(day, { settledAt: midnight + day * dayMs }))
    await database.usage.add(days)
    await database.usage.rollUp(15)
    let maxRows = 0
    const usage: UsageStore = {
      ...database.usage,
      async query(query) {
        const rows = await database.usage.query(query)
        if (query.groupBy.length > 1) maxRows = Math.max(maxRows, rows.length)
        return rows
      },
    }
    const whole = await database.usage.query({ ...range, groupBy: ['day', 'model'] })
    const array = JSON.parse(await readUsage('json', ['day', 'model'], usage)) as unknown[]
    expect(array).toMatchObject(whole.map(({ group, calls }) => ({ ...group, calls })))
    expect([array.length, maxRows]).toEqual([20, 1])
  })

  it('rejects if the query or the first page fails', async () => {
    const wrong = exportUsage({ usage: database.usage, clock }, { ...range, groupBy: ['tag', 'model'] }, 'csv')
    await expect(wrong).rejects.toMatchObject({ code: 'invalid_value' })
    const usage = { ...database.usage, records: () => Promise.reject(new Error('no store')) }
    await expect(exportRecords({ usage, clock }, {}, 'csv')).rejects.toThrow('no store')
  })

  it('fails the stream if a later page fails, so it does not look complete', async () => {
    await database.usage.add(Array.from({ length: 1_200 }, (_, index) => toLedgerRecord(index)))
    const usage: UsageStore = {
      ...database.usage,
      records: (page) =>
        page.after === 1_000 ? Promise.reject(new Error('the store went away')) : database.usage.records(page),
    }
    await expect(gather(await exportRecords({ usage, clock }, {}, 'json'))).rejects.toThrow('the store went away')
  })
})

describe('an export of 100,000 records', () => {
  const count = 100_000
  let database: UsageDatabase
  beforeAll(async () => {
    database = await openUsageDatabase()
    for (let at = 0; at < count; at += 5_000) {
      await database.usage.add(
        Array.from({ length: 5_000 }, (_, index) => toLedgerRecord(at + index, toLastKey(at + index))),
      )
    }
  })
  const toLastKey = (index: number) => (index === count - 1 ? { keyId: 'key_last' } : {})
  afterAll(() => database.sql.close())

  /** Counts the pages that are read and taken. */
  function watchPages() {
    const seen = { read: 0, taken: 0, maxInFlight: 0 }
    const usage: UsageStore = {
      ...database.usage,
      async records(page) {
        const slice = await database.usage.records(page)
        seen.read += 1
        seen.maxInFlight = Math.max(seen.maxInFlight, seen.read - seen.taken)
        return slice
      },
    }
    return { seen, usage }
  }

  it('R08 has one page in memory at a time, for any slow client', async () => {
    const { seen, usage } = watchPages()
    const stream = await exportRecords({ usage, clock }, {}, 'jsonl')
    const lines = await new Promise<number>((resolve, reject) => {
      let lines = 0
      stream.start({
        write(chunk) {
          for (const byte of chunk) if (byte === 10) lines += 1
          clock.after(0, () => {
            seen.taken += 1
            stream.resume()
          })
          return false
        },
        end: () => resolve(lines),
        fail: reject,
      })
    })
    expect(lines).toBe(count)
    expect(seen).toMatchObject({ read: 200, maxInFlight: 1 })
  })

  it('R08 reads no further page while its client takes nothing', async () => {
    const { seen, usage } = watchPages()
    const stream = await exportRecords({ usage, clock }, {}, 'csv')
    const sink = idleSink()
    stream.start(sink)
    await ticks(50)
    expect([seen.read, sink.chunks]).toEqual([1, 1])
    stream.resume()
    await ticks(50)
    expect([seen.read, sink.chunks]).toEqual([2, 2])
    stream.cancel()
  })

  it('R01 stops reading when its client disconnects', async () => {
    const { seen, usage } = watchPages()
    const stream = await exportRecords({ usage, clock }, {}, 'csv')
    const sink = idleSink(true)
    stream.start(sink)
    await ticks(10)
    stream.cancel()
    stream.cancel()
    const [read, chunks] = [seen.read, sink.chunks]
    expect(read).toBeLessThan(100)
    await ticks(50)
    stream.resume()
    await ticks(50)
    expect([seen.read, sink.chunks, sink.endings]).toEqual([read, chunks, 0])
  })

  it('finds the only record of a key at the end', async () => {
    const stream = await exportRecords({ usage: database.usage, clock }, { keyId: 'key_last' }, 'json')
    expect(JSON.parse(new TextDecoder().decode(await gather(stream)))).toMatchObject([{ seq: count }])
  })

  it('yields to the event loop, also while it finds nothing', async () => {
    const { seen, usage } = watchPages()
    const stream = await exportRecords({ usage, clock }, { keyId: 'key_lost' }, 'json')
    const between: number[] = []
    const timer = setInterval(() => between.push(seen.read), 0)
    const text = new TextDecoder().decode(await gather(stream))
    clearInterval(timer)
    expect(JSON.parse(text)).toEqual([])
    expect(seen.read).toBe(10)
    expect(between.length).toBeGreaterThan(0)
  })
})

interface UsageDatabase {
  readonly sql: SqliteDatabase
  readonly usage: UsageStore
}

async function openUsageDatabase(): Promise<UsageDatabase> {
  const sql = openSqlite(join(folder, `${++databases}.db`))
  await migrate(sql, readMigrations(join(import.meta.dirname, '../../../migrations')))
  return { sql, usage: createSqlUsageStore(sql) }
}

function idleSink(accepts = false): ByteSink & { chunks: number; endings: number } {
  return {
    chunks: 0,
    endings: 0,
    write() {
      this.chunks += 1
      return accepts
    },
    end() {
      this.endings += 1
    },
    fail() {
      this.endings += 1
    },
  }
}

async function ticks(count: number): Promise<void> {
  for (let tick = 0; tick < count; tick++) await new Promise((resolve) => setImmediate(resolve))
}
