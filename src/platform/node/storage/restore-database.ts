import { existsSync, renameSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { copyDatabase, copyPages } from './copy-database.ts'
import { resultCodeOf } from './open-sqlite.ts'
import { openDatabase } from './open-storage.ts'

/** Why nothing was changed, or where the database that was replaced is kept. */
export type Restored = { readonly kind: 'in-use' } | { readonly kind: 'restored'; readonly aside: string | undefined }

const tries = 200
const betweenTriesMs = 25

/**
 * Puts the database of a backup in the place of the one at `path`, which is kept beside it. Refuses while another process has that open, unless
 * `evenInUse`: then all of them see the other content at once. Rejects with the error of SQLite or of the system, and has changed nothing then.
 */
export async function restoreDatabase(
  file: string,
  path: string,
  { evenInUse, now }: { readonly evenInUse: boolean; readonly now: number },
): Promise<Restored> {
  const draft = `${path}.restore-${process.pid}`
  try {
    await copyDatabase(file, draft)
    await prepare(draft, now)
    const state = existsSync(path) ? stateOf(path) : 'missing'
    if (state === 'in-use' && !evenInUse) return { kind: 'in-use' }
    if (state === 'missing') {
      renameSync(draft, path)
      return { kind: 'restored', aside: undefined }
    }
    const aside = `${path}.before-restore-${new Date(now).toISOString().replaceAll(/[:.]/g, '-')}`
    if (state === 'unreadable') {
      for (const end of ['-wal', '-shm', '']) if (existsSync(path + end)) renameSync(path + end, aside + end)
      renameSync(draft, path)
    } else {
      await copyDatabase(path, aside)
      await replacePages(draft, path)
    }
    return { kind: 'restored', aside }
  } finally {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(draft + end, { force: true })
  }
}

/** Brings the content of a backup to this release, and to the present. */
async function prepare(path: string, now: number): Promise<void> {
  refuseStranger(path)
  const database = await openDatabase(path)
  try {
    await database.batch([
      // Their processes may live and would keep them open for ever: those of one that never beats are closed as `unknown`.
      { text: `UPDATE open_calls SET process_id = 'restored'`, params: [] },
      { text: 'DELETE FROM processes', params: [] },
      // A running process forgets the keys that it knows. No count of changes comes near a time.
      { text: 'UPDATE key_version SET version = ? WHERE id = 1', params: [now] },
    ])
    await database.all('PRAGMA journal_mode = DELETE', [])
  } finally {
    database.close()
  }
}

/** An empty file is a sound database too. */
function refuseStranger(path: string): void {
  const database = new DatabaseSync(path)
  try {
    database.prepare('SELECT 1 FROM weir_migrations')
  } catch {
    throw new Error('it is no database of Weir')
  } finally {
    database.close()
  }
}

function stateOf(path: string): 'free' | 'in-use' | 'unreadable' {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    // SQLite leaves WAL mode only for the one connection that there is.
    database.exec('PRAGMA journal_mode = DELETE')
    return 'free'
  } catch (error) {
    return resultCodeOf(error) === 26 ? 'unreadable' : 'in-use'
  } finally {
    database.close()
  }
}

/** Where another process is just writing, SQLite does not wait. */
async function replacePages(from: string, path: string): Promise<void> {
  for (let left = tries; ; left--) {
    try {
      return await copyPages(from, path)
    } catch (error) {
      if (left === 0) throw error
      await pause(betweenTriesMs)
    }
  }
}
