/** A command could not do what was asked. The message is for whoever typed it, and holds no secret. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  /** 2 where the command line itself is wrong, 1 for everything else. */
  readonly exitCode: 1 | 2

  constructor(message: string, { exitCode = 1, cause }: { readonly exitCode?: 1 | 2; readonly cause?: unknown } = {}) {
    super(message, { cause })
    this.exitCode = exitCode
  }
}

/** The command line is wrong. */
export function usageError(message: string): CommandError {
  return new CommandError(message, { exitCode: 2 })
}
