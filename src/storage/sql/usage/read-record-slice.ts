import { hourMs } from '../../../core/time.ts'
import type { RecordPage, RecordSlice } from '../../usage-store.ts'
import { readInteger } from '../read-column.ts'
import type { Sql } from '../sql.ts'
import { readColumns, toRecord } from './record-columns.ts'
import { rollupPosition } from './roll-up.ts'

/** How far one reading goes at most, in records: some milliseconds on Node, where nothing else runs meanwhile. */
const reach = 10_000

const bounds = `SELECT ${rollupPosition} AS rolled_up,
  COALESCE((SELECT MAX(seq) FROM call_records), 0) AS newest,
  COALESCE((SELECT MIN(first_seq) FROM record_hours WHERE hour >= ?), ${rollupPosition} + 1) AS first_seq,
  COALESCE((SELECT MAX(last_seq) FROM record_hours WHERE hour <= ?), 0) AS last_seq`

const page = `SELECT ${readColumns} FROM call_records
  WHERE seq > ? AND seq <= ? AND settled_at >= ? AND settled_at < ?`

const statements = {
  page: `${page} ORDER BY seq LIMIT ?`,
  pageOfKey: `${page} AND key_id = ? ORDER BY seq LIMIT ?`,
} as const

/** Reads on in the book, past the stretches that hold nothing of the time asked for. */
export async function readRecordSlice(sql: Sql, asked: RecordPage): Promise<RecordSlice> {
  const { limit, keyId, from = 0, to = Number.MAX_SAFE_INTEGER } = asked
  const { start, end, newest } = await findStretch(sql, asked)
  const where = [start, end, from, to]
  const rows =
    keyId === undefined
      ? await sql.all(statements.page, [...where, limit])
      : await sql.all(statements.pageOfKey, [...where, keyId, limit])
  const records = rows.map(toRecord)
  const reached = records.length === limit ? (records.at(-1)?.seq ?? end) : end
  return { records, next: reached < newest ? reached : undefined }
}

/** From where to where to read, `start` excluded. */
async function findStretch(sql: Sql, { after = 0, from = 0, to = Number.MAX_SAFE_INTEGER }: RecordPage) {
  const [row = {}] = await sql.all(bounds, [Math.floor(from / hourMs), Math.floor(to / hourMs)])
  const rolledUp = readInteger(row, 'rolled_up')
  const newest = readInteger(row, 'newest')
  const lastSeq = readInteger(row, 'last_seq')
  const start = Math.max(after, readInteger(row, 'first_seq') - 1)
  // What the roll-ups do not hold yet comes at the end, and may be of any time.
  if (start >= lastSeq) return toStretch(Math.max(start, rolledUp), newest)
  return toStretch(start, newest, lastSeq < rolledUp ? lastSeq : newest)
}

function toStretch(start: number, newest: number, last = newest) {
  return { start, end: Math.min(start + reach, last), newest }
}
