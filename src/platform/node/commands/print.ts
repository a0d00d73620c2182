import { CommandError } from './command-error.ts'

/** Control characters and what turns the direction of writing. A caller chose some of what is shown, and a terminal obeys them. */
const unprintable = /\p{C}/gu

/** A text that a terminal only shows. */
export function toPlainText(text: string): string {
  return text.replace(unprintable, '\ufffd')
}

/** Whoever reads stdout has seen enough of it, as `head` has. */
export function isEarlyEnd(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE'
}

/** Writes to stdout, and waits until that has happened. Rejects with CommandError, or with an error of which {@link isEarlyEnd} is true. */
export async function print(text: string): Promise<void> {
  try {
    await write(text)
  } catch (cause) {
    if (isEarlyEnd(cause)) throw cause
    throw new CommandError(`Standard output cannot be written (${reasonOf(cause)}).`, { cause })
  }
}

/** One JSON document on stdout. */
export function printJson(value: unknown): Promise<void> {
  return print(toJsonText(value))
}

/** A JSON document as people can read it too. */
export function toJsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** What cannot be printed a second time. Rejects with CommandError, which says `lost`, where it reaches nobody. */
export async function printOnce(text: string, lost: string): Promise<void> {
  try {
    await write(text)
  } catch (cause) {
    throw new CommandError(`Standard output cannot be written (${reasonOf(cause)}). ${lost}`, { cause })
  }
}

/** Words for people, one line on stderr. */
export function say(text: string): void {
  process.stderr.write(`${text.split('\n').map(toPlainText).join('\n')}\n`)
}

function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()))
  })
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}
