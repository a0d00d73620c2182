import { Command, CommanderError, type Option } from 'commander'
import { CommandError, usageError } from './command-error.ts'
import { isEarlyEnd } from './print.ts'

/** Adds a command's options, help and action to it. */
type Define = (command: Command, env: NodeJS.ProcessEnv) => void

interface CommandEntry {
  readonly name: string
  readonly group: string
  readonly summary: string
  /** A command's module is loaded when it is named: those that know the fields of a key take a third of a second. */
  load(): Promise<Define>
}

const entries: readonly CommandEntry[] = [
  {
    name: 'serve',
    group: 'Server:',
    summary: 'start the gateway (default)',
    load: async () => (await import('./serve.ts')).defineServe,
  },
  {
    name: 'check-config',
    group: 'Server:',
    summary: 'check the configuration and say what it means',
    load: async () => (await import('./serve.ts')).defineCheckConfig,
  },
  {
    name: 'keys',
    group: 'Virtual keys:',
    summary: 'make, list, change and delete virtual keys',
    load: async () => (await import('./keys.ts')).defineKeys,
  },
  {
    name: 'usage',
    group: 'Reports:',
    summary: 'what was used, by day, key, user, provider, model or tag',
    load: async () => (await import('./reports.ts')).defineUsage,
  },
  {
    name: 'records',
    group: 'Reports:',
    summary: 'the record of every attempt, as CSV or JSON',
    load: async () => (await import('./reports.ts')).defineRecords,
  },
  {
    name: 'prices',
    group: 'Reports:',
    summary: 'what models cost',
    load: async () => (await import('./reports.ts')).definePrices,
  },
  {
    name: 'audit',
    group: 'Administration:',
    summary: 'who changed what',
    load: async () => (await import('./reports.ts')).defineAudit,
  },
  {
    name: 'admin-token',
    group: 'Administration:',
    summary: 'make another secret for the admin API',
    load: async () => (await import('./admin-token.ts')).defineAdminToken,
  },
  {
    name: 'backup',
    group: 'Administration:',
    summary: 'copy the database into a file, also while a server runs',
    load: async () => (await import('./backup.ts')).defineBackup,
  },
  {
    name: 'restore',
    group: 'Administration:',
    summary: 'put a backup in the place of the database',
    load: async () => (await import('./backup.ts')).defineRestore,
  },
  {
    name: 'completion',
    group: 'Shell:',
    summary: 'print a script that completes commands and options',
    load: async () => (await import('./completion.ts')).defineCompletion,
  },
]

const epilogue = `
Each command has its own --help.

Environment (docs/configuration.md has them all):
  OPENAI_API_KEY, DEEPINFRA_API_KEY  keys of providers; with none, the built-in demo answers
  TOKEN                              the secret that callers send as \`Authorization: Bearer …\`
  ADMIN_TOKEN                        the secret that opens the admin API, at /admin/v1
  PORT, HOST                         where to listen (default: 8787 and 127.0.0.1)
  WORKERS                            processes that share the port, or auto for one a core (default: 1)
  STORAGE_PATH                       the folder of keys, records and sessions (default: .weir)
  WEIR_URL                           the server that keys and reports are asked of, as --url

Exit codes:
  0  done
  1  the command failed: the server cannot be reached or refuses, a key does not exist, there is no database
  2  wrong usage: the command, an option, a value or the configuration is wrong`

/**
 * Understands the command line and does what it says. Rejects with CommandError or ConfigError. No message repeats a value, since that may be
 * a secret in a wrong place (S21).
 */
export async function runProgram(
  args: readonly string[],
  { env, version = 'unknown' }: { readonly env: NodeJS.ProcessEnv; readonly version?: string | undefined },
): Promise<void> {
  const program = await createProgram(args, env, version)
  const words = splitAssignments(withCommandFirst(args, program), program)
  try {
    await program.parseAsync(words, { from: 'user' })
  } catch (error) {
    // The reader of stdout had enough of it, or help and version were printed.
    if (!isEarlyEnd(error) && !(error instanceof CommanderError && error.exitCode === 0)) throw error
  }
}

/**
 * The tree of commands. Those whose name is among the words have their options and subcommands; `completion` needs those of all, and a line
 * that begins with an option those of `serve`, which is meant where no command follows.
 */
