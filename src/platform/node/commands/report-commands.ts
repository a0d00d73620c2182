import { pipeline } from 'node:stream/promises'
import type { JsonObject } from '../../../core/json.ts'
import type { AdminClient, AdminQuestion } from './admin-client.ts'
import { askPages, askRows, askStream } from './ask-admin.ts'
import { defineCommand } from './command.ts'
import { CommandError, usageError } from './command-error.ts'
import { isEarlyEnd, print, printJson, say } from './print.ts'
import { readCount, readKeyId } from './read-values.ts'
import { renderTable } from './render-table.ts'
import { toText } from './show-key.ts'

const text = { type: 'string' } as const

export const showUsage = defineCommand({
  options: {
    from: text,
    to: text,
    by: text,
    key: text,
    descendants: { type: 'boolean' },
    user: text,
    provider: text,
    model: text,
    tag: text,
    format: text,
  },
  plan({ values, isJson }) {
    const { from, to, by, key, descendants, user, provider, model, tag, format } = values
    const query = {
      from,
      to,
      provider,
      model,
      tag,
      end_user: user,
      group_by: by === undefined ? undefined : toGroups(by),
      key_id: readKeyId(key, '--key'),
      descendants: descendants === true ? 'true' : undefined,
    }
    const kind = readFormat(format, isJson)
    return async (client) => {
      const question = { method: 'GET', path: '/usage', query: { ...query, format: kind ?? 'json' } } as const
      if (kind !== undefined) return writeExport(client, question)
      const rows = await askRows(client, question)
      if (rows.length === 0) return say('Nothing was used.')
      const head = Object.keys(rows[0] ?? {})
      await print(renderTable(head, toCells(rows, head)))
    }
  },
})

export const writeRecords = defineCommand({
  options: { from: text, to: text, key: text, format: text },
  plan({ values: { from, to, key, format }, isJson }) {
    const kind = readFormat(format, isJson) ?? 'csv'
    const query = { from, to, key_id: readKeyId(key, '--key'), format: kind }
    return (client) => writeExport(client, { method: 'GET', path: '/records', query })
  },
})

const priceColumns = [
  'provider',
  'model',
  'input',
  'output',
  'cached_input',
  'cache_write',
  'per_request',
  'per_image',
  'per_second',
  'per_character',
  'source',
]

export const listPrices = defineCommand({
  options: { provider: text },
  words: ['[PATTERN]'],
  plan({ values: { provider }, words: [model], isJson }) {
    return async (client) => {
      const list = await askPages(client, { path: '/prices', query: { provider, model }, pageSize: 1_000 })
      if (isJson) return printJson(list)
      if (list.data.length === 0) return say('No price goes by that. * stands for any text: weir prices "gpt-4o*"')
      const head = priceColumns.filter((column) => list.data.some((price) => toText(price[column]) !== ''))
      await print(renderTable(head, toCells(list.data, head)))
    }
  },
})

const auditColumns = ['at', 'actor', 'address', 'action', 'subject', 'detail'] as const
const auditLimit = 50

export const listAudit = defineCommand({
  options: { subject: text, limit: text },
  plan({ values: { subject, limit }, isJson }) {
    const most = limit === undefined ? auditLimit : readCount(limit, 'limit')
    if (most === 0) throw usageError('--limit must be at least 1, or none.')
    return async (client) => {
      const list = await askPages(client, {
        path: '/audit',
        query: { subject },
        pageSize: 100,
        most: most ?? undefined,
      })
      if (isJson) return printJson(list)
      if (list.data.length === 0) return say('Nothing of the kind was noted.')
      await print(renderTable(auditColumns, toCells(list.data, auditColumns)))
    }
  },
})

function toCells(rows: readonly JsonObject[], columns: readonly string[]): readonly (readonly string[])[] {
  return rows.map((row) => columns.map((column) => toText(row[column]) || '-'))
}

/** `total` is one row for everything. */
function toGroups(by: string): string {
  return by === 'total' ? '' : by.replace(/\buser\b/g, (word, at) => (by[at - 1] === '_' ? word : 'end_user'))
}

/** Undefined where people are to read it. */
function readFormat(format: string | undefined, isJson: boolean): string | undefined {
  if (!isJson) return format
  if (format === undefined || format === 'json') return 'json'
  throw usageError('--json and --format say different things. Give one of them.')
}

/** As it comes, however long. */
async function writeExport(client: AdminClient, question: AdminQuestion): Promise<void> {
  try {
    await pipeline(await askStream(client, question), process.stdout, { end: false })
  } catch (cause) {
    if (cause instanceof CommandError || isEarlyEnd(cause)) throw cause
    const reason = cause instanceof Error ? cause.message : 'unknown error'
    throw new CommandError(`The export broke off, and what was written is not the whole (${reason}).`, { cause })
  }
}
