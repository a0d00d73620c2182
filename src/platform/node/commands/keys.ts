import type { Command } from 'commander'
import { isJsonObject, type JsonObject } from '../../../core/json.ts'
import { nodeClock } from '../node-clock.ts'
import { type AdminClient, fetchObject } from './client.ts'
import { CommandError, usageError } from './command-error.ts'
import { checkKeyReference, fetchKeys, findKeyId } from './key-names.ts'
import { addKeyOptions, type KeyOptionValues, toKeyBody, toKeyFields } from './key-options.ts'
import { formatValue, renderKey, renderKeys, renderLimits, toRows } from './key-text.ts'
import { addClientOptions, type ClientOptions, valueOption, withClient } from './options.ts'
import {
  print,
  printJson,
  printMessage,
  printOnce,
  renderFields,
  renderTable,
  replaceControls,
  stringifyJson,
} from './print.ts'
import { confirmDeletion, readJsonFile, readSecret } from './read-input.ts'
import { parseDuration } from './read-values.ts'

/** Defines `weir keys …`. */
export function defineKeys(keys: Command, env: NodeJS.ProcessEnv): void {
  keys.description('Virtual keys. <key> is the id of a key, or its name if no other key has the same name.')

  for (const isImport of [false, true]) {
    const command = keys.command(isImport ? 'import' : 'create')
    command.description(
      isImport
        ? 'Creates a key with an existing secret, which is read from stdin.'
        : 'Creates a key and prints its secret once.',
    )
    addKeyOptions(command, { isNew: true })
      .addOption(valueOption('--parent <key>', 'the parent key'))
      .addOption(secretOption())
      .addHelpText('after', example(isImport ? 'import --name ann < secret.txt' : 'create --name ann --rpm 60'))
      .action((options: NewKeyOptions) => createKey(options, isImport || options.secret !== undefined, env))
  }

  keys
    .command('list')
    .description('Lists all keys, oldest first, or the children of one key.')
    .addOption(valueOption('--parent <key>', 'only the direct children of this key'))
    .addHelpText('after', example('list --parent team-search'))
    .action((options: NewKeyOptions) => listKeys(options, env))

  keys
    .command('show')
    .description('Shows a key, the remaining amount of each limit on it, and when each limit resets.')
    .argument('<key>', keyDescription)
    .addHelpText('after', example('show ann'))
    .action((idOrName: string, options: ClientOptions) =>
      withKey(idOrName, options, env, async (client, path) => {
        const key = await fetchObject(client, { method: 'GET', path })
        if (options.json) return printJson(key)
        await print(renderKey(key, nodeClock.now()))
        await print(await renderLimitStatus(client, key))
      }),
    )

  keys
    .command('balance')
    .description('Shows the spending of a key together with all keys below it.')
    .argument('<key>', keyDescription)
    .addHelpText('after', example('balance ann'))
    .action((idOrName: string, options: ClientOptions) =>
      withKey(idOrName, options, env, async (client, path) => {
        const balance = await fetchObject(client, { method: 'GET', path: `${path}/balance` })
        if (options.json) return printJson(balance)
        const fields = Object.entries(balance).filter(([name]) => name !== 'object' && name !== 'limits')
        await print(renderFields(fields.map(([name, value]) => [name, formatValue(value)] as const)))
      }),
    )

  keys
    .command('reconcile')
    .description(
      'Sets the balances of keys to the sums of their records. Use it after the database was restored to an earlier time but the balances were not, as on Workers.',
    )
    .argument('[key]', `${keyDescription}; its whole family is reconciled (default: all keys)`)
    .option('--dry-run', 'show the changes without making them')
    .addHelpText('after', example('reconcile --dry-run'))
    .action((idOrName: string | undefined, options: ReconcileOptions) => reconcileKeys(idOrName, options, env))

  const update = keys.command('update')
  update.description('Changes the named fields and leaves the others.').argument('<key>', keyDescription)
  addKeyOptions(update, { isNew: false })
    .addHelpText('after', example('update ann --rpm 120 --tpm none'))
    .action((idOrName: string, options: UpdateOptions) => updateKey(idOrName, options, env))

  keys
    .command('disable')
    .description('Refuses all calls of a key and of the keys below it.')
    .argument('<key>', keyDescription)
    .addHelpText('after', example('disable ann'))
    .action((idOrName: string, options: ClientOptions) =>
      withKey(idOrName, options, env, (client, path) => changeKey(client, path, { disabled: true }, options)),
    )

  keys
    .command('enable')
    .description('Allows the calls of a disabled key again.')
    .argument('<key>', keyDescription)
    .addHelpText('after', example('enable ann'))
    .action((idOrName: string, options: ClientOptions) =>
      withKey(idOrName, options, env, (client, path) => changeKey(client, path, { disabled: false }, options)),
    )

  keys
    .command('rotate')
    .description('Gives a key a new secret and prints it once. The old secret ends after the overlap.')
    .argument('<key>', keyDescription)
    .addOption(
      valueOption(
        '--overlap <time>',
        'time until the old secret ends, such as 24h or 7d; 0 ends it at once (default: 24h)',
      ),
    )
    .addOption(secretOption())
    .addHelpText('after', example('rotate ann --overlap 24h'))
    .action((idOrName: string, options: RotateOptions) => rotateKey(idOrName, options, env))

  keys
    .command('delete')
    .description('Deletes a key and all keys below it. Their records stay.')
    .argument('<key>', keyDescription)
    .option('-y, --yes', 'delete without confirmation (default: ask at a terminal)')
    .addHelpText('after', example('delete ann --yes'))
    .action((idOrName: string, options: DeleteOptions) => deleteKey(idOrName, options, env))

  for (const command of keys.commands) addClientOptions(command)
}

