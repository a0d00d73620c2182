import type { Command } from 'commander'
import type { JsonObject } from '../../../core/json.ts'
import { type AdminClient, fetchObject } from './client.ts'
import { CommandError, usageError } from './command-error.ts'
import { checkKeyReference, findCallerId } from './key-names.ts'
import { formatValue } from './key-text.ts'
import { addClientOptions, type ClientOptions, valueOption, withClient } from './options.ts'
import { printJson, printMessage, replaceControls } from './print.ts'
import { prepareConfirmation } from './read-input.ts'
import { writeExport } from './write-export.ts'

interface EndUserOptions extends ClientOptions {
  readonly key: string
  readonly user: string
}

/** Defines `weir end-users …`. */
export function defineEndUsers(endUsers: Command, env: NodeJS.ProcessEnv): void {
  endUsers.description('Exports or erases what is stored of an end user: the person that a call names as its `user`.')

  addUserOptions(endUsers.command('export'))
    .description('Exports the sessions, images and usage records of an end user as one JSON document.')
    .addHelpText('after', example('export --key app --user u_42 > u_42.json'))
    .action((options: EndUserOptions) => exportEndUser(options, env))

  addUserOptions(endUsers.command('erase'))
    .description(
      'Deletes the sessions and images of an end user, and replaces the name in usage records. Sums stay as they are.',
    )
    .option('--dry-run', 'count what would be erased')
    .option('-y, --yes', 'erase without confirmation (default: ask at a terminal)')
    .addHelpText('after', example('erase --key app --user u_42 --dry-run'))
    .action((options: EraseOptions) => eraseEndUser(options, env))

  for (const command of endUsers.commands) addClientOptions(command)
}

function addUserOptions(command: Command): Command {
  return command
    .addOption(
      valueOption(
        '--key <key>',
        'id or name of the key; token, visitors or login:<name> for the others',
      ).makeOptionMandatory(),
    )
    .addOption(valueOption('--user <string>', 'the end user, as calls name it').makeOptionMandatory())
}

function example(line: string): string {
  return `\nExample:\n  weir end-users ${line}`
}

async function exportEndUser(options: EndUserOptions, env: NodeJS.ProcessEnv): Promise<void> {
  checkOptions(options)
  await withClient(options, env, async (client) => {
    const body = { key_id: await findCallerId(client, options.key), end_user: options.user }
    await writeExport(client, { method: 'POST', path: '/end_users/export', body })
  })
}

type EraseOptions = EndUserOptions & { readonly dryRun?: true; readonly yes?: true }

async function eraseEndUser(options: EraseOptions, env: NodeJS.ProcessEnv): Promise<void> {
  checkOptions(options)
  const { key, user, dryRun: isDryRun = false } = options
  const confirm = prepareConfirmation({
    isConfirmed: options.yes === true || isDryRun,
    unconfirmed: 'An erasure cannot be undone, and there is no terminal to confirm it at. Add --yes.',
    declined: 'Nothing was erased.',
  })
  await withClient(options, env, async (client) => {
    const body = { key_id: await findCallerId(client, key), end_user: user, dry_run: isDryRun }
    await confirm(() => `Erase the end user ${replaceControls(user)} of ${body.key_id} in ${client.location}?`)
    const erased = await eraseAll(client, body)
    const verb = isDryRun ? 'Would erase' : 'Erased'
    const least = isDryRun && erased.has_more === true ? ' at least' : ''
    if (options.json) await printJson(erased)
    else printMessage(`${verb}${least} ${describeCounts(erased)} in ${client.location}.`)
    if (Number(erased.pending_calls) > 0)
      throw new CommandError(
        `Calls of the end user in progress: ${formatValue(erased.pending_calls)}. Repeat the command when they have ended.`,
      )
  })
}

const countNames = ['sessions', 'messages', 'images', 'responses', 'records'] as const

/** Repeats the request until nothing is left, and returns the last response with the sums of the counts. */
async function eraseAll(client: AdminClient, body: JsonObject): Promise<JsonObject> {
  const counts: Record<string, number> = {}
  for (let after: unknown; ; ) {
    const request = { ...body, ...(typeof after === 'string' && { after }) }
    const erased = await fetchObject(client, { method: 'POST', path: '/end_users/erase', body: request })
    for (const name of countNames) counts[name] = (counts[name] ?? 0) + Number(erased[name])
    if (erased.has_more !== true || body.dry_run === true) return { ...erased, ...counts }
    after = erased.next
  }
}

function describeCounts(erased: JsonObject): string {
  const { sessions, messages, images, responses, records } = erased
  const counts = { 'sessions with': sessions, messages, images, 'stored responses': responses }
  const list = Object.entries(counts).map(([name, count]) => `${formatValue(count)} ${name}`)
  return `${list.join(', ').replace('with,', 'with')}, and the name in ${formatValue(records)} records`
}

function checkOptions({ key, user }: EndUserOptions): void {
  checkKeyReference(key, '--key')
  if (user === '') throw usageError('--user must not be empty.')
}
