import { accessSync, constants, lstatSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'

// Checks that leave nothing behind. Each throws an error whose message tells the path and what is wrong with it.

/** That the folder can be used, or made where it is missing. */
export function checkFolder(path: string): void {
  const found = find(path)
  if (found === undefined) {
    const above = dirname(path)
    if (above !== path) checkFolder(above)
    return
  }
  if (!found.isDirectory()) throw new Error(`${path} is no folder`)
  checkAccess(path, constants.R_OK | constants.W_OK | constants.X_OK)
}

/** That the file can be used as a database, or is missing. True where it is there. */
export function checkDatabaseFile(path: string): boolean {
  const found = find(path)
  if (found === undefined) return false
  // It is not opened: closing it would drop the locks that SQLite may hold on it in this process.
  if (!found.isFile()) throw new Error(`${path} is no file`)
  for (const file of [path, `${path}-wal`, `${path}-shm`])
    if (find(file) !== undefined) checkAccess(file, constants.R_OK | constants.W_OK)
  return true
}

/** Undefined where there is nothing. */
function find(path: string): Stats | undefined {
  if (toStats(() => lstatSync(path)) === undefined) return undefined
  const found = toStats(() => statSync(path))
  if (found === undefined) throw new Error(`${path} is a link that leads nowhere`)
  return found
}

function toStats(look: () => Stats): Stats | undefined {
  try {
    return look()
  } catch (error) {
    // Below a file there is nothing either.
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
    const reason = isReadOnly ? 'is on a disk that is read-only' : 'may not be read and written by this user'
    throw new Error(`${path} ${reason}`)
  }
}
