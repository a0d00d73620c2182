import { type Cell, toCsvLine } from './to-csv-line.ts'

/** `jsonl` is one object a line, `json` one array. */
export type ExportFormat = 'csv' | 'jsonl' | 'json'

export const exportContentTypes: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  jsonl: 'application/x-ndjson',
  json: 'application/json',
}

/** The columns of an export, in order: where the cells of each come from. */
export type Columns<Row> = Readonly<Record<string, (row: Row) => Cell>>

/** Writes rows as text, page by page: `head`, any number of `rows`, `tail`. */
export interface RowWriter<Row> {
  readonly head: string
  rows(rows: readonly Row[]): string
  readonly tail: string
}

export function createRowWriter<Row>(format: ExportFormat, columns: Columns<Row>): RowWriter<Row> {
  const entries = Object.entries(columns)
  const toCells = (row: Row) => entries.map(([, read]) => read(row))
  const toJson = (row: Row) => JSON.stringify(Object.fromEntries(entries.map(([name, read]) => [name, read(row)])))
  switch (format) {
    case 'csv': {
      const head = toCsvLine(Object.keys(columns))
      return { head, rows: (rows) => rows.map((row) => toCsvLine(toCells(row))).join(''), tail: '' }
    }
    case 'jsonl':
      return { head: '', rows: (rows) => rows.map((row) => `${toJson(row)}\n`).join(''), tail: '' }
    case 'json':
      return { head: '[', rows: separate(toJson), tail: '\n]\n' }
  }
}

/** Puts a comma before each row but the first of all. */
function separate<Row>(toText: (row: Row) => string): (rows: readonly Row[]) => string {
  let separator = '\n'
  return (rows) => {
    const text = rows.map((row, index) => `${index === 0 ? separator : ',\n'}${toText(row)}`).join('')
    if (rows.length > 0) separator = ',\n'
    return text
  }
}
