import type { SqlStatement } from '../sql.ts'
import { rollupPosition } from './roll-up.ts'

const sameTarget = 's.provider = r.provider AND s.model = r.model'
const sameKey = 's.key_id = r.key_id'

/** The update of each table of sums, with the columns that match a sum with its records besides the day. */
const correctSums = [
  toUpdate('usage_days', sameTarget),
  toUpdate(
    'usage_days_by_key',
    `${sameTarget} AND ${sameKey} AND s.has_user = CASE WHEN r.end_user = '' THEN 0 ELSE 1 END`,
  ),
  toUpdate('usage_days_by_user', `${sameTarget} AND ${sameKey} AND s.end_user = r.end_user`),
  toUpdate('usage_days_by_tag', `${sameKey} AND s.tag IN (r.tag_1, r.tag_2, r.tag_3, r.tag_4, r.tag_5)`),
  toUpdate(
    'usage_days_by_route',
    `${sameTarget} AND ${sameKey} AND s.route = r.route AND s.failure = COALESCE(r.failure, '')`,
  ),
]

const correctRecord = `UPDATE call_records SET booked_nano = COALESCE(booked_nano, cost_nano), cost_nano = ?,
  cost_source = 'corrected' WHERE id = ?`

/**
 * Returns the statements that set the cost of a record, for one transaction. The sums must come first, because they
 * change by the difference to the record's current cost. Idempotent.
 */
export function toCorrection(id: string, costNano: number): readonly SqlStatement[] {
  return [
    ...correctSums.map((text) => ({ text, params: [costNano, id] })),
    { text: correctRecord, params: [costNano, id] },
  ]
}

/** Updates nothing for a record above the roll-up position, because no sum includes it yet. */
function toUpdate(table: string, condition: string): string {
  return `UPDATE ${table} AS s SET cost_nano = s.cost_nano + (CAST(? AS INTEGER) - r.cost_nano),
    unpriced_calls = s.unpriced_calls - CASE WHEN r.cost_source = 'unpriced' THEN 1 ELSE 0 END
    FROM call_records r WHERE r.id = ? AND r.seq <= ${rollupPosition}
    AND s.day = r.settled_at / 86400000 AND ${condition}`
}
