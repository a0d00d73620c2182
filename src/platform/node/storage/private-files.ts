import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

// Chats are private on a shared machine, whatever the umask is and whatever modes a copy or an earlier release left.

/**
 * Makes the folder of the SQLite file at `path`, an empty file if there is none, and takes the rights of others away from it and from the
 * two beside it. SQLite gives those the mode of the file.
 */
export function makeDatabasePrivate(path: string): void {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  makeFile(path)
  for (const file of [path, `${path}-wal`, `${path}-shm`]) makePrivate(file)
  // An operator's own folder, such as a home, stays as it is.
  if (readdirSync(folder).every((name) => name === 'images' || name.startsWith(basename(path)))) makePrivate(folder)
}

/** Takes the rights of others away from a folder and all that is in it. In one that is private already the files are out of their reach. */
export function makeFolderPrivate(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  if (makePrivate(path)) for (const name of readdirSync(path)) makePrivate(join(path, name))
}

/** Never a file that is there: closing it would drop the locks that SQLite holds on it in this process (https://sqlite.org/howtocorrupt.html). */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

/** True where there was something to take. What belongs to another user, or lies on a disk without modes, stays as it is. */
function makePrivate(path: string): boolean {
  // Windows has no such modes.
  const mode = process.platform === 'win32' ? 0 : (statSync(path, { throwIfNoEntry: false })?.mode ?? 0)
  if ((mode & 0o077) === 0) return false
  try {
    chmodSync(path, mode & 0o7700)
    return true
  } catch {
    return false
  }
}
