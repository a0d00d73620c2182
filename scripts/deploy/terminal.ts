import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { DeployError } from './deploy-error.ts'

/** Questions to the user. */
export interface Terminal {
  /** The answer without space around it; empty where Enter alone was pressed. A hidden one does not appear on the screen. */
  ask(question: string, options?: { readonly isHidden?: boolean }): Promise<string>
}

/** Undefined where there is no one to ask: in CI, and where input or output is no terminal. */
export function openTerminal(): Terminal | undefined {
  if (!process.stdin.isTTY || !process.stdout.isTTY || process.env.CI) return undefined
  return {
    async ask(question, { isHidden = false } = {}) {
      process.stdout.write(question)
      const nothing = new Writable({ write: (_chunk, _encoding, done) => done() })
      const reader = createInterface({
        input: process.stdin,
        output: isHidden ? nothing : process.stdout,
        terminal: true,
      })
      const leaving = new AbortController()
      // Ctrl-C and Ctrl-D; without these the question would stay open for ever.
      for (const event of ['SIGINT', 'close']) reader.once(event, () => leaving.abort())
      try {
        return (await reader.question('', { signal: leaving.signal })).trim()
      } catch (error) {
        if (leaving.signal.aborted) throw new DeployError('\nThe deployment was left, and nothing was published.')
        throw error
      } finally {
        reader.close()
        if (isHidden) process.stdout.write('\n')
      }
    },
  }
}
