import type { SqlRow } from './sql.ts'

/** Reads a TEXT column. Throws TypeError if the value has another type. */
export function readString(row: SqlRow, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new TypeError(`Column ${column} is not a string.`)
  return value
}

/** Reads a TEXT column; undefined for NULL. */
export function readOptionalString(row: SqlRow, column: string): string | undefined {
  return row[column] === null ? undefined : readString(row, column)
}

/** Reads an INTEGER column. Throws TypeError if the value is not a safe integer. */
export function readInteger(row: SqlRow, column: string): number {
  const value = row[column]
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw new TypeError(`Column ${column} is not a safe integer.`)
  return value
}

/** Reads an INTEGER column; undefined for NULL. */
export function readOptionalInteger(row: SqlRow, column: string): number | undefined {
  return row[column] === null ? undefined : readInteger(row, column)
}
