import type { Command } from 'commander'
import { isJsonObject, type JsonObject } from '../../../core/json.ts'
import { nodeClock } from '../node-clock.ts'
import { type AdminClient, askObject } from './client.ts'
import { CommandError, usageError } from './command-error.ts'
import { askKeys, checkKeyWord, findKeyId } from './key-names.ts'
import { addKeyOptions, type KeyFields, type KeyOptionValues, toKeyFields } from './key-options.ts'
import { renderKey, renderKeys, renderLimits, toRows, toText } from './key-text.ts'
import { addClientOptions, type ClientOptions, takesValue, withClient } from './options.ts'
import { print, printJson, printOnce, renderFields, renderTable, say, stringifyJson, toPlainText } from './print.ts'
import { confirm, readJsonFile, readSecret } from './read-input.ts'
import { parseDuration } from './read-values.ts'

/** `weir keys …` */
export function defineKeys(keys: Command, env: NodeJS.ProcessEnv): void {
  keys.description('Virtual keys. <key> is the id of a key, or its name if no other key has that.')

  for (const isImport of [false, true]) {
    const command = keys.command(isImport ? 'import' : 'create')
    command.description(
      isImport
        ? 'Makes a key of a secret that exists already, read from stdin.'
        : 'Makes a key and shows its secret, once.',
    )
    addKeyOptions(command, { isNew: true })
      .addOption(takesValue('--parent <key>', 'the key above it'))
      .addOption(secretOption())
      .addHelpText('after', example(isImport ? 'import --name ann < secret.txt' : 'create --name ann --rpm 60'))
      .action((options: NewKeyOptions) => makeKey(options, isImport || options.secret !== undefined, env))
  }

  keys
    .command('list')
    .description('Lists all keys, oldest first, or those below one.')
    .addOption(takesValue('--parent <key>', 'only the keys directly below this one'))
    .addHelpText('after', example('list --parent team-search'))
    .action((options: NewKeyOptions) => listKeys(options, env))

  keys
    .command('show')
    .description('Shows a key, and how much of each limit on it is left, and when that resets.')
    .argument('<key>', keyMeaning)
    .addHelpText('after', example('show ann'))
    .action((word: string, options: ClientOptions) =>
      withKey(word, options, env, async (client, path) => {
        const key = await askObject(client, { method: 'GET', path })
        if (options.json) return printJson(key)
        await print(renderKey(key, nodeClock.now()))
        await print(await limitsText(client, key))
      }),
    )

  keys
    .command('balance')
    .description('Shows what a key has spent, with all keys below it.')
    .argument('<key>', keyMeaning)
    .addHelpText('after', example('balance ann'))
    .action((word: string, options: ClientOptions) =>
      withKey(word, options, env, async (client, path) => {
        const balance = await askObject(client, { method: 'GET', path: `${path}/balance` })
        if (options.json) return printJson(balance)
        const fields = Object.entries(balance).filter(([name]) => name !== 'object' && name !== 'limits')
        await print(renderFields(fields.map(([name, value]) => [name, toText(value)] as const)))
      }),
    )

  keys
    .command('reconcile')
    .description(
      'Sets what keys have spent to what their records say, after the database was restored to an earlier moment and the balances were not, as on Workers.',
    )
    .argument('[key]', `${keyMeaning}; its whole family is reconciled (default: all keys)`)
    .option('--dry-run', 'show what would change')
    .addHelpText('after', example('reconcile --dry-run'))
    .action((word: string | undefined, options: ReconcileOptions) => reconcileKeys(word, options, env))

  const update = keys.command('update')
  update.description('Changes what is named, and leaves the rest.').argument('<key>', keyMeaning)
  addKeyOptions(update, { isNew: false })
    .addHelpText('after', example('update ann --rpm 120 --tpm none'))
    .action((word: string, options: UpdateOptions) => updateKey(word, options, env))

  keys
    .command('disable')
    .description('Refuses every call of a key and of those below it.')
    .argument('<key>', keyMeaning)
    .addHelpText('after', example('disable ann'))
    .action((word: string, options: ClientOptions) =>
      withKey(word, options, env, (client, path) => changeKey(client, path, { disabled: true }, options)),
    )

  keys
    .command('enable')
    .description('Allows the calls of a disabled key again.')
    .argument('<key>', keyMeaning)
    .addHelpText('after', example('enable ann'))
    .action((word: string, options: ClientOptions) =>
      withKey(word, options, env, (client, path) => changeKey(client, path, { disabled: false }, options)),
    )

  keys
    .command('rotate')
    .description('Gives a key another secret and shows it, once. The old one ends after the overlap.')
    .argument('<key>', keyMeaning)
    .addOption(takesValue('--overlap <time>', 'such as 24h or 7d; 0 ends the old secret at once (default: 24h)'))
    .addOption(secretOption())
    .addHelpText('after', example('rotate ann --overlap 24h'))
    .action((word: string, options: RotateOptions) => rotateKey(word, options, env))

  keys
    .command('delete')
    .description('Deletes a key with all keys below it; their records stay.')
    .argument('<key>', keyMeaning)
    .option('-y, --yes', 'do not ask (default: ask at a terminal)')
    .addHelpText('after', example('delete ann --yes'))
    .action((word: string, options: DeleteOptions) => deleteKey(word, options, env))

  for (const command of keys.commands) addClientOptions(command)
}

