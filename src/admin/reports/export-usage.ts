import type { ByteStream } from '../../core/byte-stream.ts'
import { toUsdText } from '../../core/usd.ts'
import type { UsageDimension, UsageQuery, UsageRow, UsageStore } from '../../storage/usage-store.ts'
import { type Columns, createRowWriter, type ExportFormat } from './create-row-writer.ts'
import type { ExportPorts } from './export-records.ts'
import { streamTexts } from './stream-texts.ts'

/** About 100 KB of text. */
const pageSize = 1_000

const sums: Columns<UsageRow> = {
  calls: ({ calls }) => calls,
  failed_calls: ({ failedCalls }) => failedCalls,
  unpriced_calls: ({ unpricedCalls }) => unpricedCalls,
  input_tokens: ({ inputTokens }) => inputTokens,
  output_tokens: ({ outputTokens }) => outputTokens,
  cost_usd: ({ costNano }) => toUsdText(costNano),
}

/**
 * The answer to a query as a stream. Where it is ordered by day it is read day by day, so that no more than one day is held at a time.
 * A query that is refused, or fails before the first row, rejects; a later failure fails the stream.
 */
export function exportUsage(
  { usage, clock }: ExportPorts,
  query: UsageQuery,
  format: ExportFormat,
): Promise<ByteStream> {
  return streamTexts(readTexts(usage, query, format), clock)
}

async function* readTexts(usage: UsageStore, query: UsageQuery, format: ExportFormat): AsyncGenerator<string, void> {
  const groups = query.groupBy.map((name) => [toName(name), ({ group }: UsageRow) => group[name]] as const)
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

function toName(dimension: UsageDimension): string {
  return dimension === 'key' ? 'key_id' : dimension
}
