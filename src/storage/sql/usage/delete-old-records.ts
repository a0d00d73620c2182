import { hourMs } from '../../../core/time.ts'
import type { Sql } from '../sql.ts'
import { rollupPosition } from './roll-up.ts'

/** Some hours at a time, the oldest first. */
const emptiedHours = 48

const statements = {
  records: `DELETE FROM call_records WHERE seq IN (SELECT seq FROM call_records
    WHERE seq >= (SELECT MIN(first_seq) FROM record_hours WHERE hour < ?)
    AND seq <= (SELECT MAX(last_seq) FROM record_hours WHERE hour < ?)
    AND seq < ${rollupPosition} AND settled_at < ? ORDER BY seq LIMIT ?) RETURNING 1 AS deleted`,
  hours: `DELETE FROM record_hours
    WHERE hour IN (SELECT hour FROM record_hours WHERE hour < ? ORDER BY hour LIMIT ${emptiedHours})
    AND NOT EXISTS (SELECT 1 FROM call_records WHERE seq >= first_seq AND seq <= last_seq
      AND settled_at >= hour * 3600000 AND settled_at < (hour + 1) * 3600000)`,
} as const

/** Deletes at most `limit` records of whole hours before `cutoff`; how many that were. */
export async function deleteOldRecords(sql: Sql, cutoff: number, limit: number): Promise<number> {
  const hour = Math.floor(cutoff / hourMs)
  const [deleted = []] = await sql.batch([
    { text: statements.records, params: [hour, hour, hour * hourMs, limit] },
    { text: statements.hours, params: [hour] },
  ])
  return deleted.length
}