const keyMeaning = 'id or name of the key'

function secretOption() {
  return takesValue('--secret <->', 'a secret that exists already, read from stdin')
}

function example(line: string): string {
  return `\nExample:\n  weir keys ${line}`
}

type NewKeyOptions = ClientOptions &
  KeyOptionValues & { readonly fromJson?: string; readonly parent?: string; readonly secret?: string }

async function makeKey(options: NewKeyOptions, isImport: boolean, env: NodeJS.ProcessEnv): Promise<void> {
  const { fromJson: path, parent, secret } = options
  checkSecretOption(secret)
  const given = toKeyFields(options, nodeClock.now())
  if (parent !== undefined) checkKeyWord(parent, '--parent')
  if (isImport && path === '-') throw usageError('--from-json - leaves nothing on stdin for the secret. Name a file.')
  await withClient(options, env, async (client) => {
    const base = path === undefined ? {} : await readJsonFile(path)
    const above = parent === undefined ? {} : { parent_id: await findKeyId(client, parent) }
    const brought = isImport ? { secret: await readSecret() } : {}
    const body = { ...toKeyBody(base, given), ...above, ...brought }
    const key = await askObject(client, { method: 'POST', path: '/keys', body })
    await tellSecret(key, typeof key.secret === 'string' ? 'Made' : 'Imported', client, options)
  })
}

async function listKeys({ parent, ...options }: NewKeyOptions, env: NodeJS.ProcessEnv): Promise<void> {
  if (parent !== undefined) checkKeyWord(parent, '--parent')
  await withClient(options, env, async (client) => {
    const list = await askKeys(client, parent === undefined ? undefined : await findKeyId(client, parent))
    if (options.json) return printJson(list)
    if (list.data.length === 0) return say(`There are no such keys in ${client.place}.`)
    await print(renderKeys(list.data, nodeClock.now()))
  })
}

type ReconcileOptions = ClientOptions & { readonly dryRun?: true }

async function reconcileKeys(
  word: string | undefined,
  options: ReconcileOptions,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  if (word !== undefined) checkKeyWord(word, '<key>')
  await withClient(options, env, async (client) => {
    const roots =
      word === undefined
        ? (await askKeys(client)).data.filter((key) => key.parent_id === null).map(({ id }) => toText(id))
        : [await findKeyId(client, word)]
    const body = { dry_run: options.dryRun === true }
    const families: JsonObject[] = []
    for (const id of roots)
      families.push(await askObject(client, { method: 'POST', path: `/keys/${id}/reconcile`, body }))
    if (options.json) return printJson(families)
    const rows = families.flatMap((family) => toRows(family.changes)).map(toReconciledRow)
    if (rows.length > 0) await print(renderTable(reconciledHead, rows))
    const changed = families.reduce((sum, family) => sum + Number(family.changed), 0)
    if (changed === 0) say('Balances and records say the same.')
    else say(`Balances that ${options.dryRun ? 'differ from' : 'are set to'} what the records say: ${changed}.`)
  })
}

const reconciledHead = ['key_id', 'end_user', 'counted_usd', 'recorded_usd', 'counted_month', 'recorded_month']

function toReconciledRow({ key_id: keyId, end_user: endUser, counted, recorded }: JsonObject): readonly string[] {
  const [before, after] = [counted, recorded].map((spending) => (isJsonObject(spending) ? spending : {}))
  const amounts = [before?.spent_usd, after?.spent_usd, before?.month_usd, after?.month_usd]
  return [keyId, endUser, ...amounts].map((value) => toText(value) || '-')
}

type UpdateOptions = ClientOptions & KeyOptionValues & { readonly fromJson?: string }

async function updateKey(word: string, options: UpdateOptions, env: NodeJS.ProcessEnv): Promise<void> {
  const given = toKeyFields(options, nodeClock.now())
  const isNamed = Object.keys(given.fields).length > 0 || Object.keys(given.limits).length > 0
  if (!isNamed && options.fromJson === undefined)
    throw usageError('Say what to change, such as --rpm 60. See weir keys update --help.')
  await withKey(word, options, env, async (client, path) => {
    const base = options.fromJson === undefined ? {} : await readJsonFile(options.fromJson)
    await changeKey(client, path, toKeyBody(base, given), options)
  })
}

type RotateOptions = ClientOptions & { readonly overlap?: string; readonly secret?: string }

