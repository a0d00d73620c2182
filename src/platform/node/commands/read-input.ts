import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type JsonObject, parseJsonObject } from '../../../core/json.ts'
import { CommandError, usageError } from './command-error.ts'

/** Reads a secret, one line, from stdin. At a terminal, prompts for it and does not echo it. */
export async function readSecret(): Promise<string> {
  const input = process.stdin.isTTY ? await promptHidden('Secret: ') : await text(process.stdin)
  const secret = input.trim()
  if (secret === '') throw usageError('No secret was found on stdin.')
  if (/\s/.test(secret)) throw usageError('The secret on stdin contains a space or a second line.')
  return secret
}

/** Reads a JSON object from a file, or from stdin for `-`. */
export async function readJsonFile(path: string): Promise<JsonObject> {
  const content = path === '-' ? await text(process.stdin) : await readContent(path)
  const object = parseJsonObject(content.replace(/^\ufeff/, ''))
  // The message does not quote the content, because it may contain a secret.
  if (object === undefined)
    throw usageError(`--from-json: ${path === '-' ? 'stdin' : path} does not contain a JSON object.`)
  return object
}

interface Confirmation {
  /** True if the options make the question needless, such as --yes. */
  readonly isConfirmed: boolean
  /** The message if there is no terminal to ask at. */
  readonly unconfirmed: string
  /** The message if the user declines. */
  readonly declined: string
}

/**
 * Throws CommandError at once if a question is needed and stdin or stderr is no terminal. The returned function asks, if
 * it is needed, and rejects with CommandError unless the answer is yes.
 */
export function prepareConfirmation({ isConfirmed, unconfirmed, declined }: Confirmation) {
  if (!isConfirmed && !(process.stdin.isTTY && process.stderr.isTTY)) throw usageError(unconfirmed)
  return async (toQuestion: () => string | Promise<string>): Promise<void> => {
    if (!isConfirmed && !(await ask(await toQuestion()))) throw new CommandError(declined)
  }
}

/** Prepares the confirmation of a deletion. */
export function confirmDeletion({ yes }: { readonly yes?: true }) {
  return prepareConfirmation({
    isConfirmed: yes === true,
    unconfirmed: 'A deletion cannot be undone, and there is no terminal to confirm it at. Add --yes.',
    declined: 'Nothing was deleted.',
  })
}

async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await prompt(terminal, `${question} [y/N] `)).trim())
  } finally {
    terminal.close()
  }
}

type Terminal = ReturnType<typeof createInterface>

/** Reads a line. Resolves with an empty string if the terminal is closed instead. */
function prompt(terminal: Terminal, question: string): Promise<string> {
  return Promise.race([
    terminal.question(question),
    new Promise<string>((resolve) => {
      terminal.once('close', () => resolve(''))
    }),
  ])
}

async function promptHidden(question: string): Promise<string> {
  const discard = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: discard, terminal: true })
  process.stderr.write(question)
  try {
    return await prompt(terminal, '')
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}

async function readContent(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    throw usageError(`--from-json: ${path} cannot be read (${code}).`)
  }
}
