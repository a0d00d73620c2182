import { Argument, type Command } from 'commander'
import { usageError } from './command-error.ts'
import { print } from './print.ts'

const shells = ['bash', 'zsh', 'fish'] as const

/** `weir completion`: a script that completes what the tree of commands has. */
export function defineCompletion(command: Command): void {
  const shell = new Argument('<shell>', 'the shell that is to complete').choices(shells)
  // In place of commander's own check, which repeats the value.
  shell.argParser((word) => {
    if (shells.some((known) => known === word)) return word
    throw usageError(`<shell> must be one of ${shells.join(', ')}.`)
  })
  command
    .description('Prints a script that completes commands, options and their choices.')
    .addArgument(shell)
    .addHelpText('after', '\nExample:\n  eval "$(weir completion bash)"')
    .action((shell: (typeof shells)[number]) => {
      return print({ bash: toBash, zsh: toZsh, fish: toFish }[shell](toPlaces(command.parent ?? command)))
    })
}

/** A command, as a shell completes what follows it. */
interface Place {
  /** `/keys/create`; empty for `weir` itself. */
  readonly path: string
  /** What may follow, with what it means. */
  readonly words: readonly Word[]
}

interface Word {
  readonly text: string
  readonly meaning: string
  /** The values of an option that has no others. */
  readonly choices: readonly string[]
}

function toPlaces(command: Command, path = ''): readonly Place[] {
  const commands = command.commands.map((below) => ({
    text: below.name(),
    meaning: below.summary() || below.description(),
    choices: [],
  }))
  const values = command.registeredArguments.flatMap(({ argChoices = [], description }) =>
    argChoices.map((text) => ({ text, meaning: description, choices: [] })),
  )
  // Without a command the server starts, with the options of `serve`.
  const sources = [command, ...command.commands.filter((below) => below.name() === 'serve')]
  const known = sources.flatMap((source) => source.createHelp().visibleOptions(source))
  const options = [...new Map(known.map((option) => [option.long ?? option.flags, option]))].map(
    ([text, { description, argChoices = [] }]) => ({ text, meaning: description, choices: argChoices }),
  )
  return [
    { path, words: [...commands, ...values, ...options] },
    ...command.commands.flatMap((below) => toPlaces(below, `${path}/${below.name()}`)),
  ]
}

function toBash(places: readonly Place[]): string {
  return `# weir completion bash
_weir() {
  local place='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$place/$word" in
      ${pathsOf(places)}) place="$place/$word" ;;
    esac
  done
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
${choicesOf(places, (option, choices) => `    ${option}) words='${choices}' ;;`)}
    *)
      case "$place" in
${places.map(({ path, words }) => `        '${path}') words='${words.map(({ text }) => text).join(' ')}' ;;`).join('\n')}
      esac
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _weir weir
`
}

function toZsh(places: readonly Place[]): string {
  return `#compdef weir
# weir completion zsh
_weir() {
  local place='' word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$place/$word" in
      ${pathsOf(places)}) place="$place/$word" ;;
    esac
  done
  case "\${words[CURRENT-1]}" in
${choicesOf(places, (option, choices) => `    ${option}) compadd -- ${choices}; return ;;`)}
  esac
  local -a found
  case "$place" in
${places.map(({ path, words }) => `    '${path}') found=(${words.map(({ text, meaning }) => quote(`${text}:${meaning}`)).join(' ')}) ;;`).join('\n')}
  esac
  _describe weir found || _files
}
compdef _weir weir
`
}

function toFish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words }) =>
    words.map(({ text, meaning, choices }) => {
      const what = text.startsWith('--') ? `-l ${text.slice(2)}` : `-f -a ${text}`
      const values = choices.length === 0 ? '' : ` -x -a '${choices.join(' ')}'`
      return `complete -c weir -n 'test (__weir_place) = "${path}"' ${what}${values} -d ${quote(meaning)}`
    }),
  )
  return `# weir completion fish
function __weir_place
  set -l place ''
  for word in (commandline -opc)[2..]
    switch "$place/$word"
      case ${pathsOf(places).replaceAll('|', ' ')}
        set place "$place/$word"
    end
  end
  echo "$place"
end
${lines.join('\n')}
`
}

/** As the patterns of a shell's `case`. */
function pathsOf(places: readonly Place[]): string {
  return places
    .map(({ path }) => path)
    .filter((path) => path !== '')
    .join('|')
}

/** The options with choices, each once. */
function choicesOf(places: readonly Place[], render: (option: string, choices: string) => string): string {
  const options = places.flatMap(({ words }) => words).filter(({ choices }) => choices.length > 0)
  return [...new Set(options.map(({ text, choices }) => render(text, choices.join(' '))))].join('\n')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
