import type { SqlRow } from './sql.ts'

/** The text in a column. Throws where the column has another type. */
export function readText(row: SqlRow, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new TypeError(`Column ${column} holds no text.`)
  return value
}

/** The text in a column, or undefined for NULL. */
export function readOptionalString(row: SqlRow, column: string): string | undefined {
  return row[column] === null ? undefined : readText(row, column)
}

/** The integer in a column. Throws where the column has another type. */
export function readInteger(row: SqlRow, column: string): number {
  const value = row[column]
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new TypeError(`Column ${column} holds no integer.`)
  return value
}

/** The integer in a column, or undefined for NULL. */
export function readOptionalInteger(row: SqlRow, column: string): number | undefined {
  return row[column] === null ? undefined : readInteger(row, column)
}
