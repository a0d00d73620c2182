import { type Counters, createCounters } from '../../metering/counters.ts'
import { readText } from './read-column.ts'
import type { SyncSql } from './sync-sql.ts'

const statements = {
  read: 'SELECT state FROM counters WHERE subject = ?',
  write: `INSERT INTO counters (subject, state, updated_at) VALUES (?, ?, ?)
    ON CONFLICT (subject) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at`,
} as const

/** Counters of subjects nobody asks for are read again when they are asked for. */
const keptSubjects = 2_000

/** The counters of all subjects, for one transaction after the other. */
export interface CounterBook {
  /** A transaction has begun. */
  open(): void
  /** As they are; undefined where nothing was ever counted. Not to be changed. */
  read(subject: string): Counters | undefined
  /** To be changed in place; `write` keeps them. */
  edit(subject: string, now: number): Counters
  /** Writes what was edited in this transaction. */
  write(): void
  /** The transaction has failed: what is remembered may be wrong. */
  forget(): void
}

/**
 * Reads each subject once a transaction at most, and not at all where it is remembered and no other process has written to the file since.
 * A key that is asked for a hundred times in a transaction is written once.
 */
export function createCounterBook(sql: SyncSql): CounterBook {
  const known = new Map<string, Counters>()
  let edited = new Map<string, Counters>()

  function read(subject: string): Counters | undefined {
    const remembered = known.get(subject)
    if (remembered !== undefined) return remembered
    const [row] = sql.all(statements.read, [subject])
    if (row === undefined) return undefined
    const counters = JSON.parse(readText(row, 'state')) as Counters
    known.set(subject, counters)
    return counters
  }

  return {
    open() {
      if (sql.hasChanged() || known.size > keptSubjects) known.clear()
    },
    read,
    edit(subject, now) {
      const already = edited.get(subject)
      if (already !== undefined) return already
      const counters = read(subject) ?? createCounters(now)
      known.set(subject, counters)
      edited.set(subject, counters)
      return counters
    },
    write() {
      for (const [subject, counters] of edited) {
        sql.run(statements.write, [subject, JSON.stringify(counters), counters.latest])
      }
      edited = new Map()
    },
    forget() {
      known.clear()
      edited = new Map()
    },
  }
}
