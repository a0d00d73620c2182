import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { backup, DatabaseSync } from 'node:sqlite'

/** All pages in one step: a copy in several begins again with each write of another process, and never ends beside a busy server. */
const rate = 2 ** 30

/**
 * Copies the SQLite file `from` into the new file `to`, as it is at one moment, whoever writes meanwhile; nobody waits for it. The copy is one
 * file, checked, for its owner alone, and appears under its name when it is whole. Rejects with the error of SQLite or of the system.
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

/** In one transaction of `to`, which other processes may have open: all of it or nothing. */
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
    // A file in WAL mode cannot be read on a disk that is read-only.
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
