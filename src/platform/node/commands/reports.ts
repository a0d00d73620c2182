import type { Command } from 'commander'
import type { JsonObject } from '../../../core/json.ts'
import { fetchObject, fetchPages, fetchRows } from './client.ts'
import { usageError } from './command-error.ts'
import { addKeyNames, checkKeyReference, findKeyId } from './key-names.ts'
import { formatValue } from './key-text.ts'
import { addClientOptions, type ClientOptions, valueOption, withClient } from './options.ts'
import { print, printJson, printMessage, renderTable } from './print.ts'
import { readCount } from './read-values.ts'
import { writeExport } from './write-export.ts'

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
  readonly route?: string
}

const formats = ['csv', 'jsonl', 'json']

export function defineUsage(command: Command, env: NodeJS.ProcessEnv): void {
  command
    .description('Shows usage totals.')
    .addOption(valueOption('--from <day>', 'first UTC day, such as 2026-11-22 (default: thirty days ago)'))
    .addOption(valueOption('--to <day>', 'last UTC day (default: today)'))
    .addOption(
      valueOption(
        '--by <list>',
        'group by one or more of day, key, user, provider, model, tag, route, failure; total for one sum (default: day)',
      ),
    )
    .addOption(valueOption('--key <key>', 'only the key with this id or name'))
    .option('--descendants', 'include the keys below --key')
    .addOption(valueOption('--user <string>', 'only this end user'))
    .addOption(valueOption('--provider <name>', 'only this provider'))
    .addOption(valueOption('--model <name>', 'only this model'))
    .addOption(valueOption('--tag <string>', 'only records with this tag'))
    .addOption(valueOption('--route <name>', 'only attempts of this route'))
    .addOption(valueOption('--format <kind>', 'export format, streamed (default: a table)', { choices: formats }))
    .addHelpText('after', '\nExample:\n  weir usage --by day,key --from 2026-11-01')
    .action((options: UsageOptions) => showUsage(options, env))
  addClientOptions(command)
}

async function showUsage(options: UsageOptions, env: NodeJS.ProcessEnv): Promise<void> {
  const { from, to, by, key, descendants, user, provider, model, tag, route } = options
  const format = readFormat(options)
  if (key !== undefined) checkKeyReference(key, '--key')
  await withClient(options, env, async (client) => {
    const query = {
      from,
      to,
      provider,
      model,
      tag,
      route,
      end_user: user,
      group_by: by === undefined ? undefined : toGroups(by),
      key_id: key === undefined ? undefined : await findKeyId(client, key),
      descendants: descendants ? 'true' : undefined,
      format: format ?? 'json',
    }
    const adminQuery = { method: 'GET', path: '/usage', query } as const
    if (format !== undefined) return writeExport(client, adminQuery)
    const rows = await fetchRows(client, adminQuery)
    if (rows.length === 0) return printMessage('No usage found.')
    const named = rows.some((row) => row.key_id !== undefined) ? await addKeyNames(client, rows) : rows
    // Leaves out the columns for teams and labels if they would be empty.
    const head = Object.keys(named[0] ?? {}).filter(
      (column) => (column !== 'team' && column !== 'labels') || named.some((row) => formatValue(row[column]) !== ''),
    )
    await print(renderTable(head, toCells(named, head)))
  })
}

export function defineRecords(command: Command, env: NodeJS.ProcessEnv): void {
  command
    .description('Exports usage records, one per attempt, oldest first.')
    .addOption(valueOption('--from <time>', 'a day, or a date and time with a time zone (default: the first record)'))
    .addOption(valueOption('--to <time>', 'as --from; a day is included, a time is not (default: the last record)'))
    .addOption(valueOption('--key <key>', 'only the key with this id or name'))
    .addOption(valueOption('--format <kind>', 'export format (default: csv)', { choices: formats }))
    .addHelpText('after', '\nExample:\n  weir records --from 2026-11-01 --to 2026-11-30 > november.csv')
    .action(async (options: ExportOptions) => {
      const { from, to, key } = options
      const format = readFormat(options) ?? 'csv'
      if (key !== undefined) checkKeyReference(key, '--key')
      await withClient(options, env, async (client) => {
        const keyId = key === undefined ? undefined : await findKeyId(client, key)
        await writeExport(client, { method: 'GET', path: '/records', query: { from, to, key_id: keyId, format } })
      })
    })
  addClientOptions(command)
  const correct = command
    .enablePositionalOptions()
    .command('correct')
    .description('Corrects the cost of an attempt. Usage totals, balances and budgets change accordingly.')
    .argument('<id>', 'id of the record, gen_…')
    .addOption(valueOption('--cost <usd>', 'the correct cost, such as 0.72').makeOptionMandatory())
    .addOption(valueOption('--reason <string>', 'reason for the audit log').makeOptionMandatory())
    .addHelpText('after', "\nExample:\n  weir records correct gen_019a… --cost 0.72 --reason 'invoice 2026-11'")
    .action((id: string, options: CorrectOptions) => correctRecord(id, options, env))
  addClientOptions(correct)
}

