import { type Command, Option } from 'commander'
import type { AdminClient } from './client.ts'
import { usageError } from './command-error.ts'

interface ValueRules {
  /** The only values; any if left out. */
  readonly choices?: readonly string[]
  /** The last of several values holds. Without it the option is given at most once. */
  readonly lastWins?: boolean
}

/** An option with one value, such as `--from <day>`. */
export function takesValue(
  flags: string,
  description: string,
  { choices = [], lastWins = false }: ValueRules = {},
): Option {
  const option = new Option(flags, description)
  if (choices.length > 0) option.choices(choices)
  // In place of commander's own checks: its messages repeat the value, which may be a secret (S21).
  return option.argParser((value: string, previous: string | undefined) => {
    if (previous !== undefined && !lastWins) throw usageError(`${option.long} appears twice. Give it once.`)
    refuseOption(value, option)
    if (choices.length === 0 || choices.includes(value)) return value
    throw usageError(`${option.long} must be one of ${choices.join(', ')}.`)
  })
}

/** An option with a value that may be given more than once. */
export function takesValues(flags: string, description: string): Option {
  const option = new Option(flags, description)
  return option.argParser((value: string, previous: readonly string[] = []) => {
    refuseOption(value, option)
    return [...previous, value]
  })
}

/** The options of every command that asks the admin API. */
export interface ClientOptions {
  readonly url?: string
  readonly config?: string
  readonly json?: true
}

export function addClientOptions(command: Command): Command {
  return command
    .optionsGroup('Where and how:')
    .addOption(
      takesValue(
        '--url <url>',
        'a server elsewhere, with its ADMIN_TOKEN in the environment (WEIR_URL) (default: the storage of a server in this folder, also while it runs)',
      ),
    )
    .addOption(configOption())
    .option('--json', 'one JSON document, as the admin API has it')
}

export function configOption(rules: ValueRules = {}): Option {
  return takesValue('--config <file>', 'weir.config.{yaml,json,ts} (default: the one in this folder)', rules)
}

/** Runs `work` with the client that the options and the environment ask for. Rejects with CommandError or ConfigError. */
export async function withClient(
  { url, config }: ClientOptions,
  env: NodeJS.ProcessEnv,
  work: (client: AdminClient) => Promise<void>,
): Promise<void> {
  const client = await openClient(url ?? env.WEIR_URL ?? '', config, env)
  try {
    await work(client)
  } finally {
    await client.close()
  }
}

async function openClient(url: string, config: string | undefined, env: NodeJS.ProcessEnv): Promise<AdminClient> {
  if (url !== '' && config !== undefined)
    throw usageError('--config is for files of this machine, and --url (or WEIR_URL) for a server. Give one of them.')
  if (url !== '') {
    const { openRemoteClient } = await import('./remote-client.ts')
    return openRemoteClient(url, env)
  }
  // It brings the database and much else, which a remote server makes unnecessary.
  const { openLocalClient } = await import('./local-client.ts')
  return openLocalClient(env, config)
}

/** Commander takes whatever follows for the value: `--name --json` would make a key of the name `--json`. */
function refuseOption(value: string, { long }: Option): void {
  if (value.startsWith('--')) throw usageError(`${long} needs a value.`)
}