async function createProgram(words: readonly string[], env: NodeJS.ProcessEnv, version: string): Promise<Command> {
  const program = new Command('weir')
    .description('Weir: an OpenAI-compatible AI gateway that you own.')
    .usage('[command] [options]')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    // A command and one below it may have the same option: it belongs to the last that is named before it.
    .enablePositionalOptions()
    .configureHelp({ subcommandTerm: (command) => command.name() })
    // Errors are printed by the caller, on one line.
    .configureOutput({ outputError: () => {} })
    .addHelpText('after', epilogue)
  for (const { name, group, summary, load } of entries) {
    const command = program.command(name).helpGroup(group).summary(summary).helpCommand(false)
    const isMeant = words.includes(name) || (name === 'serve' && isOption(words[0])) || words[0] === 'completion'
    if (isMeant) (await load())(command, env)
  }
  throwUsageErrors(program)
  return program
}

function throwUsageErrors(command: Command): void {
  command.exitOverride((error) => {
    throw toUsageError(error, command)
  })
  for (const below of command.commands) throwUsageErrors(below)
}

/** Such as `weir keys create`. */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

/**
 * The command before the options, which commander would take for those of `weir` itself; `serve` where no word is a command. Commander's own
 * default command would take a misspelt command for an argument of it.
 */
function withCommandFirst(args: readonly string[], program: Command): readonly string[] {
  const [first] = args
  if (!isOption(first) || /^(-h|--help|-v|--version)$/.test(first ?? '')) return args
  const serve = findCommand(program, ['serve']).command
  const withValue = optionsOf(serve).flatMap(({ long, required }) => (required ? [long] : []))
  const start = args.findIndex(
    (word, index) => findCommand(program, [word]).depth > 0 && !withValue.includes(args[index - 1]),
  )
  if (start < 0) return ['serve', ...args]
  const end = start + findCommand(program, args.slice(start)).depth
  return [...args.slice(start, end), ...args.slice(0, start), ...args.slice(end)]
}

function isOption(word = '-'): boolean {
  return word.startsWith('-')
}

/** The command that the first `depth` words name. */
function findCommand(above: Command, words: readonly string[], depth = 0): { command: Command; depth: number } {
  const below = above.commands.find((command) => command.name() === words[depth])
  return below === undefined ? { command: above, depth } : findCommand(below, words, depth + 1)
}

/** With `--help`, which `command.options` lacks. */
function optionsOf(command: Command): readonly Option[] {
  return command.createHelp().visibleOptions(command)
}

/**
 * `--name=ann` as two words: commander repeats the whole of an option that it does not know, and finds no similar one for it. The value of a
 * switch is refused, since it would become an argument: `keys delete --yes=ann` would delete `ann`.
 */
function splitAssignments(words: readonly string[], program: Command): readonly string[] {
  const { command } = findCommand(program, words)
  const switches = optionsOf(command).flatMap(({ long, required }) => (required ? [] : [long]))
  return words.flatMap((word) => {
    const [, name, value] = /^(--[a-z][a-z-]*)=(.*)$/s.exec(word) ?? []
    if (name === undefined || value === undefined) return [word]
    if (switches.includes(name)) throw usageError(`${name} takes no value. See ${pathOf(command)} --help.`)
    return [name, value]
  })
}

/** Commander's complaint on one line and without values; help and version, which are no errors, as they are. */
function toUsageError(error: CommanderError, command: Command): Error {
  if (error.exitCode === 0) return error
  const path = pathOf(command)
  const hint = /\(Did you mean [^)]*\?\)/.exec(error.message)?.[0].slice(1, -1)
  const advice = hint === undefined ? `See ${path} --help.` : `${hint} See ${path} --help.`
  switch (error.code) {
    case 'commander.unknownOption':
      return usageError(`${path} has no option ${/'(-[\w-]{0,50})/.exec(error.message)?.[1]}. ${advice}`)
    case 'commander.unknownCommand': {
      const word = /'([a-z-]{1,20})'/.exec(error.message)?.[1]
      return usageError(`${path} has no command ${word === undefined ? 'of this name' : `\`${word}\``}. ${advice}`)
    }
    case 'commander.excessArguments':
      return usageError(`Unexpected argument. Usage: ${path} ${command.usage()}. ${advice}`)
    case 'commander.help':
      // A group without a command, which has printed its help on stderr.
      return new CommandError('', { exitCode: 2 })
    default:
      return usageError(`${error.message.replace(/^error: (.)/, (_, first: string) => first.toUpperCase())}. ${advice}`)
  }
}
