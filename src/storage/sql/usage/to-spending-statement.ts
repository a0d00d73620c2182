import { dayMs, hourMs } from '../../../core/time.ts'
import type { Spending, SpendingQuery } from '../../usage-store.ts'
import { readInteger, readOptionalString, readString } from '../read-column.ts'
import type { SqlRow, SqlStatement } from '../sql.ts'
import { rollupPosition } from './roll-up.ts'

/** SQL for the keys of the family below the root key in the first parameter. */
export const family = `family (id) AS (SELECT CAST(? AS TEXT)
  UNION SELECT api_keys.id FROM api_keys JOIN family ON api_keys.parent_id = family.id)`

/** Pairs each key of the family with itself and with each key above it, because its calls count for all of them. */
const lineages = `lineages (id, above) AS (SELECT id, id FROM family
  UNION ALL SELECT lineages.id, api_keys.parent_id FROM lineages JOIN api_keys ON api_keys.id = lineages.above
  WHERE api_keys.parent_id IS NOT NULL)`

const inFamily = 'key_id IN (SELECT id FROM family)'

/** Selects whole days. As in `to-usage-statement.ts`, the search for one key visits each existing day. */
const wholeDays = 'day IN (SELECT day FROM usage_days WHERE day >= ?)'

/**
 * `rest`: records that the sums do not include yet. `firstDay`: rolled-up records of a day that began before `since`.
 */
const rest = `seq > ${rollupPosition} AND settled_at >= ? AND ${inFamily}`
const firstDay = `seq >= (SELECT MIN(first_seq) FROM record_hours WHERE hour >= ? AND hour < ?)
  AND seq <= (SELECT MAX(last_seq) FROM record_hours WHERE hour >= ? AND hour < ?)
  AND seq <= ${rollupPosition} AND settled_at >= ? AND settled_at < ? AND ${inFamily}`

const statements = {
  family: `WITH RECURSIVE ${family} SELECT id FROM family`,
  byKey: `WITH RECURSIVE ${family}, ${lineages}, spent AS (
      SELECT key_id, cost_nano FROM usage_days_by_key WHERE ${wholeDays} AND ${inFamily}
      UNION ALL SELECT key_id, cost_nano FROM call_records WHERE ${rest}
      UNION ALL SELECT key_id, cost_nano FROM call_records WHERE ${firstDay})
    SELECT above AS key_id, NULL AS end_user, SUM(cost_nano) AS spent_nano FROM spent JOIN lineages ON lineages.id = key_id GROUP BY above`,
  byUser: `WITH RECURSIVE ${family}, ${lineages}, spent AS (
      SELECT key_id, end_user, cost_nano FROM usage_days_by_user WHERE ${wholeDays} AND ${inFamily}
      UNION ALL SELECT key_id, '', cost_nano FROM usage_days_by_key WHERE ${wholeDays} AND ${inFamily} AND has_user = 0
      UNION ALL SELECT key_id, end_user, cost_nano FROM call_records WHERE ${rest}
      UNION ALL SELECT key_id, end_user, cost_nano FROM call_records WHERE ${firstDay})
    SELECT above AS key_id, end_user, SUM(cost_nano) AS spent_nano FROM spent JOIN lineages ON lineages.id = key_id
    GROUP BY above, end_user`,
} as const

/** Returns the statement that lists the keys of a family in the column `id`. */
export function toFamilyStatement(rootId: string): SqlStatement {
  return { text: statements.family, params: [rootId] }
}

/** Returns the statement for a query, with rows for {@link toSpending}. */
export function toSpendingStatement(rootId: string, { since, isByUser }: SpendingQuery): SqlStatement {
  const day = Math.ceil(since / dayMs)
  const hours = [Math.floor(since / hourMs), (day * dayMs) / hourMs]
  const days = isByUser ? [day, day] : [day]
  const params = [rootId, ...days, since, ...hours, ...hours, since, day * dayMs]
  return { text: isByUser ? statements.byUser : statements.byKey, params }
}

export function toSpending(row: SqlRow): Spending {
  return {
    keyId: readString(row, 'key_id'),
    endUser: readOptionalString(row, 'end_user'),
    spentNano: readInteger(row, 'spent_nano'),
  }
}
