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
  return print(stringifyJson(value))
}

/** A JSON document as people can read it too. */
export function stringifyJson(value: unknown): string {
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

/** Cells of one line, as they are to be read. */
export type TableRow = readonly string[]

/** Columns as wide as they must be; those that hold nothing but numbers end together. Nothing at all for no rows. */
export function renderTable(head: TableRow, rows: readonly TableRow[]): string {
  if (rows.length === 0) return ''
  const lines = [head, ...rows.map((row) => row.map(toPlainText))]
  const widths = head.map((_, column) => lines.reduce((most, line) => Math.max(most, widthOf(line[column] ?? '')), 0))
  const isNumeric = head.map((_, column) => {
    const cells = rows.map((row) => row[column] ?? '').filter((cell) => cell !== '-')
    return cells.length > 0 && cells.every((cell) => /^[\d.]+$/.test(cell))
  })
  const pad = (text: string, column: number) => {
    const space = ' '.repeat((widths[column] ?? 0) - widthOf(text))
    return isNumeric[column] === true ? `${space}${text}` : `${text}${space}`
  }
  return lines.map((line) => `${line.map(pad).join('  ').trimEnd()}\n`).join('')
}

/** Names and values, one pair a line. */
export function renderFields(fields: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length))
  return fields.map(([name, value]) => `${name.padEnd(width)}  ${toPlainText(value)}\n`).join('')
}

function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()))
  })
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}

/** What a terminal shows in two columns, roughly: https://www.unicode.org/reports/tr11/ */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/gu

function widthOf(text: string): number {
  return [...text].length + (text.match(wide)?.length ?? 0)
}
