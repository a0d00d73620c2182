import { createBoundedMap } from '../../../core/bounded-map.ts'
import { type Counters, parseCounters, stringifyCounters } from '../../../metering/counters.ts'
import { type SubjectCounters, userSubject } from '../../ledger/decide-admission.ts'
import type { ReconciledSubject } from '../../ledger/decide-reconciliation.ts'
import { readText } from '../read-column.ts'
import type { SyncSql } from '../sql.ts'

const statements = {
  read: 'SELECT state FROM counters WHERE subject = ?',
  write: `INSERT INTO counters (subject, state, updated_at) VALUES (?, ?, ?)
    ON CONFLICT (subject) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at`,
  // Ids of keys hold no slash.
  users: "SELECT subject FROM counters WHERE subject > ? AND instr(subject, '/user:') > 0 ORDER BY subject LIMIT ?",
  between: 'SELECT subject FROM counters WHERE subject >= ? AND subject < ? ORDER BY subject',
  delete: 'DELETE FROM counters WHERE subject = ?',
} as const

/** Beyond it, the counters that were loaded or changed longest ago are dropped, however often they are read, and loaded again when needed. */
const maxSubjects = 2_000

/** The table `counters` in memory: each subject is read once, and written once however often it has changed. */
export interface CounterCache {
  /** Drops the counters that may be old; unwritten changes stay. */
  refresh(): void
  /** Undefined where nothing was ever counted. */
  read(subject: string): Counters | undefined
  /** Keeps changed counters for `write`. */
  put(changed: readonly SubjectCounters[]): void
  /** Writes the counters that have changed since the last time; inside a transaction. */
  write(): void
  /** The next end users of keys that have counters, in the order of their names. */
  users(after: string, limit: number): readonly string[]
  /** The end users of a key that have counters, but for those that are not written yet. */
  usersOf(keyId: string): readonly string[]
  /** Forgets counters that decide nothing any more; inside a transaction. */
  delete(subject: string): void
  /** Drops everything, unwritten changes too: a transaction has failed. */
  clear(): void
}

export function createCounterCache(sql: SyncSql): CounterCache {
  const known = createBoundedMap<string, Counters>(maxSubjects)
  const changed = new Map<string, Counters>()

  return {
    refresh() {
      if (sql.hasChanged()) known.clear()
    },
    read(subject) {
      // A change that is not written yet is newer than the database, also where it was evicted from memory.
      const remembered = known.get(subject) ?? changed.get(subject)
      if (remembered !== undefined) return remembered
      const [row] = sql.all(statements.read, [subject])
      if (row === undefined) return undefined
      const counters = parseCounters(readText(row, 'state'))
      known.set(subject, counters)
      return counters
    },
    put(subjects) {
      for (const { subject, counters } of subjects) {
        known.set(subject, counters)
        changed.set(subject, counters)
      }
    },
    write() {
      // Not `for … of`, which makes a pair for each.
      changed.forEach((counters, subject) => {
        sql.run(statements.write, [subject, stringifyCounters(counters), counters.moment.latest])
      })
      changed.clear()
    },
    users: (after, limit) => sql.all(statements.users, [after, limit]).map((row) => readText(row, 'subject')),
    usersOf(keyId) {
      const first = userSubject(keyId, '')
      // The next character after the colon: no name begins with what comes before it and is not one of them.
      const end = `${first.slice(0, -1)};`
      return sql.all(statements.between, [first, end]).map((row) => readText(row, 'subject'))
    },
    delete(subject) {
      known.delete(subject)
      changed.delete(subject)
      sql.run(statements.delete, [subject])
    },
    clear() {
      known.clear()
      changed.clear()
    },
  }
}

/** The keys of a family, and their end users who have counters. */
export function subjectsIn(
  keyIds: readonly string[],
  counters: Pick<CounterCache, 'usersOf'>,
): readonly ReconciledSubject[] {
  return keyIds.flatMap((keyId) => {
    const users = counters.usersOf(keyId).map((name) => name.slice(userSubject(keyId, '').length))
    return [undefined, ...users].map((endUser) => ({ keyId, endUser }))
  })
}
