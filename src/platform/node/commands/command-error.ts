interface CommandErrorOptions {
  readonly exitCode?: 1 | 2
  readonly code?: string | undefined
  readonly cause?: unknown
}

/** A command failed or was used wrongly. The message is for the user, and contains no secret. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  /** 2 if the command line or a value on it is wrong, 1 for everything else. */
  readonly exitCode: 1 | 2
  /** The server's error code, if a server refused the request. */
  readonly code: string | undefined

  constructor(message: string, { exitCode = 1, code, cause }: CommandErrorOptions = {}) {
    super(message, { cause })
    this.exitCode = exitCode
    this.code = code
  }
}

/** Returns an error for a wrong command line, with exit code 2. */
export function usageError(message: string): CommandError {
  return new CommandError(message, { exitCode: 2 })
}
