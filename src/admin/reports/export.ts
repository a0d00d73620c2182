import { type ByteStream, pullStream } from '../../core/byte-stream.ts'
import type { Clock } from '../../core/clock.ts'
import { escapeControls } from '../../core/escape-controls.ts'
import type { UsageStore } from '../../storage/usage-store.ts'

export interface ExportPorts {
  readonly usage: UsageStore
  readonly clock: Pick<Clock, 'after'>
}

/** `jsonl` is one object a line, `json` one array. */
export type ExportFormat = 'csv' | 'jsonl' | 'json'

export const exportContentTypes: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  jsonl: 'application/x-ndjson',
  json: 'application/json',
}

/** The value of one column in one row. A list is joined by `;` in CSV. */
export type Cell = string | number | boolean | readonly string[] | undefined

/** The columns of an export, in order, each with the reader of its cells. */
export type Columns<Row> = Readonly<Record<string, (row: Row) => Cell>>

/** Writes rows as text, page by page: `head`, any number of `rows`, `tail`. */
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
      // A comma goes before each row but the first of all pages.
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

/** One line by RFC 4180, with its end. Texts are quoted; where a spreadsheet would run one as a formula, `'` stands before it. */
export function toCsvLine(cells: readonly Cell[]): string {
  return `${cells.map(toCsvCell).join(',')}\r\n`
}

/**
 * Spreadsheets take a cell that begins so for a formula, also in full width, and run it (https://owasp.org/www-community/attacks/CSV_Injection).
 * Where one splits by another character than the comma, a cell begins behind that too.
 */
const formula = /(^|[;,\t\r\n])(?= *[=+\-@＝＋－＠])/g

function toCsvCell(cell: Cell): string {
  if (cell === undefined) return ''
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell)
  const text = typeof cell === 'string' ? cell : cell.join(';')
  // Amounts of money.
  if (/^\d+(\.\d+)?$/.test(text)) return text
  const harmless = escapeControls(text)
    .replace(formula, "$1'")
    .replace(/^[\t\r\n]/, "'$&")
  return `"${harmless.replaceAll('"', '""')}"`
}

/**
 * Streams strings as bytes. Rejects where the first of them fails; a later failure fails the stream. Each is made only when the one before
 * it was taken, so that one at a time is in memory. Other work has its turn between two of them, also where they come at once, as from a
 * database in the same process, and where they are empty.
 */
export async function streamStrings(
  texts: AsyncGenerator<string, void>,
  clock: Pick<Clock, 'after'>,
): Promise<ByteStream> {
  const encoder = new TextEncoder()
  let result: IteratorResult<string, void> = await texts.next()
  let isFirst = true
  return pullStream(
    async () => {
      for (;;) {
        if (!isFirst) {
          await new Promise<void>((resolve) => {
            clock.after(0, resolve)
          })
          result = await texts.next()
        }
        isFirst = false
        if (result.done === true) return { done: true }
        if (result.value !== '') return { done: false, value: encoder.encode(result.value) }
      }
    },
    // The read that is under way is its last.
    () => texts.return(),
  )
}
