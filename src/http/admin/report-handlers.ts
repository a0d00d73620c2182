import { type ExportFormat, exportContentTypes } from '../../admin/reports/export.ts'
import type { Answer } from '../../core/answer.ts'
import type { ByteStream } from '../../core/byte-stream.ts'
import { after, choice, count, flag, limit, names, text } from '../query.ts'
import type { RouteRequest } from '../route.ts'
import { toListAnswer } from '../to-list-answer.ts'
import { watchAnswer } from '../watch-answer.ts'
import { endpoint } from './admin-endpoint.ts'

const format = choice('Goes before `Accept`.', ['json', 'csv', 'jsonl'])

export const exportUsage = endpoint(
  {
    from: text('A day (UTC) such as 2026-11-22, included. The last thirty days if left out.'),
    to: text('A day (UTC), included. Today if left out.'),
    group_by: names('Of `day`, `key`, `end_user`, `provider`, `model` and `tag`, with commas; `day` if left out.'),
    key_id: text('Only this key.'),
    descendants: flag('True includes the keys below it.'),
    end_user: text('Only this end user.'),
    provider: text('Only this provider.'),
    model: text('Only this model.'),
    tag: text('Only records with this tag.'),
    format,
  },
  async ({ admin, request, query: { format, ...filter } }) => {
    const kind = format ?? acceptedFormat(request)
    return toExportAnswer(await admin.exportUsage(filter, kind), 'usage', kind, request)
  },
)

export const exportRecords = endpoint(
  {
    from: text('A day, or a date and time with its zone: when the record was settled.'),
    to: text('The same. A day is included, an instant is not.'),
    key_id: text('Only this key.'),
    after: count('Only records after this `seq`.'),
    limit: count('The maximum number of records. All if left out.'),
    format,
  },
  async ({ admin, request, query: { format, ...filter } }) => {
    const kind = format ?? acceptedFormat(request)
    return toExportAnswer(await admin.exportRecords(filter, kind), 'records', kind, request)
  },
)

export const listPrices = endpoint(
  {
    limit: limit(100, 1_000),
    after,
    provider: text('Only this provider.'),
    model: text('A pattern, in which `*` matches any string.'),
  },
  ({ admin, query }) => toListAnswer(admin.prices(query)),
)

export const listAudit = endpoint(
  { limit: limit(20, 100), after, subject: text('Only changes of this key.') },
  async ({ admin, query }) => toListAnswer(await admin.audit(query)),
)

function acceptedFormat({ inbound }: RouteRequest): ExportFormat {
  const accept = inbound.header('accept') ?? ''
  if (/^text\/csv\b/i.test(accept)) return 'csv'
  return /^application\/(x-ndjson|jsonl)\b/i.test(accept) ? 'jsonl' : 'json'
}

function toExportAnswer(stream: ByteStream, name: string, format: ExportFormat, { trace }: RouteRequest): Answer {
  const headers = {
    'content-type': exportContentTypes[format],
    'content-disposition': `attachment; filename="${name}.${format}"`,
  }
  return { status: 200, headers, body: watchAnswer(stream, trace) }
}