async function rotateKey(word: string, options: RotateOptions, env: NodeJS.ProcessEnv): Promise<void> {
  const { overlap, secret } = options
  checkSecretOption(secret)
  const seconds = overlap === undefined ? undefined : parseDuration(overlap)
  if (overlap !== undefined && seconds === undefined)
    throw usageError('--overlap must be a time such as 24h or 7d; 0 ends the old secret at once.')
  await withKey(word, options, env, async (client, path) => {
    const body = {
      ...(seconds !== undefined && { overlap_seconds: seconds }),
      ...(secret !== undefined && { secret: await readSecret() }),
    }
    const key = await askObject(client, { method: 'POST', path: `${path}/rotate`, body })
    await tellSecret(key, 'Rotated', client, options)
  })
}

type DeleteOptions = ClientOptions & { readonly yes?: true }

async function deleteKey(word: string, options: DeleteOptions, env: NodeJS.ProcessEnv): Promise<void> {
  const notAsked = 'Deleting cannot be undone, and there is no terminal to ask at. Add --yes.'
  if (!options.yes && !process.stdin.isTTY) throw usageError(notAsked)
  await withKey(word, options, env, async (client, path) => {
    if (!options.yes) {
      const { id, name } = await askObject(client, { method: 'GET', path })
      const what = toPlainText(`${String(id)} (${String(name)})`)
      const agreed = await confirm(`Delete ${what} and every key below it in ${client.place}?`)
      if (agreed === undefined) throw usageError(notAsked)
      if (!agreed) throw new CommandError('Nothing was deleted.')
    }
    const deleted = await askObject(client, { method: 'DELETE', path })
    if (options.json) return printJson(deleted)
    const below = Number(deleted.keys) - 1
    say(`Deleted ${String(deleted.id)}${below > 0 ? ` and ${below} below it` : ''} in ${client.place}.`)
  })
}

/** Runs `work` with the path of the key that `word` is the id or the name of. */
async function withKey(
  word: string,
  options: ClientOptions,
  env: NodeJS.ProcessEnv,
  work: (client: AdminClient, path: string) => Promise<void>,
): Promise<void> {
  checkKeyWord(word, '<key>')
  await withClient(options, env, async (client) => work(client, `/keys/${await findKeyId(client, word)}`))
}

async function changeKey(client: AdminClient, path: string, body: JsonObject, options: ClientOptions): Promise<void> {
  const key = await askObject(client, { method: 'PATCH', path, body })
  await (options.json ? printJson(key) : print(renderKey(key, nodeClock.now())))
}

/**
 * The limits on a key as they stand, with the names of the keys above that have them; nothing where the server keeps no books. Rejects with
 * CommandError: the store may be down, or a key above was just deleted.
 */
async function limitsText(client: AdminClient, key: JsonObject): Promise<string> {
  try {
    const { limits } = await askObject(client, { method: 'GET', path: `/keys/${toText(key.id)}/balance` })
    const rows = toRows(limits)
    const names = new Map([[toText(key.id), toText(key.name)]])
    for (const id of rows.map((row) => toText(row.key_id)))
      if (!names.has(id)) names.set(id, toText((await askObject(client, { method: 'GET', path: `/keys/${id}` })).name))
    return renderLimits(rows, names)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    if (error.code === 'storage_not_configured') return ''
    throw new CommandError(`The limits cannot be shown: ${error.message}`, { cause: error })
  }
}

/** Arguments are seen by every user of the machine, and kept by the shell. Throws CommandError. */
function checkSecretOption(secret: string | undefined): void {
  if (secret === undefined || secret === '-') return
  throw usageError(
    '--secret takes - alone, and reads the secret from stdin: others can see the arguments of a command.',
  )
}

/** An object that was given whole, under what the options say. */
function toKeyBody(base: JsonObject, { fields, limits }: KeyFields): JsonObject {
  if (Object.keys(limits).length === 0) return { ...base, ...fields }
  return { ...base, ...fields, limits: { ...(isJsonObject(base.limits) && base.limits), ...limits } }
}

/** Tells a key that has a new secret. One that Weir made goes to stdout, this once, and nothing else does unless the whole is wanted as JSON. */
async function tellSecret(
  key: JsonObject,
  verb: 'Made' | 'Imported' | 'Rotated',
  { place }: AdminClient,
  { json }: ClientOptions,
): Promise<void> {
  const { id, name, secret } = key
  say(`${verb} ${String(id)} (${String(name)}) in ${place}.`)
  if (typeof secret !== 'string') return json ? printJson(key) : print(renderKey(key, nodeClock.now()))
  say('Its secret follows on stdout. It is shown this once: Weir keeps its hash only.')
  await printOnce(
    json ? stringifyJson(key) : `${secret}\n`,
    `The secret is lost. Make another: weir keys rotate ${String(id)} --overlap 0`,
  )
}
