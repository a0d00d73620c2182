import type { ByteStream } from '../../core/byte-stream.ts'
import { didYouMean } from '../../core/did-you-mean.ts'
import { GatewayError } from '../../core/errors.ts'
import { dayMs, formatDay, parseDay } from '../../core/time.ts'
import { formatUsd } from '../../core/usd.ts'
import type { UsageDimension, UsageQuery, UsageRow, UsageStore } from '../../storage/usage-store.ts'
import { type Columns, createRowWriter, type ExportFormat, type ExportPorts, streamStrings } from './export.ts'

/** A request for usage totals. */
export interface UsageRequest {
  /** UTC days such as `2026-11-22`, both included; the last thirty days if omitted. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** In the order of the response columns; by day if omitted. */
  readonly group_by?: readonly string[] | undefined
  readonly key_id?: string | undefined
  /** Includes the descendants of `key_id`. */
  readonly descendants?: boolean | undefined
  readonly end_user?: string | undefined
  readonly provider?: string | undefined
  readonly model?: string | undefined
  readonly tag?: string | undefined
  readonly route?: string | undefined
}

const defaultDays = 30

/**
 * Converts a request to a query of the usage store; `now` in milliseconds since 1970. Throws GatewayError
 * `invalid_value`.
 */
export function toUsageQuery(request: UsageRequest, now: number): UsageQuery {
  const { key_id: keyId, descendants, end_user: endUser, group_by: groupBy = ['day'] } = request
  const { provider, model, tag, route } = request
  const to = request.to ?? formatDay(now)
  const from = request.from ?? formatDay(toTime(to, 'to') - (defaultDays - 1) * dayMs)
  if (toTime(from, 'from') > toTime(to, 'to'))
    throw new GatewayError('invalid_value', `from must not be later than to, which is ${to}.`, { param: 'from' })
  if (descendants === true && keyId === undefined)
    throw new GatewayError('missing_required_parameter', 'key_id is required with `descendants`.', {
      param: 'key_id',
    })
  return {
    from,
    to,
    groupBy: [...new Set(groupBy.map(toDimension))],
    keyId,
    includesDescendants: descendants,
    endUser,
    provider,
    model,
    tag,
    route,
  }
}

function toTime(day: string, param: 'from' | 'to'): number {
  const time = parseDay(day)
  if (time !== undefined) return time
  throw new GatewayError('invalid_value', `${param} must be a day (UTC) such as 2026-11-22.`, { param })
}

const dimensions: readonly UsageDimension[] = ['day', 'key', 'end_user', 'provider', 'model', 'tag', 'route', 'failure']

function toDimension(name: string): UsageDimension {
  const found = dimensions.find((dimension) => dimension === name)
  if (found !== undefined) return found
  const hint = didYouMean(name, dimensions) ?? `Use ${dimensions.join(', ')}.`
  throw new GatewayError('invalid_value', `group_by cannot be ${JSON.stringify(name.slice(0, 50))}. ${hint}`, {
    param: 'group_by',
  })
}

/** Rows per chunk: about 100 KB. */
const pageSize = 1_000

const sums: Columns<UsageRow> = {
  calls: ({ calls }) => calls,
  failed_calls: ({ failedCalls }) => failedCalls,
  unpriced_calls: ({ unpricedCalls }) => unpricedCalls,
  input_tokens: ({ inputTokens }) => inputTokens,
  output_tokens: ({ outputTokens }) => outputTokens,
  cost_usd: ({ costNano }) => formatUsd(costNano),
}

/**
 * Streams the rows of a query. A query that is grouped by day first is read day by day, with one day in memory. Rejects
 * if the query is refused or fails before the first row; a later failure fails the stream.
 */
export function exportUsage(
  { usage, clock }: ExportPorts,
  query: UsageQuery,
  format: ExportFormat,
): Promise<ByteStream> {
  return streamStrings(renderRows(usage, query, format), clock)
}

async function* renderRows(usage: UsageStore, query: UsageQuery, format: ExportFormat): AsyncGenerator<string, void> {
  const groups = query.groupBy.map(
    (dimension) => [dimension === 'key' ? 'key_id' : dimension, ({ group }: UsageRow) => group[dimension]] as const,
  )
  const writer = createRowWriter<UsageRow>(format, { ...Object.fromEntries(groups), ...sums })
  let head = writer.head
  for await (const rows of readRows(usage, query)) {
    for (let at = 0; at < rows.length; at += pageSize) {
      yield `${head}${writer.rows(rows.slice(at, at + pageSize))}`
      head = ''
    }
  }
  yield `${head}${writer.tail}`
}

async function* readRows(usage: UsageStore, query: UsageQuery): AsyncGenerator<readonly UsageRow[], void> {
  const [first, ...others] = query.groupBy
  if (first !== 'day' || others.length === 0) return yield usage.query(query)
  for (const { group } of await usage.query({ ...query, groupBy: ['day'] })) {
    const day = group.day ?? query.from
    yield usage.query({ ...query, from: day, to: day })
  }
}
