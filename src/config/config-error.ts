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
