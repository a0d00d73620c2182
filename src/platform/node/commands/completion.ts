import { Argument, type Command } from 'commander'
import { usageError } from './command-error.ts'
import { print } from './print.ts'

const shells = ['bash', 'zsh', 'fish'] as const

/** Defines `weir completion`, which prints a completion script for the tree of commands. */
export function defineCompletion(command: Command): void {
  const shell = new Argument('<shell>', 'the shell to print the script for').choices(shells)
  // Replaces commander's own check, whose message repeats the value (S21).
  shell.argParser((word) => {
    if (shells.some((known) => known === word)) return word
    throw usageError(`<shell> must be one of ${shells.join(', ')}.`)
  })
  command
    .description('Prints a script that completes commands, options and their values.')
    .addArgument(shell)
    .addHelpText('after', '\nExample:\n  eval "$(weir completion bash)"')
    .action((shell: (typeof shells)[number]) => {
      return print({ bash: toBash, zsh: toZsh, fish: toFish }[shell](toLevels(command.parent ?? command)))
    })
}

/** One command in the tree, with the words that may follow it. */
interface Level {
  /** `/keys/create`; empty for `weir` itself. */
  readonly path: string
  readonly words: readonly Word[]
}

interface Word {
  readonly word: string
  readonly description: string
  /** The allowed values of an option, if it restricts them. */
  readonly choices: readonly string[]
}

function toLevels(command: Command, path = ''): readonly Level[] {
  const commands = command.commands.map((below) => ({
    word: below.name(),
    description: below.summary() || below.description(),
    choices: [],
  }))
  const values = command.registeredArguments.flatMap(({ argChoices = [], description }) =>
    argChoices.map((word) => ({ word, description, choices: [] })),
  )
  // Without a command the server starts, with the options of `serve`.
  const sources = [command, ...command.commands.filter((below) => below.name() === 'serve')]
  const visible = sources.flatMap((source) => source.createHelp().visibleOptions(source))
  const options = [...new Map(visible.map((option) => [option.long ?? option.flags, option]))].map(
    ([word, { description, argChoices = [] }]) => ({ word, description, choices: argChoices }),
  )
  return [
    { path, words: [...commands, ...values, ...options] },
    ...command.commands.flatMap((below) => toLevels(below, `${path}/${below.name()}`)),
  ]
}

function toBash(levels: readonly Level[]): string {
  return `# weir completion bash
_weir() {
  local level='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$level/$word" in
      ${pathsOf(levels)}) level="$level/$word" ;;
    esac
  done
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
${choicesOf(levels, (option, choices) => `    ${option}) words='${choices}' ;;`)}
    *)
      case "$level" in
${levels.map(({ path, words }) => `        '${path}') words='${words.map(({ word }) => word).join(' ')}' ;;`).join('\n')}
      esac
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _weir weir
`
}

function toZsh(levels: readonly Level[]): string {
  return `#compdef weir
# weir completion zsh
_weir() {
  local level='' word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$level/$word" in
      ${pathsOf(levels)}) level="$level/$word" ;;
    esac
  done
  case "\${words[CURRENT-1]}" in
${choicesOf(levels, (option, choices) => `    ${option}) compadd -- ${choices}; return ;;`)}
  esac
  local -a found
  case "$level" in
${levels.map(({ path, words }) => `    '${path}') found=(${words.map(({ word, description }) => quote(`${word}:${description}`)).join(' ')}) ;;`).join('\n')}
  esac
  _describe weir found || _files
}
compdef _weir weir
`
}

function toFish(levels: readonly Level[]): string {
  const lines = levels.flatMap(({ path, words }) =>
    words.map(({ word, description, choices }) => {
      const flags = word.startsWith('--') ? `-l ${word.slice(2)}` : `-f -a ${word}`
      const values = choices.length === 0 ? '' : ` -x -a '${choices.join(' ')}'`
      return `complete -c weir -n 'test (__weir_level) = "${path}"' ${flags}${values} -d ${quote(description)}`
    }),
  )
  return `# weir completion fish
function __weir_level
  set -l level ''
  for word in (commandline -opc)[2..]
    switch "$level/$word"
      case ${pathsOf(levels).replaceAll('|', ' ')}
        set level "$level/$word"
    end
  end
  echo "$level"
end
${lines.join('\n')}
`
}

/** Joins the paths as patterns of a shell `case`. */
function pathsOf(levels: readonly Level[]): string {
  return levels
    .map(({ path }) => path)
    .filter((path) => path !== '')
    .join('|')
}

/** Renders each option that restricts its values, once. */
function choicesOf(levels: readonly Level[], render: (option: string, choices: string) => string): string {
  const options = levels.flatMap(({ words }) => words).filter(({ choices }) => choices.length > 0)
  return [...new Set(options.map(({ word, choices }) => render(word, choices.join(' '))))].join('\n')
}

function quote(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`
}
