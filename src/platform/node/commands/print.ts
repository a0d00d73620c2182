import { CommandError } from './command-error.ts'

/** Control and format characters, including bidirectional ones. Callers choose some strings; a terminal obeys them. */
const unprintable = /\p{C}/gu

/** Replaces control characters, which a terminal would obey. */
export function replaceControls(value: string): string {
  return value.replace(unprintable, '\ufffd')
}

/** Returns true if the process that reads stdout has closed it, as `head` does. */
export function isClosedOutput(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE'
}

/** Prints, and waits until written. Rejects with CommandError, or as {@link isClosedOutput} recognises. */
export async function print(output: string): Promise<void> {
  try {
    await write(output)
  } catch (cause) {
    if (isClosedOutput(cause)) throw cause
    throw new CommandError(`Cannot write to standard output (${reasonOf(cause)}).`, { cause })
  }
}

/** Prints one JSON document. */
export function printJson(value: unknown): Promise<void> {
  return print(stringifyJson(value))
}

/** Formats a JSON document with indentation. */
export function stringifyJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** Prints output that cannot be printed again. Rejects with CommandError, whose message ends with `lostMessage`. */
export async function printOnce(output: string, lostMessage: string): Promise<void> {
  try {
    await write(output)
  } catch (cause) {
    throw new CommandError(`Cannot write to standard output (${reasonOf(cause)}). ${lostMessage}`, { cause })
  }
}

/** Prints a message for the user on stderr. */
export function printMessage(message: string): void {
  process.stderr.write(`${message.split('\n').map(replaceControls).join('\n')}\n`)
}

/** The formatted cells of one row. */
export type TableRow = readonly string[]

/** Renders a table; columns of numbers are right-aligned. Returns an empty string for no rows. */
export function renderTable(head: TableRow, rows: readonly TableRow[]): string {
  if (rows.length === 0) return ''
  const lines = [head, ...rows.map((row) => row.map(replaceControls))]
  const widths = head.map((_, column) => lines.reduce((max, line) => Math.max(max, widthOf(line[column] ?? '')), 0))
  const isNumeric = head.map((_, column) => {
    const cells = rows.map((row) => row[column] ?? '').filter((cell) => cell !== '-')
    return cells.length > 0 && cells.every((cell) => /^[\d.]+$/.test(cell))
  })
  const pad = (cell: string, column: number) => {
    const space = ' '.repeat((widths[column] ?? 0) - widthOf(cell))
    return isNumeric[column] === true ? `${space}${cell}` : `${cell}${space}`
  }
  return lines.map((line) => `${line.map(pad).join('  ').trimEnd()}\n`).join('')
}

/** Renders names and values, one pair per line. */
export function renderFields(fields: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length))
  return fields.map(([name, value]) => `${name.padEnd(width)}  ${replaceControls(value)}\n`).join('')
}

function write(output: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(output, (error) => (error ? reject(error) : resolve()))
  })
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}

/** Characters that a terminal shows in two columns, approximately: https://www.unicode.org/reports/tr11/ */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/gu

function widthOf(cell: string): number {
  return [...cell].length + (cell.match(wide)?.length ?? 0)
}
