import { Command, CommanderError, type Option } from 'commander'
import { ConfigError } from '../../../config/config-error.ts'
import { CommandError, usageError } from './command-error.ts'
import { isClosedOutput, printMessage } from './print.ts'

/** Adds options, help and action to a command. */
type Define = (command: Command, env: NodeJS.ProcessEnv) => void

interface CommandEntry {
  readonly name: string
  readonly group: string
  readonly summary: string
  /** Loads the command's module, only when it is needed: those with the fields of a key take a third of a second. */
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
    summary: 'check the configuration and print what it means',
    load: async () => (await import('./serve.ts')).defineCheckConfig,
  },
  {
    name: 'keys',
    group: 'Virtual keys:',
    summary: 'create, list, change and delete virtual keys',
    load: async () => (await import('./keys.ts')).defineKeys,
  },
  {
    name: 'links',
    group: 'Virtual keys:',
    summary: 'one-time links that show the secret of a key',
    load: async () => (await import('./links.ts')).defineLinks,
  },
  {
    name: 'tokens',
    group: 'Virtual keys:',
    summary: 'revoke the tokens of end users',
    load: async () => (await import('./tokens.ts')).defineTokens,
  },
  {
    name: 'usage',
    group: 'Reports:',
    summary: 'usage by day, key, user, provider, model, tag or route',
    load: async () => (await import('./reports.ts')).defineUsage,
  },
  {
    name: 'records',
    group: 'Reports:',
    summary: 'usage records, one per attempt, as CSV or JSON',
    load: async () => (await import('./reports.ts')).defineRecords,
  },
  {
    name: 'prices',
    group: 'Reports:',
    summary: 'prices of models',
    load: async () => (await import('./reports.ts')).definePrices,
  },
  {
    name: 'route',
    group: 'Reports:',
    summary: 'explain which targets a model name reaches, and why',
    load: async () => (await import('./route.ts')).defineRoute,
  },
  {
    name: 'audit',
    group: 'Administration:',
    summary: 'log of administrative changes',
    load: async () => (await import('./reports.ts')).defineAudit,
  },
  {
    name: 'end-users',
    group: 'Administration:',
    summary: 'export or erase what is stored of a person',
    load: async () => (await import('./end-users.ts')).defineEndUsers,
  },
  {
    name: 'people',
    group: 'Administration:',
    summary: 'people who sign in to the admin API, and their roles',
    load: async () => (await import('./people.ts')).definePeople,
  },
  {
    name: 'admin-token',
    group: 'Administration:',
    summary: 'create a new secret for the admin API',
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
    summary: 'replace the database with a backup',
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
Run a command with --help to see its options.

Environment (docs/configuration.md lists all variables):
  OPENAI_API_KEY, DEEPINFRA_API_KEY  keys of providers; without any, the built-in demo responds
  TOKEN                              the secret that callers send as \`Authorization: Bearer …\`
  ADMIN_TOKEN                        the secret of the admin API at /admin/v1
  PORT, HOST                         where to listen (default: 8787 and 127.0.0.1)
  WORKERS                            processes that share the port, or auto for one per core (default: 1)
  STORAGE_PATH                       the folder of keys, records and sessions (default: .weir)
  WEIR_URL                           the remote server for keys and reports, same as --url

Exit codes:
  0  success
  1  the command failed: the server cannot be reached or refuses, a key does not exist, there is no database
  2  wrong usage: the command, an option, a value or the configuration is wrong`

interface ProgramOptions {
  readonly env: NodeJS.ProcessEnv
  readonly version?: string | undefined
}

/** Runs the command line as {@link runProgram} does, prints its error on stderr, and resolves with the exit code. */
export async function runToExitCode(args: readonly string[], options: ProgramOptions): Promise<number> {
  try {
    await runProgram(args, options)
    return 0
  } catch (error) {
    if (!(error instanceof ConfigError) && !(error instanceof CommandError)) throw error
    if (error.message !== '') printMessage(error.message)
    return error instanceof CommandError ? error.exitCode : 2
  }
}

/**
 * Parses the command line and runs its command. Rejects with CommandError or ConfigError. No message repeats a value,
 * because it may be a misplaced secret (S21).
 */
export async function runProgram(args: readonly string[], { env, version = 'unknown' }: ProgramOptions): Promise<void> {
  const program = await createProgram(args, env, version)
  const words = splitAssignments(withCommandFirst(args, program), program)
  try {
    await program.parseAsync(words, { from: 'user' })
  } catch (error) {
    // Not errors: stdout was closed early, or help or the version was printed.
    if (!isClosedOutput(error) && !(error instanceof CommanderError && error.exitCode === 0)) throw error
  }
}

/**
 * Creates the tree of commands. Loads the options only of commands that are among the words, of all for `completion`,
 * and of `serve` if the first word is an option.
 */
async function createProgram(words: readonly string[], env: NodeJS.ProcessEnv, version: string): Promise<Command> {
  const program = new Command('weir')
    .description('Weir: an OpenAI-compatible AI gateway that you own.')
    .usage('[command] [options]')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    // A command and its subcommand may have the same option: it belongs to the last command named before it.
    .enablePositionalOptions()
    .configureHelp({ subcommandTerm: (command) => command.name() })
    // The caller prints errors, on one line.
    .configureOutput({ outputError: () => {} })
    .addHelpText('after', epilogue)
  for (const { name, group, summary, load } of entries) {
    const command = program.command(name).helpGroup(group).summary(summary).helpCommand(false)
    const isNeeded = words.includes(name) || (name === 'serve' && isOption(words[0])) || words[0] === 'completion'
    if (isNeeded) (await load())(command, env)
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

/** Returns the full name of a command, such as `weir keys create`. */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

/**
 * Moves the command before options that precede it, because commander would parse those as options of `weir` itself.
 * Adds `serve` if no word is a command. Commander's own default command would treat a misspelt command as its argument.
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

/** Finds the deepest command that the words name, and the number of words in its name. */
function findCommand(above: Command, words: readonly string[], depth = 0): { command: Command; depth: number } {
  const below = above.commands.find((command) => command.name() === words[depth])
  return below === undefined ? { command: above, depth } : findCommand(below, words, depth + 1)
}

/** Returns the options of a command, including `--help`, which `command.options` lacks. */
function optionsOf(command: Command): readonly Option[] {
  return command.createHelp().visibleOptions(command)
}

/**
 * Splits `--name=ann`: commander would print the value of an unknown option, and suggest no similar one. Throws
 * CommandError for a value of a switch, which would become an argument: `keys delete --yes=ann` would delete `ann`.
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

/**
 * Converts an error of commander to one line without values. Returns help and version, which are not errors, unchanged.
 */
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
      // A group without a command: commander has printed its help on stderr.
      return new CommandError('', { exitCode: 2 })
    default:
      return usageError(`${error.message.replace(/^error: (.)/, (_, first: string) => first.toUpperCase())}. ${advice}`)
  }
}
