interface CommandErrorOptions {
  readonly exitCode?: 1 | 2
  readonly code?: string | undefined
  readonly cause?: unknown
}

/** A command failed, or was used wrongly. The message is for the person who typed it, and holds no secret. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  /** 2 where the command line or a value on it is wrong, 1 for everything else. */
  readonly exitCode: 1 | 2
  /** The code of the server's error, if a server refused. */
  readonly code: string | undefined

  constructor(message: string, { exitCode = 1, code, cause }: CommandErrorOptions = {}) {
    super(message, { cause })
    this.exitCode = exitCode
    this.code = code
  }
}

/** The command line is wrong. */
export function usageError(message: string): CommandError {
  return new CommandError(message, { exitCode: 2 })
}
