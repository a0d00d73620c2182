import { type ByteStream, pullStream } from '../../core/byte-stream.ts'
import type { Clock } from '../../core/clock.ts'
import { escapeControls } from '../../core/escape-controls.ts'
import type { UsageStore } from '../../storage/usage-store.ts'

export interface ExportPorts {
  readonly usage: UsageStore
  readonly clock: Pick<Clock, 'after'>
}

/** `jsonl` is one object per line, `json` one array. */
export type ExportFormat = 'csv' | 'jsonl' | 'json'

export const exportContentTypes: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  jsonl: 'application/x-ndjson',
  json: 'application/json',
}

/** The value of one column in one row. CSV joins a list with `;`. */
export type Cell = string | number | boolean | readonly string[] | undefined

/** The columns of an export in order, each with a function that reads its cell. */
export type Columns<Row> = Readonly<Record<string, (row: Row) => Cell>>

/** Renders rows page by page: `head`, any number of `rows`, `tail`. */
interface RowWriter<Row> {
  readonly head: string
  rows(rows: readonly Row[]): string
  readonly tail: string
}

export function createRowWriter<Row>(format: ExportFormat, columns: Columns<Row>): RowWriter<Row> {
  const entries = Object.entries(columns)
  const toJson = (row: Row) => JSON.stringify(Object.fromEntries(entries.map(([name, read]) => [name, read(row)])))
  switch (format) {
    case 'csv': {
      const toLine = (row: Row) => toCsvLine(entries.map(([, read]) => read(row)))
      return { head: `${Object.keys(columns).join(',')}\r\n`, rows: (rows) => rows.map(toLine).join(''), tail: '' }
    }
    case 'jsonl':
      return { head: '', rows: (rows) => rows.map((row) => `${toJson(row)}\n`).join(''), tail: '' }
    case 'json': {
      // A comma precedes each row except the first of the first page.
      let separator = '\n'
      const toElement = (row: Row) => {
        const element = `${separator}${toJson(row)}`
        separator = ',\n'
        return element
      }
      return { head: '[', rows: (rows) => rows.map(toElement).join(''), tail: '\n]\n' }
    }
  }
}

/**
 * Renders one line by RFC 4180. Strings are quoted; `'` precedes a string that a spreadsheet would run as a formula.
 */
export function toCsvLine(cells: readonly Cell[]): string {
  return `${cells.map(toCsvCell).join(',')}\r\n`
}

/**
 * The start of a formula, also in full-width characters, which a spreadsheet runs
 * (https://owasp.org/www-community/attacks/CSV_Injection). A spreadsheet may split cells at `;` or a tab, so a formula
 * can also start after these.
 */
const formula = /(^|[;,\t\r\n])(?= *[=+\-@＝＋－＠])/g

function toCsvCell(cell: Cell): string {
  if (cell === undefined) return ''
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell)
  const value = typeof cell === 'string' ? cell : cell.join(';')
  // Amounts of money stay unquoted.
  if (/^\d+(\.\d+)?$/.test(value)) return value
  const harmless = escapeControls(value)
    .replace(formula, "$1'")
    .replace(/^[\t\r\n]/, "'$&")
  return `"${harmless.replaceAll('"', '""')}"`
}

/**
 * Streams strings as bytes, with one string in memory at a time. Rejects if the first string fails; a later failure
 * fails the stream. It yields to the event loop between two strings, because a local database returns them without a
 * pause, and also if a string is empty.
 */
export async function streamStrings(
  strings: AsyncGenerator<string, void>,
  clock: Pick<Clock, 'after'>,
): Promise<ByteStream> {
  const encoder = new TextEncoder()
  let result: IteratorResult<string, void> = await strings.next()
  let isFirst = true
  return pullStream(
    async () => {
      for (;;) {
        if (!isFirst) {
          await new Promise<void>((resolve) => {
            clock.after(0, resolve)
          })
          result = await strings.next()
        }
        isFirst = false
        if (result.done === true) return { done: true }
        if (result.value !== '') return { done: false, value: encoder.encode(result.value) }
      }
    },
    // A read in progress still completes.
    () => strings.return(),
  )
}
