import { accessSync, constants, lstatSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'

// Checks without side effects. Each throws an error whose message contains the path and the problem.

/** Checks that the folder can be used, or created if it is missing. */
export function checkFolder(path: string): void {
  const found = find(path)
  if (found === undefined) {
    const parent = dirname(path)
    if (parent !== path) checkFolder(parent)
    return
  }
  if (!found.isDirectory()) throw new Error(`${path} is not a folder`)
  checkAccess(path, constants.R_OK | constants.W_OK | constants.X_OK)
}

/** Checks that the file can be used as a database, or is missing. Returns true if it exists. */
export function checkDatabaseFile(path: string): boolean {
  const found = find(path)
  if (found === undefined) return false
  // Does not open the file: closing it would drop the locks that SQLite may hold on it in this process.
  if (!found.isFile()) throw new Error(`${path} is not a file`)
  for (const file of [path, `${path}-wal`, `${path}-shm`])
    if (find(file) !== undefined) checkAccess(file, constants.R_OK | constants.W_OK)
  return true
}

/** Returns undefined if the path does not exist. */
function find(path: string): Stats | undefined {
  if (toStats(() => lstatSync(path)) === undefined) return undefined
  const found = toStats(() => statSync(path))
  if (found === undefined) throw new Error(`${path} is a broken symbolic link`)
  return found
}

function toStats(readStats: () => Stats): Stats | undefined {
  try {
    return readStats()
  } catch (error) {
    // ENOTDIR: the path continues below a file, so it does not exist either.
    const isMissing = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
    if (isMissing) return undefined
    throw error
  }
}

function checkAccess(path: string, mode: number): void {
  try {
    accessSync(path, mode)
  } catch (cause) {
    const isReadOnly = cause instanceof Error && 'code' in cause && cause.code === 'EROFS'
    const reason = isReadOnly ? 'is on a read-only disk' : 'is not readable and writable for this user'
    throw new Error(`${path} ${reason}`)
  }
}
