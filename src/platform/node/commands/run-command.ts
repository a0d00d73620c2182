import { didYouMean } from '../../../core/did-you-mean.ts'
import type { AdminClient } from './admin-client.ts'
import { deleteKey, disableKey, enableKey, rotateKey, updateKey } from './change-key.ts'
import type { Command, PlannedCommand } from './command.ts'
import { usageError } from './command-error.ts'
import type { CommandGroup } from './command-groups.ts'
import { helpOf } from './help.ts'
import { createKey, importKey } from './make-key.ts'
import { openRemoteClient } from './open-remote-client.ts'
import { print } from './print.ts'
import { listKeys, showBalance, showKey } from './read-keys.ts'
import { listAudit, listPrices, showUsage, writeRecords } from './report-commands.ts'

const keyCommands: Readonly<Record<string, Command>> = {
  create: createKey,
  import: importKey,
  list: listKeys,
  show: showKey,
  balance: showBalance,
  update: updateKey,
  disable: disableKey,
  enable: enableKey,
  rotate: rotateKey,
  delete: deleteKey,
}

const reports: Readonly<Record<Exclude<CommandGroup, 'keys' | 'admin-token'>, Command>> = {
  usage: showUsage,
  records: writeRecords,
  prices: listPrices,
  audit: listAudit,
}

/** `weir keys …` and the like; `args` follow the group's name. Rejects with CommandError or ConfigError. */
export async function runCommand(group: CommandGroup, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  if (args.some((arg) => arg === '--help' || arg === '-h')) return print(helpOf(group))
  if (group === 'admin-token') {
    const { replaceAdminSecret } = await import('./replace-admin-secret.ts')
    return replaceAdminSecret(args, env)
  }
  const planned = group === 'keys' ? planKeyCommand(args) : reports[group].plan(group, args)
  const client = await openClient(planned, env)
  try {
    await planned.work(client)
  } finally {
    await client.close()
  }
}

function planKeyCommand([name = '', ...args]: readonly string[]): PlannedCommand {
  const command = Object.hasOwn(keyCommands, name) ? keyCommands[name] : undefined
  if (command !== undefined) return command.plan(`keys ${name}`, args)
  const names = Object.keys(keyCommands)
  const hint = didYouMean(name, names, { limit: 1, show: (near) => near }) ?? `There are ${names.join(', ')}.`
  throw usageError(`weir keys does not know what to do. ${hint} See weir keys --help.`)
}

async function openClient({ url, config }: PlannedCommand, env: NodeJS.ProcessEnv): Promise<AdminClient> {
  const address = url ?? env.WEIR_URL ?? ''
  if (address !== '' && config !== undefined)
    throw usageError('--config is for files of this machine, and --url (or WEIR_URL) for a server. Give one of them.')
  if (address !== '') return openRemoteClient(address, env.ADMIN_TOKEN?.trim() || undefined)
  // It brings the database and much else, which a remote server makes unnecessary.
  const { openLocalClient } = await import('./open-local-client.ts')
  return openLocalClient(env, config)
}