const keyDescription = 'id or name of the key'

function secretOption() {
  return valueOption('--secret <->', 'an existing secret, read from stdin')
}

function example(line: string): string {
  return `\nExample:\n  weir keys ${line}`
}

type NewKeyOptions = ClientOptions &
  KeyOptionValues & { readonly fromJson?: string; readonly parent?: string; readonly secret?: string }

async function createKey(options: NewKeyOptions, isImport: boolean, env: NodeJS.ProcessEnv): Promise<void> {
  const { fromJson: path, parent, secret } = options
  checkSecretOption(secret)
  const given = toKeyFields(options, nodeClock.now())
  if (parent !== undefined) checkKeyReference(parent, '--parent')
  if (isImport && path === '-')
    throw usageError('--from-json - and the secret cannot both be read from stdin. Put the JSON object into a file.')
  await withClient(options, env, async (client) => {
    const base = path === undefined ? {} : await readJsonFile(path)
    const parentField = parent === undefined ? {} : { parent_id: await findKeyId(client, parent) }
    const secretField = isImport ? { secret: await readSecret() } : {}
    const body = { ...toKeyBody(base, given), ...parentField, ...secretField }
    const key = await fetchObject(client, { method: 'POST', path: '/keys', body })
    await printSecret(key, typeof key.secret === 'string' ? 'Created' : 'Imported', client, options)
  })
}

async function listKeys({ parent, ...options }: NewKeyOptions, env: NodeJS.ProcessEnv): Promise<void> {
  if (parent !== undefined) checkKeyReference(parent, '--parent')
  await withClient(options, env, async (client) => {
    const list = await fetchKeys(client, parent === undefined ? undefined : await findKeyId(client, parent))
    if (options.json) return printJson(list)
    if (list.data.length === 0) return printMessage(`No keys found in ${client.location}.`)
    await print(renderKeys(list.data, nodeClock.now()))
  })
}

type ReconcileOptions = ClientOptions & { readonly dryRun?: true }

async function reconcileKeys(
  idOrName: string | undefined,
  options: ReconcileOptions,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  if (idOrName !== undefined) checkKeyReference(idOrName, '<key>')
  await withClient(options, env, async (client) => {
    const roots =
      idOrName === undefined
        ? (await fetchKeys(client)).data.filter((key) => key.parent_id === null).map(({ id }) => formatValue(id))
        : [await findKeyId(client, idOrName)]
    const body = { dry_run: options.dryRun === true }
    const families: JsonObject[] = []
    for (const id of roots)
      families.push(await fetchObject(client, { method: 'POST', path: `/keys/${id}/reconcile`, body }))
    if (options.json) return printJson(families)
    const rows = families.flatMap((family) => toRows(family.changes)).map(toReconciledRow)
    if (rows.length > 0) await print(renderTable(reconciledHead, rows))
    const changed = families.reduce((sum, family) => sum + Number(family.changed), 0)
    if (changed === 0) printMessage('All balances match their records.')
    else if (options.dryRun) printMessage(`Balances that differ from their records: ${changed}.`)
    else printMessage(`Balances set to the sums of their records: ${changed}.`)
  })
}

const reconciledHead = ['key_id', 'end_user', 'counted_usd', 'recorded_usd', 'counted_month', 'recorded_month']

function toReconciledRow({ key_id: keyId, end_user: endUser, counted, recorded }: JsonObject): readonly string[] {
  const [before, after] = [counted, recorded].map((spending) => (isJsonObject(spending) ? spending : {}))
  const amounts = [before?.spent_usd, after?.spent_usd, before?.month_usd, after?.month_usd]
  return [keyId, endUser, ...amounts].map((value) => formatValue(value) || '-')
}

type UpdateOptions = ClientOptions & KeyOptionValues & { readonly fromJson?: string }

