import type { Sql } from '../../../src/storage/sql/sql.ts'

const tables = [
  'call_records',
  'record_hours',
  'usage_days',
  'usage_days_by_key',
  'usage_days_by_user',
  'usage_days_by_tag',
  'usage_days_by_route',
  'api_keys',
]

/** Resets the usage tables and keys of a database to their state after the migrations. */
export async function emptyUsage(sql: Sql): Promise<void> {
  await sql.batch([
    ...tables.map((table) => ({ text: `DELETE FROM ${table}`, params: [] })),
    { text: 'UPDATE rollup_position SET seq = 0', params: [] },
  ])
}
