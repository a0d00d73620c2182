import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { tokenSecretFile } from './token-secret.ts'

// Keeps chats private on a shared machine, whatever modes the umask, a copy or an earlier release left.

/**
 * Creates the folder of the SQLite file at `path`, and the file if there is none. Removes the access rights of other
 * users from the database and its two companion files, which SQLite creates with the mode of the database.
 */
export function makeDatabasePrivate(path: string): void {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  makeFile(path)
  for (const file of [path, `${path}-wal`, `${path}-shm`]) makePrivate(file)
  // A folder with other content, such as a home folder, keeps its mode.
  if (readdirSync(folder).every((name) => ownNames.has(name) || name.startsWith(basename(path)))) makePrivate(folder)
}

const ownNames: ReadonlySet<string> = new Set(['images', tokenSecretFile])

/** Removes the access rights of other users from a folder and, if it had any, also from its files. */
export function makeFolderPrivate(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  if (makePrivate(path)) for (const name of readdirSync(path)) makePrivate(join(path, name))
}

/**
 * Creates a file, and never opens an existing one: closing that would drop SQLite's locks in this process
 * (https://sqlite.org/howtocorrupt.html).
 */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

/** Returns true if it removed rights. Leaves files of another user, or on a disk without modes, unchanged. */
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
