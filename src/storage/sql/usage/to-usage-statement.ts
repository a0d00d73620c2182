import { GatewayError } from '../../../core/errors.ts'
import { dayMs, parseDay } from '../../../core/time.ts'
import type { UsageDimension, UsageQuery } from '../../usage-store.ts'
import type { SqlStatement } from '../sql.ts'
import { measures, pendingTags, rollupPosition, selectUsage } from './roll-up.ts'

/** Only these column names become part of a statement. All other input is bound as parameters (S14). */
const columns: ReadonlyMap<UsageDimension, string> = new Map([
  ['day', 'day'],
  ['key', 'key_id'],
  ['end_user', 'end_user'],
  ['provider', 'provider'],
  ['model', 'model'],
  ['tag', 'tag'],
  ['route', 'route'],
  ['failure', 'failure'],
])

interface Source {
  readonly columns: readonly string[]
  readonly tables: readonly string[]
  /** Source of the records that the tables do not include yet. `where` selects them. */
  readonly pending: string
  readonly where: string
}

const withoutUser = `(SELECT day, key_id, '' AS end_user, provider, model, ${measures.join(', ')}
  FROM usage_days_by_key WHERE has_user = 0) AS without_user`

const all = { pending: 'pending', where: 'true' }

/** Ordered from coarse to fine. A query uses the first source that has all its columns. */
const sources: readonly Source[] = [
  { columns: ['day', 'provider', 'model'], tables: ['usage_days'], ...all },
  { columns: ['day', 'key_id', 'provider', 'model'], tables: ['usage_days_by_key'], ...all },
  { columns: ['day', 'key_id', 'end_user', 'provider', 'model'], tables: ['usage_days_by_user', withoutUser], ...all },
  {
    columns: ['day', 'tag', 'key_id'],
    tables: ['usage_days_by_tag'],
    pending: pendingTags,
    where: 'tag_1 IS NOT NULL',
  },
  {
    columns: ['day', 'route', 'key_id', 'provider', 'model', 'failure'],
    tables: ['usage_days_by_route'],
    pending: 'pending',
    where: 'route IS NOT NULL',
  },
]

// A sum of nano-USD exceeds the safe integers of JavaScript at nine million dollars, so the query returns it in two
// parts.
const sums = [
  ...measures.filter((name) => name !== 'cost_nano').map((name) => `COALESCE(SUM(${name}), 0) AS ${name}`),
  'COALESCE(SUM(cost_nano / 1000000000), 0) AS cost_usd',
  'COALESCE(SUM(cost_nano % 1000000000), 0) AS cost_rest',
]

const family = `family (id) AS (SELECT CAST(? AS TEXT)
  UNION SELECT api_keys.id FROM api_keys JOIN family ON api_keys.parent_id = family.id)`

/** Returns the statement for a query, over the sums of whole days and the records that they do not include yet. */
export function toUsageStatement(query: UsageQuery): SqlStatement {
  const dimensions = [...new Set(query.groupBy)].map(toColumn)
  const filters = toFilters(query)
  const source = findSource([...dimensions, ...filters.map(({ column }) => column)])
  const selected = [...dimensions, ...measures].join(', ')
  const and = filters.map(({ text }) => ` AND ${text}`).join('')
  const arms = [
    ...source.tables.map((table) => `SELECT ${selected} FROM ${table} WHERE ${toDayRange(query)}${and}`),
    `SELECT ${selected} FROM ${source.pending} WHERE ${dayRange}${and}`,
  ]
  const bound = [toDay(query.from, 'from'), toDay(query.to, 'to'), ...filters.flatMap(({ params }) => params)]
  const withFamily = hasFamily(query)
  const grouping = dimensions.length === 0 ? '' : `GROUP BY ${dimensions.join(', ')} ORDER BY ${dimensions.join(', ')}`
  return {
    text: `WITH RECURSIVE ${withFamily ? `${family}, ` : ''}
      pending AS (${selectUsage(`seq > ${rollupPosition} AND ${source.where}`)})
      SELECT ${[...dimensions, ...sums].join(', ')} FROM (${arms.join(' UNION ALL ')}) AS booked ${grouping}`,
    params: [...(withFamily ? [query.keyId] : []), ...arms.flatMap(() => bound)],
  }
}

const dayRange = 'day >= ? AND day <= ?'

/** The primary key of each table starts with the day, so a search for one API key visits each existing day. */
function toDayRange({ keyId }: UsageQuery): string {
  return keyId === undefined ? dayRange : `day IN (SELECT day FROM usage_days WHERE ${dayRange})`
}

function hasFamily(query: UsageQuery): query is UsageQuery & { readonly keyId: string } {
  return query.keyId !== undefined && query.includesDescendants === true
}

function toColumn(dimension: UsageDimension): string {
  const column = columns.get(dimension)
  if (column === undefined) {
    const known = [...columns.keys()].join(', ')
    throw new GatewayError('invalid_value', `Usage can be grouped by ${known}.`, { param: 'group_by' })
  }
  return column
}

function findSource(needed: readonly string[]): Source {
  const found = sources.find(({ columns }) => needed.every((column) => columns.includes(column)))
  if (found === undefined) {
    const message = needed.includes('tag')
      ? 'Tags can be combined with days and keys, but not with end users, providers, models, routes or failures.'
      : 'Routes and failures can be combined with days, keys, providers and models, but not with end users.'
    throw new GatewayError('invalid_value', message, { param: needed.includes('tag') ? 'tag' : 'group_by' })
  }
  return found
}

interface Filter extends SqlStatement {
  readonly column: string
}

function toFilters(query: UsageQuery): readonly Filter[] {
  const { keyId, endUser, provider, model, tag, route } = query
  const inFamily = { column: 'key_id', text: 'key_id IN (SELECT id FROM family)', params: [] }
  return [
    ...(hasFamily(query) ? [inFamily] : toFilter('key_id', keyId)),
    ...toFilter('end_user', endUser),
    ...toFilter('provider', provider),
    ...toFilter('model', model),
    ...toFilter('tag', tag),
    ...toFilter('route', route),
  ]
}

function toFilter(column: string, value: string | undefined): readonly Filter[] {
  return value === undefined ? [] : [{ column, text: `${column} = ?`, params: [value] }]
}

function toDay(day: string, param: 'from' | 'to'): number {
  const midnight = parseDay(day)
  if (midnight !== undefined) return midnight / dayMs
  throw new GatewayError('invalid_value', `\`${param}\` must be a day such as 2026-11-22.`, { param })
}
