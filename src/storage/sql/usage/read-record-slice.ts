import { hourMs } from '../../../core/time.ts'
import type { EndUser, RecordPage, RecordSlice } from '../../usage-store.ts'
import { readInteger } from '../read-column.ts'
import type { Sql } from '../sql.ts'
import { readColumns, toRecord } from './record-columns.ts'
import { rollupPosition } from './roll-up.ts'

/** Maximum number of records that one read scans. On Node, this blocks the event loop for a few milliseconds. */
const scanLimit = 10_000

const bounds = `SELECT ${rollupPosition} AS rolled_up,
  COALESCE((SELECT MAX(seq) FROM call_records), 0) AS newest,
  COALESCE((SELECT MIN(first_seq) FROM record_hours WHERE hour >= ?), ${rollupPosition} + 1) AS first_seq,
  COALESCE((SELECT MAX(last_seq) FROM record_hours WHERE hour <= ?), 0) AS last_seq`

/** The first record after `?` in an hour of a day on which the sums have the end user. */
const userBounds = `SELECT
  COALESCE((SELECT MAX(seq) FROM call_records), 0) AS newest,
  COALESCE((SELECT MIN(CASE WHEN first_seq > ? THEN first_seq ELSE ? + 1 END) FROM record_hours WHERE last_seq > ?
    AND hour / 24 IN (SELECT day FROM usage_days_by_user
      WHERE day IN (SELECT day FROM usage_days) AND key_id = ? AND end_user = ? AND calls > 0)),
    ${rollupPosition} + 1) AS first_seq`

const select = `SELECT ${readColumns} FROM call_records
  WHERE seq > ? AND seq <= ? AND settled_at >= ? AND settled_at < ?`

const statements = {
  page: `${select} ORDER BY seq LIMIT ?`,
  pageOfKey: `${select} AND key_id = ? ORDER BY seq LIMIT ?`,
  pageOfUser: `${select} AND key_id = ? AND end_user = ? ORDER BY seq LIMIT ?`,
} as const

/** Reads the next slice of records, and skips ranges outside the requested time. */
export async function readRecordSlice(sql: Sql, page: RecordPage): Promise<RecordSlice> {
  const { limit, keyId, endUser, from = 0, to = Number.MAX_SAFE_INTEGER, after } = page
  const ofUser = keyId === undefined || endUser === undefined ? undefined : { keyId, endUser, after }
  const { start, end, newest } = await (ofUser === undefined ? findRange(sql, page) : findUserRange(sql, ofUser))
  const where = [start, end, from, to]
  const rows = await (ofUser !== undefined
    ? sql.all(statements.pageOfUser, [...where, ofUser.keyId, ofUser.endUser, limit])
    : keyId === undefined
      ? sql.all(statements.page, [...where, limit])
      : sql.all(statements.pageOfKey, [...where, keyId, limit]))
  const records = rows.map(toRecord)
  const reached = records.length === limit ? (records.at(-1)?.seq ?? end) : end
  return { records, next: reached < newest ? reached : undefined }
}

/** Returns the range of sequence numbers to read; `start` is exclusive. */
async function findRange(sql: Sql, { after = 0, from = 0, to = Number.MAX_SAFE_INTEGER }: RecordPage) {
  const [row = {}] = await sql.all(bounds, [Math.floor(from / hourMs), Math.floor(to / hourMs)])
  const rolledUp = readInteger(row, 'rolled_up')
  const newest = readInteger(row, 'newest')
  const lastSeq = readInteger(row, 'last_seq')
  const start = Math.max(after, readInteger(row, 'first_seq') - 1)
  // Records above the roll-up position are at the end and may have any time.
  if (start >= lastSeq) return toRange(Math.max(start, rolledUp), newest)
  return toRange(start, newest, lastSeq < rolledUp ? lastSeq : newest)
}

/**
 * Returns the next range that may contain records of an end user; empty after the last one. Skips the days on which the
 * user has no usage, because a scan of all records takes long.
 */
export async function findUserRange(
  sql: Sql,
  { keyId, endUser, after = 0 }: EndUser & Pick<RecordPage, 'after'>,
): Promise<{ readonly start: number; readonly end: number; readonly newest: number }> {
  const [row = {}] = await sql.all(userBounds, [after, after, after, keyId, endUser])
  return toRange(Math.max(after, readInteger(row, 'first_seq') - 1), readInteger(row, 'newest'))
}

function toRange(start: number, newest: number, last = newest) {
  return { start, end: Math.min(start + scanLimit, last), newest }
}
