import { DatabaseSync, type DatabaseSyncOptions } from 'node:sqlite'

/** Returns the rows of a query on a database file that other processes may have open. */
export function readRows(
  path: string,
  text: string,
  options: DatabaseSyncOptions = {},
): readonly Record<string, unknown>[] {
  const database = new DatabaseSync(path, { timeout: 5_000, ...options })
  try {
    return database
      .prepare(text)
      .all()
      .map((row) => ({ ...row }))
  } finally {
    database.close()
  }
}
