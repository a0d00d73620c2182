import { createInterface } from 'node:readline/promises'
import { type Readable, Writable } from 'node:stream'
import { DeployError } from './deploy-error.ts'

/** Asks the user questions. */
export interface Terminal {
  /**
   * Resolves with the trimmed reply, '' if the user only presses Enter. A hidden reply does not appear on the screen.
   */
  ask(question: string, options?: { readonly isHidden?: boolean }): Promise<string>
}

/** Returns undefined in CI, and if input or output is not a terminal. */
export function openTerminal(
  input: Readable & { readonly isTTY?: boolean } = process.stdin,
  output: Writable & { readonly isTTY?: boolean } = process.stdout,
  isCI = Boolean(process.env.CI),
): Terminal | undefined {
  if (input.isTTY !== true || output.isTTY !== true || isCI) return undefined
  return {
    async ask(question, { isHidden = false } = {}) {
      const nothing = new Writable({ write: (_chunk, _encoding, done) => done() })
      const reader = createInterface({ input, output: isHidden ? nothing : output, terminal: true })
      const leaving = new AbortController()
      // Ctrl-C and Ctrl-D. Without these listeners the question would stay open for ever.
      for (const event of ['SIGINT', 'close']) reader.once(event, () => leaving.abort())
      try {
        if (isHidden) output.write(question)
        return (await reader.question(isHidden ? '' : question, { signal: leaving.signal })).trim()
      } catch (error) {
        if (leaving.signal.aborted) throw new DeployError('\nDeployment cancelled; nothing was published.')
        throw error
      } finally {
        reader.close()
        if (isHidden) output.write('\n')
      }
    },
  }
}
