import { existsSync, renameSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { copyDatabase, copyPages } from './copy-database.ts'
import { resultCodeOf } from './open-sqlite.ts'
import { openDatabase } from './open-storage.ts'

/** `in-use`: nothing was changed. `restored`: `previousPath` is the path of the replaced database, if there was one. */
export type Restored =
  | { readonly kind: 'in-use' }
  | { readonly kind: 'restored'; readonly previousPath: string | undefined }

const maxRetries = 200
const retryMs = 25

/**
 * Replaces the database at `path` with a backup, and keeps the old one beside it. Refuses while another process has it
 * open, unless `force` is true: then all processes see the new content at once. Rejects with the error of SQLite or of
 * the system, and then changes nothing.
 */
export async function restoreDatabase(
  file: string,
  path: string,
  { force, now }: { readonly force: boolean; readonly now: number },
): Promise<Restored> {
  const draft = `${path}.restore-${process.pid}`
  try {
    await copyDatabase(file, draft)
    await prepare(draft, now)
    const status = existsSync(path) ? statusOf(path) : 'missing'
    if (status === 'in-use' && !force) return { kind: 'in-use' }
    if (status === 'missing') {
      renameSync(draft, path)
      return { kind: 'restored', previousPath: undefined }
    }
    const previousPath = `${path}.before-restore-${new Date(now).toISOString().replaceAll(/[:.]/g, '-')}`
    if (status === 'unreadable') {
      for (const suffix of ['-wal', '-shm', ''])
        if (existsSync(path + suffix)) renameSync(path + suffix, previousPath + suffix)
      renameSync(draft, path)
    } else {
      await copyDatabase(path, previousPath)
      await replacePages(draft, path)
    }
    return { kind: 'restored', previousPath }
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(draft + suffix, { force: true })
  }
}

/** Migrates a backup to this release, and resets its process data. */
async function prepare(path: string, now: number): Promise<void> {
  requireWeirDatabase(path)
  const database = await openDatabase(path)
  try {
    await database.batch([
      // A process of the backup may still be alive and would keep its calls open for ever. Calls of a process without a
      // heartbeat are closed as `unknown`.
      { text: `UPDATE open_calls SET process_id = 'restored'`, params: [] },
      { text: 'DELETE FROM processes', params: [] },
      // Makes running processes drop their cached keys. A time is far above any version, which counts changes.
      { text: 'UPDATE key_version SET version = ? WHERE id = 1', params: [now] },
    ])
    await database.all('PRAGMA journal_mode = DELETE', [])
  } finally {
    database.close()
  }
}

/** Throws an error if the file is not a database of Weir. An empty file is a valid SQLite database, too. */
function requireWeirDatabase(path: string): void {
  const database = new DatabaseSync(path)
  try {
    database.prepare('SELECT 1 FROM weir_migrations')
  } catch {
    throw new Error('it is not a Weir database')
  } finally {
    database.close()
  }
}

function statusOf(path: string): 'free' | 'in-use' | 'unreadable' {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    // SQLite leaves WAL mode only if this is the only connection.
    database.exec('PRAGMA journal_mode = DELETE')
    return 'free'
  } catch (error) {
    return resultCodeOf(error) === 26 ? 'unreadable' : 'in-use'
  } finally {
    database.close()
  }
}

/** Copies with retries, because SQLite fails at once while another process writes. */
async function replacePages(from: string, path: string): Promise<void> {
  for (let left = maxRetries; ; left--) {
    try {
      return await copyPages(from, path)
    } catch (error) {
      if (left === 0) throw error
      await pause(retryMs)
    }
  }
}
