import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type JsonObject, parseJsonObject } from '../../../core/json.ts'
import { usageError } from './command-error.ts'

/** A secret from stdin: one line. A terminal is asked for it and does not show it. */
export async function readSecret(): Promise<string> {
  const input = process.stdin.isTTY ? await askHidden('The secret, then Enter: ') : await text(process.stdin)
  const secret = input.trim()
  if (secret === '') throw usageError('There was no secret on stdin.')
  if (/\s/.test(secret)) throw usageError('There is a space or a second line in the secret on stdin.')
  return secret
}

/** The JSON object in a file, or on stdin for `-`. */
export async function readJsonFile(path: string): Promise<JsonObject> {
  const content = path === '-' ? await text(process.stdin) : await readText(path)
  const object = parseJsonObject(content.replace(/^\ufeff/, ''))
  // What is wrong with it is not said, since it may hold a secret.
  if (object === undefined) throw usageError(`--from-json: ${path === '-' ? 'stdin' : path} holds no JSON object.`)
  return object
}

/** Whether somebody at the terminal agrees; undefined where nobody can be asked. */
export async function confirm(question: string): Promise<boolean | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await answerTo(terminal, `${question} [y/N] `)).trim())
  } finally {
    terminal.close()
  }
}

type Terminal = ReturnType<typeof createInterface>

/** Empty where the terminal is closed instead. */
function answerTo(terminal: Terminal, question: string): Promise<string> {
  return Promise.race([
    terminal.question(question),
    new Promise<string>((resolve) => {
      terminal.once('close', () => resolve(''))
    }),
  ])
}

async function askHidden(question: string): Promise<string> {
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output: silence, terminal: true })
  process.stderr.write(question)
  try {
    return await answerTo(terminal, '')
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    throw usageError(`--from-json: ${path} cannot be read (${code}).`)
  }
}
