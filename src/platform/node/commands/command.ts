import { parseArgs } from 'node:util'
import { didYouMean } from '../../../core/did-you-mean.ts'
import type { AdminClient } from './admin-client.ts'
import { usageError } from './command-error.ts'

export interface Option {
  readonly type: 'string' | 'boolean'
  readonly multiple?: boolean
  readonly short?: string
}

export type Options = Readonly<Record<string, Option>>

type OptionValue<Given extends Option> = Given['type'] extends 'boolean'
  ? boolean
  : Given extends { readonly multiple: true }
    ? readonly string[]
    : string

/** What was given for each option. */
export type OptionValues<Given extends Options> = {
  readonly [Name in keyof Given]?: OptionValue<Given[Name]> | undefined
}

/** What is left to do once the command line is understood. */
export type Work = (client: AdminClient) => Promise<void>

/** A command line that was understood. */
export interface CommandRequest<Given extends Options> {
  readonly values: OptionValues<Given>
  readonly words: readonly string[]
  /** One JSON document is wanted, as the admin API has it. */
  readonly isJson: boolean
}

export interface CommandDefinition<Given extends Options> {
  readonly options: Given
  /** What follows the command, such as `KEY`; `[PATTERN]` may be missing. */
  readonly words?: readonly string[]
  /** Throws CommandError for what is wrong with the values, before anything is opened. */
  plan(request: CommandRequest<Given>): Work
}

/** A command that asks the admin API. */
export interface Command {
  /** `name` is the command's own, such as `keys list`. Throws CommandError. */
  plan(name: string, args: readonly string[]): PlannedCommand
}

/** Options of every command. */
const sharedOptions = {
  url: { type: 'string' },
  config: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies Options

export interface PlannedCommand {
  readonly url: string | undefined
  readonly config: string | undefined
  readonly work: Work
}

export function defineCommand<const Given extends Options>(definition: CommandDefinition<Given>): Command {
  return {
    plan(name, args) {
      const parsed = parseCommandLine(name, args, { ...definition.options, ...sharedOptions })
      const { url, config, json } = parsed.values as OptionValues<typeof sharedOptions>
      checkWords(name, parsed.words, definition.words ?? [])
      const values = parsed.values as OptionValues<Given>
      return { url, config, work: definition.plan({ values, words: parsed.words, isJson: json === true }) }
    },
  }
}

/** The options and words of a command. Throws CommandError; no message repeats a value, since that may be a secret in a wrong place. */
export function parseCommandLine<Given extends Options>(
  name: string,
  args: readonly string[],
  options: Given,
): { readonly values: OptionValues<Given>; readonly words: readonly string[] } {
  try {
    const config = { args: [...args], options, allowPositionals: true, allowNegative: true, tokens: true } as const
    const { values, positionals, tokens } = parseArgs(config)
    const seen = new Set<string>()
    for (const token of tokens) {
      if (token.kind !== 'option' || options[token.name]?.multiple === true) continue
      if (seen.has(token.name)) throw usageError(`--${token.name} appears twice. Give it once.`)
      seen.add(token.name)
    }
    return { values: values as OptionValues<Given>, words: positionals }
  } catch (error) {
    throw toUsageError(error, name, options)
  }
}

function toUsageError(error: unknown, command: string, options: Options): unknown {
  if (!(error instanceof TypeError && 'code' in error)) return error
  const unknown = /^Unknown option '(-[\w-]+)'/.exec(error.message)?.[1]
  if (error.code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION' || unknown === undefined) return usageError(error.message)
  const known = Object.keys(options)
  const hint = didYouMean(unknown.replace(/^-+/, ''), known, { limit: 1, show: (name) => `--${name}` })
  return usageError(`weir ${command} has no option ${unknown.slice(0, 50)}. ${hint ?? `See weir ${command} --help.`}`)
}

function checkWords(name: string, given: readonly string[], wanted: readonly string[]): void {
  const needed = wanted.filter((word) => !word.startsWith('['))
  if (given.length >= needed.length && given.length <= wanted.length) return
  const missing = wanted[given.length]
  const problem = given.length < needed.length && missing !== undefined ? `${missing} is missing` : 'A word too many'
  throw usageError(`${problem}: weir ${[name, ...wanted].join(' ')}. See weir ${name} --help.`)
}
