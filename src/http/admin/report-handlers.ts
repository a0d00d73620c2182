import type { Answer } from '../../core/answer.ts'
import type { ByteStream } from '../../core/byte-stream.ts'
import { GatewayError } from '../../core/errors.ts'
import { type ExportFormat, exportContentTypes } from '../../pipeline/export/create-row-writer.ts'
import { watchAnswer } from '../watch-answer.ts'
import type { AdminHandler, AdminVisit } from './admin-visit.ts'
import { readFlag, readLimit, readQuery } from './read-query.ts'
import { toListAnswer } from './to-list-answer.ts'

export const exportUsage: AdminHandler = async ({ visit, admin, query }) => {
  const { format, group_by: groupBy, descendants, ...filter } = readQuery(query, usageParameters)
  const kind = readFormat(format, visit.inbound.header('accept'))
  const request = {
    ...filter,
    group_by: groupBy === undefined ? undefined : splitList(groupBy),
    descendants: readFlag(descendants, 'descendants'),
  }
  return toExportAnswer(await admin.exportUsage(request, kind), { name: 'usage', kind, visit })
}

const usageParameters = [
  ...(['from', 'to', 'group_by', 'key_id', 'descendants', 'end_user'] as const),
  ...(['provider', 'model', 'tag', 'format'] as const),
]

export const exportRecords: AdminHandler = async ({ visit, admin, query }) => {
  const { format, ...filter } = readQuery(query, ['from', 'to', 'key_id', 'format'])
  const kind = readFormat(format, visit.inbound.header('accept'))
  return toExportAnswer(await admin.exportRecords(filter, kind), { name: 'records', kind, visit })
}

export const listPrices: AdminHandler = ({ admin, query }) => {
  const { limit, ...filter } = readQuery(query, ['limit', 'after', 'provider', 'model'])
  return toListAnswer(admin.prices({ ...filter, limit: readLimit(limit, 100) }))
}

export const listAudit: AdminHandler = async ({ admin, query }) => {
  const { limit, ...filter } = readQuery(query, ['limit', 'after', 'subject'])
  return toListAnswer(await admin.audit({ ...filter, limit: readLimit(limit, 20) }))
}

function splitList(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

const formats: readonly ExportFormat[] = ['json', 'csv', 'jsonl']

/** What the URL says holds before what the client accepts. */
function readFormat(text: string | undefined, accept = ''): ExportFormat {
  if (text === undefined) {
    if (/^text\/csv\b/i.test(accept)) return 'csv'
    return /^application\/(x-ndjson|jsonl)\b/i.test(accept) ? 'jsonl' : 'json'
  }
  const format = formats.find((known) => known === text)
  if (format !== undefined) return format
  throw new GatewayError('invalid_value', `format must be one of ${formats.join(', ')}.`, { param: 'format' })
}

interface Export {
  readonly name: string
  readonly kind: ExportFormat
  readonly visit: AdminVisit['visit']
}

function toExportAnswer(stream: ByteStream, { name, kind, visit }: Export): Answer {
  const headers = {
    'content-type': exportContentTypes[kind],
    'content-disposition': `attachment; filename="${name}.${kind}"`,
  }
  return { status: 200, headers, body: watchAnswer(stream, visit.trace) }
}
