import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import type { JsonObject } from '../../../core/json.ts'
import { type AdminClient, type AdminQuery, askObject, askPages, askRows, askStream } from './client.ts'
import { CommandError, usageError } from './command-error.ts'
import { checkKeyWord, findKeyId, nameKeys } from './key-names.ts'
import { toText } from './key-text.ts'
import { addClientOptions, type ClientOptions, takesValue, withClient } from './options.ts'
import { isEarlyEnd, print, printJson, renderTable, say } from './print.ts'
import { readCount } from './read-values.ts'

interface ExportOptions extends ClientOptions {
  readonly from?: string
  readonly to?: string
  readonly key?: string
  readonly format?: string
}

interface UsageOptions extends ExportOptions {
  readonly by?: string
  readonly descendants?: true
  readonly user?: string
  readonly provider?: string
  readonly model?: string
  readonly tag?: string
}

const formats = ['csv', 'jsonl', 'json']

export function defineUsage(command: Command, env: NodeJS.ProcessEnv): void {
  command
    .description('What was used, as sums.')
    .addOption(takesValue('--from <day>', 'the first UTC day, such as 2026-11-22 (default: thirty days ago)'))
    .addOption(takesValue('--to <day>', 'the last UTC day (default: today)'))
    .addOption(takesValue('--by <list>', 'of day, key, user, provider, model, tag; total for one sum (default: day)'))
    .addOption(takesValue('--key <key>', 'only the key of this id or name'))
    .option('--descendants', 'with the keys below --key')
    .addOption(takesValue('--user <text>', 'only this end user'))
    .addOption(takesValue('--provider <name>', 'only this provider'))
    .addOption(takesValue('--model <name>', 'only this model'))
    .addOption(takesValue('--tag <text>', 'only records with this tag'))
    .addOption(takesValue('--format <kind>', 'written as it comes (default: a table)', { choices: formats }))
    .addHelpText('after', '\nExample:\n  weir usage --by day,key --from 2026-11-01')
    .action((options: UsageOptions) => showUsage(options, env))
  addClientOptions(command)
}

async function showUsage(options: UsageOptions, env: NodeJS.ProcessEnv): Promise<void> {
  const { from, to, by, key, descendants, user, provider, model, tag } = options
  const format = readFormat(options)
  if (key !== undefined) checkKeyWord(key, '--key')
  await withClient(options, env, async (client) => {
    const query = {
      from,
      to,
      provider,
      model,
      tag,
      end_user: user,
      group_by: by === undefined ? undefined : toGroups(by),
      key_id: key === undefined ? undefined : await findKeyId(client, key),
      descendants: descendants ? 'true' : undefined,
      format: format ?? 'json',
    }
    const question = { method: 'GET', path: '/usage', query } as const
    if (format !== undefined) return writeExport(client, question)
    const rows = await askRows(client, question)
    if (rows.length === 0) return say('Nothing was used.')
    const named = rows.some((row) => row.key_id !== undefined) ? await nameKeys(client, rows) : rows
    // Where there are no keys above keys, or no labels, there is no empty column.
    const head = Object.keys(named[0] ?? {}).filter(
      (column) => (column !== 'team' && column !== 'labels') || named.some((row) => toText(row[column]) !== ''),
    )
    await print(renderTable(head, toCells(named, head)))
  })
}

export function defineRecords(command: Command, env: NodeJS.ProcessEnv): void {
  command
    .description('The record of every attempt, oldest first, written as it comes.')
    .addOption(takesValue('--from <when>', 'a day, or a date and time with its zone (default: the first record)'))
    .addOption(takesValue('--to <when>', 'the same; a day is included, a time is not (default: the last record)'))
    .addOption(takesValue('--key <key>', 'only the key of this id or name'))
    .addOption(takesValue('--format <kind>', 'how they are written (default: csv)', { choices: formats }))
    .addHelpText('after', '\nExample:\n  weir records --from 2026-11-01 --to 2026-11-30 > november.csv')
    .action(async (options: ExportOptions) => {
      const { from, to, key } = options
      const format = readFormat(options) ?? 'csv'
      if (key !== undefined) checkKeyWord(key, '--key')
      await withClient(options, env, async (client) => {
        const keyId = key === undefined ? undefined : await findKeyId(client, key)
        await writeExport(client, { method: 'GET', path: '/records', query: { from, to, key_id: keyId, format } })
      })
    })
  addClientOptions(command)
  const correct = command
    .enablePositionalOptions()
    .command('correct')
    .description('Sets what an attempt has cost, once that is known better. Sums, balances and budgets follow.')
    .argument('<id>', 'id of the record, gen_…')
    .addOption(takesValue('--cost <usd>', 'such as 0.72').makeOptionMandatory())
    .addOption(takesValue('--reason <text>', 'for the audit log').makeOptionMandatory())
    .addHelpText('after', "\nExample:\n  weir records correct gen_019a… --cost 0.72 --reason 'invoice 2026-11'")
    .action((id: string, options: CorrectOptions) => correctRecord(id, options, env))
  addClientOptions(correct)
}

