import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { backup, DatabaseSync } from 'node:sqlite'

/** All pages in one step: a copy in several steps restarts at each write, and never ends beside a busy server. */
const rate = 2 ** 30

/**
 * Copies the SQLite file `from` into the new file `to`, as a consistent snapshot, without blocking writers. The copy is
 * a single checked file that only its owner can read. It appears under its name when it is complete. Rejects with the
 * error of SQLite or of the system.
 */
export async function copyDatabase(from: string, to: string): Promise<void> {
  const draft = `${to}.${process.pid}.tmp`
  closeSync(openSync(draft, 'wx', 0o600))
  try {
    await copyPages(from, draft)
    checkCopy(draft)
    syncFile(draft)
    renameSync(draft, to)
  } finally {
    for (const file of [draft, `${draft}-wal`, `${draft}-shm`, `${draft}-journal`]) rmSync(file, { force: true })
  }
}

/** Copies all pages in one transaction of `to`, which other processes may have open. */
export async function copyPages(from: string, to: string): Promise<void> {
  const source = new DatabaseSync(from, { timeout: 5_000 })
  try {
    await backup(source, to, { rate })
  } finally {
    source.close()
  }
}

function checkCopy(path: string): void {
  const copy = new DatabaseSync(path)
  try {
    // A file in WAL mode cannot be read on a read-only disk.
    copy.exec('PRAGMA journal_mode = DELETE')
    const result = copy.prepare('PRAGMA quick_check(1)').get()?.quick_check
    if (result !== 'ok') throw new Error(`it is damaged (${result})`)
  } finally {
    copy.close()
  }
}

function syncFile(path: string): void {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
