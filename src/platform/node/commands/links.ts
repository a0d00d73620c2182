import type { Command } from 'commander'
import { nodeClock } from '../node-clock.ts'
import { fetchObject, fetchPages } from './client.ts'
import { usageError } from './command-error.ts'
import { checkKeyReference, findKeyId } from './key-names.ts'
import { addKeyOptions, type KeyOptionValues, toKeyBody, toKeyFields } from './key-options.ts'
import { formatValue } from './key-text.ts'
import { addClientOptions, type ClientOptions, valueOption, withClient } from './options.ts'
import { print, printJson, printMessage, printOnce, renderTable, stringifyJson } from './print.ts'
import { readJsonFile } from './read-input.ts'
import { parseDuration } from './read-values.ts'

type NewLinkOptions = ClientOptions &
  KeyOptionValues & { readonly fromJson?: string; readonly key?: string; readonly linkExpires?: string }

/** Defines `weir links …`. */
export function defineLinks(links: Command, env: NodeJS.ProcessEnv): void {
  links.description('One-time links, each of which shows the secret of a key to the person who opens it first.')

  addKeyOptions(links.command('create'), { isNew: true })
    .description('Creates a link, and its key unless --key names one, and prints the link once.')
    .addOption(valueOption('--key <key>', 'an existing key, which gets a new secret when the link is used'))
    .addOption(valueOption('--link-expires <time>', 'time until the link expires, at most 7d (default: 24h)'))
    .addHelpText('after', example('create --name ann --budget 10/month --link-expires 2d'))
    .action((options: NewLinkOptions) => createLink(options, env))

  links
    .command('list')
    .description('Lists all links, oldest first, without the links themselves.')
    .addHelpText('after', example('list'))
    .action((options: ClientOptions) =>
      withClient(options, env, async (client) => {
        const list = await fetchPages(client, { path: '/links', query: {}, pageSize: 100 })
        if (options.json) return printJson(list)
        if (list.data.length === 0) return printMessage(`No links found in ${client.location}.`)
        await print(
          renderTable(
            columns,
            list.data.map((link) => columns.map((column) => formatValue(link[column]) || '-')),
          ),
        )
      }),
    )

  links
    .command('delete')
    .description('Withdraws a link. Its key stays.')
    .argument('<id>', 'id of the link')
    .addHelpText('after', example('delete link_019a…'))
    .action((id: string, options: ClientOptions) => {
      if (!/^link_[0-9a-z]{1,64}$/.test(id))
        throw usageError('<id> must be the id of a link, such as link_019a…. List them with weir links list.')
      return withClient(options, env, async (client) => {
        const deleted = await fetchObject(client, { method: 'DELETE', path: `/links/${id}` })
        if (options.json) return printJson(deleted)
        printMessage(`Withdrew ${id} in ${client.location}.`)
      })
    })

  for (const command of links.commands) addClientOptions(command)
}

const columns = ['id', 'key_id', 'created_by', 'created_at', 'expires_at', 'claimed_at']

async function createLink(options: NewLinkOptions, env: NodeJS.ProcessEnv): Promise<void> {
  const { key, linkExpires, fromJson, json } = options
  const seconds = linkExpires === undefined ? undefined : parseDuration(linkExpires)
  if (linkExpires !== undefined && seconds === undefined)
    throw usageError('--link-expires must be a duration such as 2h or 7d.')
  const { fields, limits } = toKeyFields(options, nodeClock.now())
  const isNew = Object.keys(fields).length > 0 || Object.keys(limits).length > 0 || fromJson !== undefined
  if (isNew === (key !== undefined)) throw usageError('Name a new key with --name, or an existing one with --key.')
  if (key !== undefined) checkKeyReference(key, '--key')
  await withClient(options, env, async (client) => {
    const base = fromJson === undefined ? {} : await readJsonFile(fromJson)
    const target =
      key === undefined ? { key: toKeyBody(base, { fields, limits }) } : { key_id: await findKeyId(client, key) }
    const body = { kind: 'key', ...target, ...(seconds !== undefined && { expires_in: seconds }) }
    const link = await fetchObject(client, { method: 'POST', path: '/links', body })
    printMessage(`Created ${String(link.id)} for ${String(link.key_id)} in ${client.location}.`)
    printMessage('The link follows on stdout. It is shown only once, and shows a secret once.')
    await printOnce(json ? stringifyJson(link) : `${String(link.url)}\n`, 'The link is lost. Create another.')
  })
}

function example(line: string): string {
  return `\nExample:\n  weir links ${line}`
}
