import { hourMs } from '../../../core/time.ts'
import { readInteger } from '../read-column.ts'
import type { Sql, SqlStatement } from '../sql.ts'

/** The measures: columns of the tables of sums and of {@link selectUsage}. */
export const measures = [
  'calls',
  'failed_calls',
  'unpriced_calls',
  'input_tokens',
  'output_tokens',
  'cost_nano',
] as const

/** The tables of sums with their dimensions. */
export const sumTables = {
  usage_days: 'day, provider, model',
  usage_days_by_key: 'day, key_id, provider, model, has_user',
  usage_days_by_user: 'day, key_id, end_user, provider, model',
  usage_days_by_tag: 'day, tag, key_id',
  usage_days_by_route: 'day, route, key_id, provider, model, failure',
} as const

type SumTable = keyof typeof sumTables

/** SQL for the sequence number of the last record that the roll-ups include. */
export const rollupPosition = '(SELECT seq FROM rollup_position WHERE id = 1)'

/** Selects each record that matches `condition` as the measures of one call, with its dimensions. */
export function selectUsage(condition: string): string {
  return `SELECT settled_at / 86400000 AS day, key_id, end_user, provider, model, tag_1, tag_2, tag_3, tag_4, tag_5,
    route, COALESCE(failure, '') AS failure, CASE WHEN end_user = '' THEN 0 ELSE 1 END AS has_user, 1 AS calls,
    CASE WHEN outcome IN ('ok', 'client_gone') THEN 0 ELSE 1 END AS failed_calls,
    CASE WHEN cost_source = 'unpriced' THEN 1 ELSE 0 END AS unpriced_calls,
    COALESCE(input_tokens, 0) AS input_tokens, COALESCE(output_tokens, 0) AS output_tokens, cost_nano
    FROM call_records WHERE ${condition}`
}

/** SQL for the rows of `pending`, which come from {@link selectUsage}, once for each tag of a row. */
export const pendingTags = `(${[1, 2, 3, 4, 5]
  .map((n) => `SELECT day, tag_${n} AS tag, key_id, ${measures.join(', ')} FROM pending WHERE tag_${n} IS NOT NULL`)
  .join(' UNION ALL ')}) AS tagged`

const window = `seq > ${rollupPosition} AND seq <= ${rollupPosition} + ?`

const statements = {
  // Checked first: an idle server must not write.
  isBehind: `SELECT seq FROM rollup_position WHERE id = 1 AND seq < (SELECT MAX(seq) FROM call_records)`,
  count: `SELECT COUNT(*) AS records FROM call_records WHERE ${window}`,
  hours: `INSERT INTO record_hours (hour, first_seq, last_seq)
    SELECT settled_at / 3600000, MIN(seq), MAX(seq) FROM call_records WHERE ${window} GROUP BY settled_at / 3600000
    ON CONFLICT (hour) DO UPDATE SET last_seq = excluded.last_seq`,
  days: toUpsert({ table: 'usage_days' }),
  daysByKey: toUpsert({ table: 'usage_days_by_key' }),
  daysByUser: toUpsert({
    table: 'usage_days_by_user',
    where: "end_user <> ''",
  }),
  daysByTag: toUpsert({
    table: 'usage_days_by_tag',
    where: 'tag_1 IS NOT NULL',
    pending: pendingTags,
  }),
  daysByRoute: toUpsert({
    table: 'usage_days_by_route',
    where: 'route IS NOT NULL',
  }),
  advance: `UPDATE rollup_position SET seq =
    CASE WHEN (SELECT MAX(seq) FROM call_records) < seq + ? THEN (SELECT MAX(seq) FROM call_records) ELSE seq + ? END
    WHERE id = 1 AND seq < (SELECT MAX(seq) FROM call_records)`,
} as const

/** Adds the next `limit` records to the roll-ups in one transaction; returns their number. */
export async function rollUp(sql: Sql, limit: number): Promise<number> {
  const behind = await sql.all(statements.isBehind, [])
  if (behind.length === 0) return 0
  const { hours, days, daysByKey, daysByUser, daysByTag, daysByRoute } = statements
  const [[counted] = []] = await sql.batch([
    { text: statements.count, params: [limit] },
    ...[hours, days, daysByKey, daysByUser, daysByTag, daysByRoute].map(
      (text): SqlStatement => ({ text, params: [limit] }),
    ),
    // Must be last, because the other statements read the position.
    { text: statements.advance, params: [limit, limit] },
  ])
  return counted === undefined ? 0 : readInteger(counted, 'records')
}

/** Maximum number of hours that one step deletes, oldest first. */
const emptiedHours = 48

const deletions = {
  records: `DELETE FROM call_records WHERE seq IN (SELECT seq FROM call_records
    WHERE seq >= (SELECT MIN(first_seq) FROM record_hours WHERE hour < ?)
    AND seq <= (SELECT MAX(last_seq) FROM record_hours WHERE hour < ?)
    AND seq < ${rollupPosition} AND settled_at < ? ORDER BY seq LIMIT ?) RETURNING 1 AS deleted`,
  hours: `DELETE FROM record_hours
    WHERE hour IN (SELECT hour FROM record_hours WHERE hour < ? ORDER BY hour LIMIT ${emptiedHours})
    AND NOT EXISTS (SELECT 1 FROM call_records WHERE seq >= first_seq AND seq <= last_seq
      AND settled_at >= hour * 3600000 AND settled_at < (hour + 1) * 3600000)`,
} as const

/** Deletes at most `limit` rolled-up records of whole hours before `cutoff`; returns the number deleted. */
export async function deleteRolledUp(sql: Sql, cutoff: number, limit: number): Promise<number> {
  const hour = Math.floor(cutoff / hourMs)
  const [deleted = []] = await sql.batch([
    { text: deletions.records, params: [hour, hour, hour * hourMs, limit] },
    { text: deletions.hours, params: [hour] },
  ])
  return deleted.length
}

interface Target {
  readonly table: SumTable
  /** SQL condition that selects the records; all by default. */
  readonly where?: string
  readonly pending?: string
}

/** Returns the ON CONFLICT clause of an INSERT into a table of sums, which adds to an existing row. */
export function addingTo(table: SumTable): string {
  const additions = measures.map((name) => `${name} = ${table}.${name} + excluded.${name}`).join(', ')
  return `ON CONFLICT (${sumTables[table]}) DO UPDATE SET ${additions}`
}

function toUpsert({ table, where = 'true', pending = 'pending' }: Target): string {
  const dimensions = sumTables[table]
  const sums = measures.map((name) => `SUM(${name})`).join(', ')
  return `WITH pending AS MATERIALIZED (${selectUsage(`${window} AND ${where}`)})
    INSERT INTO ${table} (${dimensions}, ${measures.join(', ')})
    SELECT ${dimensions}, ${sums} FROM ${pending} WHERE true GROUP BY ${dimensions}
    ${addingTo(table)}`
}
