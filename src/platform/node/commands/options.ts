import { type Command, Option } from 'commander'
import type { AdminClient } from './client.ts'
import { usageError } from './command-error.ts'

interface ValueRules {
  /** Allowed values; any value if left out. */
  readonly choices?: readonly string[]
  /** The last value wins. Otherwise the option may appear only once. */
  readonly lastWins?: boolean
}

/** Creates an option with one value, such as `--from <day>`. */
export function valueOption(
  flags: string,
  description: string,
  { choices = [], lastWins = false }: ValueRules = {},
): Option {
  const option = new Option(flags, description)
  if (choices.length > 0) option.choices(choices)
  // Replaces Commander's own checks, whose error messages repeat the value, which may be a secret (S21).
  return option.argParser((value: string, previous: string | undefined) => {
    if (previous !== undefined && !lastWins) throw usageError(`${option.long} appears twice. Give it once.`)
    refuseOption(value, option)
    if (choices.length === 0 || choices.includes(value)) return value
    throw usageError(`${option.long} must be one of ${choices.join(', ')}.`)
  })
}

/** Creates an option that may be repeated, each time with a value. */
export function repeatableOption(flags: string, description: string): Option {
  const option = new Option(flags, description)
  return option.argParser((value: string, previous: readonly string[] = []) => {
    refuseOption(value, option)
    return [...previous, value]
  })
}

/** The options of every command that uses the admin API. */
export interface ClientOptions {
  readonly url?: string
  readonly config?: string
  readonly json?: true
}

export function addClientOptions(command: Command): Command {
  return command
    .optionsGroup('Server and output:')
    .addOption(
      valueOption(
        '--url <url>',
        'URL of a remote server (WEIR_URL); needs its ADMIN_TOKEN in the environment (default: the storage of this folder, even while its server runs)',
      ),
    )
    .addOption(configOption())
    .option('--json', 'print one JSON document in the format of the admin API')
}

export function configOption(rules: ValueRules = {}): Option {
  return valueOption('--config <file>', 'weir.config.{yaml,json,ts} (default: the one in this folder)', rules)
}

/**
 * Runs `work` with the client that the options and the environment select. Rejects with CommandError or ConfigError.
 */
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
    throw usageError(
      '--config selects files of this machine, and --url (or WEIR_URL) a remote server. Use only one of them.',
    )
  if (url !== '') {
    const { openRemoteClient } = await import('./remote-client.ts')
    return openRemoteClient(url, env)
  }
  // Imported only here: it loads the database and much else, which a remote server makes unnecessary.
  const { openLocalClient } = await import('./local-client.ts')
  return openLocalClient(env, config)
}

/** Throws if the value begins with `--`. Commander would accept it: `--name --json` would create a key named `--json`. */
function refuseOption(value: string, { long }: Option): void {
  if (value.startsWith('--')) throw usageError(`${long} needs a value.`)
}
