/** The configuration cannot be used. The server does not start; nothing of it reaches a caller. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  /** Every problem there is, each with its place and what to write instead. None holds a secret. */
  readonly problems: readonly string[]

  constructor(problems: readonly string[], options: { readonly cause?: unknown } = {}) {
    super(toMessage(problems), options)
    this.problems = problems
  }
}

function toMessage(problems: readonly string[]): string {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
  return `The configuration has ${count}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`
}

/** A place in the configuration: keys from the top. */
export type Path = readonly PropertyKey[]

/** Collects everything that is wrong, so that the operator sees all of it at once. */
export interface Problems {
  /** `message` continues the name of the place: "is not set", "must be …". */
  add(path: Path, message: string): void
  /** A problem of a variable that has no place in the file. */
  addVariable(name: string, message: string): void
  /** From now on the place is called by the variable that set it. */
  nameByVariable(path: Path, name: string): void
  /** True where the place, one above it or one below it already has a problem; a second one would only follow from the first. */
  isReported(path: Path): boolean
  /** One line each, in the order in which they were found. */
  all(): readonly string[]
}

export function createProblems(): Problems {
  const lines: string[] = []
  const reported: Path[] = []
  const variables = new Map<string, string>()
  const addLine = (line: string) => {
    const sentence = /[.?]$/.test(line) ? line : `${line}.`
    if (!lines.includes(sentence)) lines.push(sentence)
  }
  return {
    add(path, message) {
      reported.push(path)
      addLine(`${nameOf(path, variables)}: ${message}`)
    },
    addVariable: (name, message) => addLine(`${name}: ${message}`),
    nameByVariable: (path, name) => variables.set(toPathText(path), name),
    isReported: (path) => reported.some((other) => isPrefix(other, path) || isPrefix(path, other)),
    all: () => lines,
  }
}

function nameOf(path: Path, variables: ReadonlyMap<string, string>): string {
  for (let length = path.length; length > 0; length -= 1) {
    const variable = variables.get(toPathText(path.slice(0, length)))
    if (variable === undefined) continue
    return length === path.length ? variable : `${variable} (${toPathText(path.slice(length))})`
  }
  return path.length === 0 ? 'the configuration' : toPathText(path)
}

/** A path as people write it: `providers.groq.models[2]`. */
export function toPathText(path: Path): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`))
    .join('')
}

function isPrefix(short: Path, long: Path): boolean {
  return short.length <= long.length && short.every((key, index) => key === long[index])
}
