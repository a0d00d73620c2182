/** The configuration is invalid. The server does not start, and no caller sees the problems. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  /** One line for each problem: the key and the correction. Never contains a secret. */
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

/** A path to a configuration key: names from the top. */
export type Path = readonly PropertyKey[]

/** Collects all problems of a configuration, because the operator sees them in one list. */
export interface Problems {
  /** `message` continues the name of the key: "is not set", "must be …". */
  add(path: Path, message: string): void
  /** Adds a problem of an environment variable that sets no key of the file. */
  addVariable(name: string, message: string): void
  /** Messages about this path name the variable that set it from now on. */
  nameByVariable(path: Path, name: string): void
  /**
   * Returns true if the path, one above it or one below it has a problem. A second problem would only follow from the
   * first.
   */
  isReported(path: Path): boolean
  /** One line for each problem, in the order in which they were found. */
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
    nameByVariable: (path, name) => variables.set(formatPath(path), name),
    isReported: (path) => reported.some((other) => isPrefix(other, path) || isPrefix(path, other)),
    all: () => lines,
  }
}

function nameOf(path: Path, variables: ReadonlyMap<string, string>): string {
  for (let length = path.length; length > 0; length -= 1) {
    const variable = variables.get(formatPath(path.slice(0, length)))
    if (variable === undefined) continue
    return length === path.length ? variable : `${variable} (${formatPath(path.slice(length))})`
  }
  return path.length === 0 ? 'the configuration' : formatPath(path)
}

/** Formats a path as people write it: `providers.groq.models[2]`. */
export function formatPath(path: Path): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`))
    .join('')
}

function isPrefix(short: Path, long: Path): boolean {
  return short.length <= long.length && short.every((key, index) => key === long[index])
}