type CorrectOptions = ClientOptions & { readonly cost: string; readonly reason: string }

async function correctRecord(id: string, options: CorrectOptions, env: NodeJS.ProcessEnv): Promise<void> {
  const { cost, reason } = options
  if (!/^gen_[0-9a-f]{1,64}$/.test(id))
    throw usageError('<id> must be the id of a record, gen_…. List the records with weir records.')
  if (!/^\d{1,7}(\.\d{1,9})?$/.test(cost))
    throw usageError('--cost must be an amount in USD with at most nine decimals, such as 0.72.')
  await withClient(options, env, async (client) => {
    const body = { cost_usd: Number(cost), reason }
    const record = await fetchObject(client, { method: 'POST', path: `/records/${id}/correct`, body })
    if (options.json) return printJson(record)
    printMessage(
      `The cost of ${id} is now $${formatValue(record.cost_usd)}; it was recorded at $${formatValue(record.booked_usd)}.`,
    )
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
    .description('Shows the prices of models in USD, per million tokens or per unit.')
    .argument('[pattern]', 'a model name; * matches any characters (default: all)')
    .addOption(valueOption('--provider <name>', 'only this provider'))
    .addHelpText('after', "\nExample:\n  weir prices 'gpt-6*'")
    .action((model: string | undefined, options: ClientOptions & { readonly provider?: string }) =>
      withClient(options, env, async (client) => {
        const query = { provider: options.provider, model }
        const list = await fetchPages(client, { path: '/prices', query, pageSize: 1_000 })
        if (options.json) return printJson(list)
        if (list.data.length === 0)
          return printMessage('No price matches. * matches any characters: weir prices "gpt-6*"')
        const head = priceColumns.filter((column) => list.data.some((price) => formatValue(price[column]) !== ''))
        await print(renderTable(head, toCells(list.data, head)))
      }),
    )
  addClientOptions(command)
}

const auditColumns = ['at', 'author', 'address', 'action', 'subject', 'detail'] as const
const auditLimit = 50

interface AuditOptions extends ClientOptions {
  readonly subject?: string
  readonly limit?: string
}

export function defineAudit(command: Command, env: NodeJS.ProcessEnv): void {
  command
    .description('Shows administrative changes, newest first.')
    .addOption(
      valueOption(
        '--subject <key>',
        'only changes of the key with this id or name, or of the record, person or link with this id',
      ),
    )
    .addOption(valueOption('--limit <n>', `maximum number of entries; none for all (default: ${auditLimit})`))
    .addHelpText('after', '\nExample:\n  weir audit --subject ann')
    .action(async (options: AuditOptions) => {
      const { subject, limit } = options
      const maxItems = limit === undefined ? auditLimit : readCount(limit, 'limit')
      if (maxItems === 0) throw usageError('--limit must be at least 1, or none.')
      if (subject !== undefined) checkKeyReference(subject, '--subject')
      await withClient(options, env, async (client) => {
        const isId = /^(gen|person|link)_/.test(subject ?? '')
        const query = { subject: subject === undefined || isId ? subject : await findKeyId(client, subject) }
        const list = await fetchPages(client, { path: '/audit', query, pageSize: 100, maxItems: maxItems ?? undefined })
        if (options.json) return printJson(list)
        if (list.data.length === 0) return printMessage('No audit entries found.')
        await print(renderTable(auditColumns, toCells(list.data, auditColumns)))
      })
    })
  addClientOptions(command)
}

function toCells(rows: readonly JsonObject[], columns: readonly string[]): readonly (readonly string[])[] {
  return rows.map((row) => columns.map((column) => formatValue(row[column]) || '-'))
}

/** Converts `--by` to the API's `group_by`; empty, which means one row, for `total`. */
function toGroups(by: string): string {
  return by === 'total' ? '' : by.replace(/\buser\b/g, 'end_user')
}

/** Returns the export format; undefined for a table. */
function readFormat({ format, json }: ExportOptions): string | undefined {
  if (!json) return format
  if (format === undefined || format === 'json') return 'json'
  throw usageError('--json and --format conflict. Use only one of them.')
}