async function updateKey(idOrName: string, options: UpdateOptions, env: NodeJS.ProcessEnv): Promise<void> {
  const given = toKeyFields(options, nodeClock.now())
  const isNamed = Object.keys(given.fields).length > 0 || Object.keys(given.limits).length > 0
  if (!isNamed && options.fromJson === undefined)
    throw usageError('Name at least one field to change, such as --rpm 60. See weir keys update --help.')
  await withKey(idOrName, options, env, async (client, path) => {
    const base = options.fromJson === undefined ? {} : await readJsonFile(options.fromJson)
    await changeKey(client, path, toKeyBody(base, given), options)
  })
}

type RotateOptions = ClientOptions & { readonly overlap?: string; readonly secret?: string }

async function rotateKey(idOrName: string, options: RotateOptions, env: NodeJS.ProcessEnv): Promise<void> {
  const { overlap, secret } = options
  checkSecretOption(secret)
  const seconds = overlap === undefined ? undefined : parseDuration(overlap)
  if (overlap !== undefined && seconds === undefined)
    throw usageError('--overlap must be a duration such as 24h or 7d; 0 ends the old secret at once.')
  await withKey(idOrName, options, env, async (client, path) => {
    const body = {
      ...(seconds !== undefined && { overlap_seconds: seconds }),
      ...(secret !== undefined && { secret: await readSecret() }),
    }
    const key = await fetchObject(client, { method: 'POST', path: `${path}/rotate`, body })
    await printSecret(key, 'Rotated', client, options)
  })
}

type DeleteOptions = ClientOptions & { readonly yes?: true }

async function deleteKey(idOrName: string, options: DeleteOptions, env: NodeJS.ProcessEnv): Promise<void> {
  const confirm = confirmDeletion(options)
  await withKey(idOrName, options, env, async (client, path) => {
    await confirm(async () => {
      const { id, name } = await fetchObject(client, { method: 'GET', path })
      const label = replaceControls(`${String(id)} (${String(name)})`)
      return `Delete ${label} and all keys below it in ${client.location}?`
    })
    const deleted = await fetchObject(client, { method: 'DELETE', path })
    if (options.json) return printJson(deleted)
    const below = Number(deleted.keys) - 1
    printMessage(`Deleted ${String(deleted.id)}${below > 0 ? ` and ${below} below it` : ''} in ${client.location}.`)
  })
}

/** Runs `work` with the API path of the key with this id or name. */
async function withKey(
  idOrName: string,
  options: ClientOptions,
  env: NodeJS.ProcessEnv,
  work: (client: AdminClient, path: string) => Promise<void>,
): Promise<void> {
  checkKeyReference(idOrName, '<key>')
  await withClient(options, env, async (client) => work(client, `/keys/${await findKeyId(client, idOrName)}`))
}

async function changeKey(client: AdminClient, path: string, body: JsonObject, options: ClientOptions): Promise<void> {
  const key = await fetchObject(client, { method: 'PATCH', path, body })
  await (options.json ? printJson(key) : print(renderKey(key, nodeClock.now())))
}

/**
 * Renders the status of the limits on a key, with the names of the ancestors that have them; empty if metering is off.
 * Rejects with CommandError: the store may be down, or an ancestor was just deleted.
 */
async function renderLimitStatus(client: AdminClient, key: JsonObject): Promise<string> {
  try {
    const { limits } = await fetchObject(client, { method: 'GET', path: `/keys/${formatValue(key.id)}/balance` })
    const rows = toRows(limits)
    const names = new Map([[formatValue(key.id), formatValue(key.name)]])
    for (const id of rows.map((row) => formatValue(row.key_id)))
      if (!names.has(id))
        names.set(id, formatValue((await fetchObject(client, { method: 'GET', path: `/keys/${id}` })).name))
    return renderLimits(rows, names)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    if (error.code === 'storage_not_configured') return ''
    throw new CommandError(`The limits cannot be shown: ${error.message}`, { cause: error })
  }
}

/** Throws CommandError for a secret in the arguments: every user of the machine can see them, and shells store them. */
function checkSecretOption(secret: string | undefined): void {
  if (secret === undefined || secret === '-') return
  throw usageError(
    '--secret accepts only -, which reads the secret from stdin: other users can see the arguments of a command.',
  )
}

/** Prints a generated secret to stdout, alone unless `--json` is set, and everything else to stderr. */
async function printSecret(
  key: JsonObject,
  verb: 'Created' | 'Imported' | 'Rotated',
  { location }: AdminClient,
  { json }: ClientOptions,
): Promise<void> {
  const { id, name, secret } = key
  printMessage(`${verb} ${String(id)} (${String(name)}) in ${location}.`)
  if (typeof secret !== 'string') return json ? printJson(key) : print(renderKey(key, nodeClock.now()))
  printMessage('Its secret follows on stdout. It is shown only once, because Weir stores only its hash.')
  await printOnce(
    json ? stringifyJson(key) : `${secret}\n`,
    `The secret is lost. Create another: weir keys rotate ${String(id)} --overlap 0`,
  )
}