type CorrectOptions = ClientOptions & { readonly cost: string; readonly reason: string }

async function correctRecord(id: string, options: CorrectOptions, env: NodeJS.ProcessEnv): Promise<void> {
  const { cost, reason } = options
  if (!/^gen_[0-9a-f]{1,64}$/.test(id)) throw usageError('<id> must be that of a record, gen_…; weir records has them.')
  if (!/^\d{1,7}(\.\d{1,9})?$/.test(cost))
    throw usageError('--cost must be an amount of USD with at most nine decimals, such as 0.72.')
  await withClient(options, env, async (client) => {
    const body = { cost_usd: Number(cost), reason }
    const record = await askObject(client, { method: 'POST', path: `/records/${id}/correct`, body })
    if (options.json) return printJson(record)
    say(`${id} costs $${toText(record.cost_usd)} now; it was booked at $${toText(record.booked_usd)}.`)
  })
}

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

export function definePrices(command: Command, env: NodeJS.ProcessEnv): void {
  command
    .description('What models cost, in USD for a million tokens or for one of something.')
    .argument('[pattern]', 'a model; * stands for any text (default: all)')
    .addOption(takesValue('--provider <name>', 'only this provider'))
    .addHelpText('after', "\nExample:\n  weir prices 'gpt-4o*'")
    .action((model: string | undefined, options: ClientOptions & { readonly provider?: string }) =>
      withClient(options, env, async (client) => {
        const query = { provider: options.provider, model }
        const list = await askPages(client, { path: '/prices', query, pageSize: 1_000 })
        if (options.json) return printJson(list)
        if (list.data.length === 0) return say('No price goes by that. * stands for any text: weir prices "gpt-4o*"')
        const head = priceColumns.filter((column) => list.data.some((price) => toText(price[column]) !== ''))
        await print(renderTable(head, toCells(list.data, head)))
      }),
    )
  addClientOptions(command)
}

const auditColumns = ['at', 'actor', 'address', 'action', 'subject', 'detail'] as const
const auditLimit = 50

interface AuditOptions extends ClientOptions {
  readonly subject?: string
  readonly limit?: string
}

export function defineAudit(command: Command, env: NodeJS.ProcessEnv): void {
  command
    .description('Who changed what, newest first.')
    .addOption(takesValue('--subject <key>', 'only changes of the key of this id or name, or of the record of this id'))
    .addOption(takesValue('--limit <n>', `the maximum number; none for all (default: ${auditLimit})`))
    .addHelpText('after', '\nExample:\n  weir audit --subject ann')
    .action(async (options: AuditOptions) => {
      const { subject, limit } = options
      const most = limit === undefined ? auditLimit : readCount(limit, 'limit')
      if (most === 0) throw usageError('--limit must be at least 1, or none.')
      if (subject !== undefined) checkKeyWord(subject, '--subject')
      await withClient(options, env, async (client) => {
        const isRecord = subject?.startsWith('gen_') === true
        const query = { subject: subject === undefined || isRecord ? subject : await findKeyId(client, subject) }
        const list = await askPages(client, { path: '/audit', query, pageSize: 100, most: most ?? undefined })
        if (options.json) return printJson(list)
        if (list.data.length === 0) return say('Nothing of the kind was noted.')
        await print(renderTable(auditColumns, toCells(list.data, auditColumns)))
      })
    })
  addClientOptions(command)
}

function toCells(rows: readonly JsonObject[], columns: readonly string[]): readonly (readonly string[])[] {
  return rows.map((row) => columns.map((column) => toText(row[column]) || '-'))
}

/** `total` is one row for everything. */
function toGroups(by: string): string {
  return by === 'total' ? '' : by.replace(/\buser\b/g, 'end_user')
}

/** Undefined for the form that people read. */
function readFormat({ format, json }: ExportOptions): string | undefined {
  if (!json) return format
  if (format === undefined || format === 'json') return 'json'
  throw usageError('--json and --format say different things. Give one of them.')
}

/** As it comes, however long. */
async function writeExport(client: AdminClient, question: AdminQuery): Promise<void> {
  try {
    await pipeline(await askStream(client, question), process.stdout, { end: false })
  } catch (cause) {
    if (cause instanceof CommandError || isEarlyEnd(cause)) throw cause
    const reason = cause instanceof Error ? cause.message : 'unknown error'
    throw new CommandError(`The export broke off, and what was written is not the whole (${reason}).`, { cause })
  }
}
