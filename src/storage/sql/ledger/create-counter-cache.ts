import { createBoundedMap } from '../../../core/bounded-map.ts'
import { type Counters, parseCounters, stringifyCounters } from '../../../metering/counters.ts'
import { type SubjectCounters, userSubject } from '../../ledger/decide-admission.ts'
import type { ReconciledSubject } from '../../ledger/decide-reconciliation.ts'
import { readString } from '../read-column.ts'
import type { SyncSql } from '../sql.ts'

const statements = {
  read: 'SELECT state FROM counters WHERE subject = ?',
  write: `INSERT INTO counters (subject, state, updated_at) VALUES (?, ?, ?)
    ON CONFLICT (subject) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at`,
  // Key ids contain no slash.
  users: "SELECT subject FROM counters WHERE subject > ? AND instr(subject, '/') > 0 ORDER BY subject LIMIT ?",
  between: 'SELECT subject FROM counters WHERE subject >= ? AND subject < ? ORDER BY subject',
  delete: 'DELETE FROM counters WHERE subject = ?',
} as const

/** Maximum number of cached subjects. Evicts by age of the last load or change, not by last read. */
const maxSubjects = 2_000

/** A write-back cache of the table `counters`: reads each subject once, and writes it once per batch of changes. */
export interface CounterCache {
  /** Drops cached counters that may be stale. Unwritten changes stay. */
  refresh(): void
  /** Returns the counters of a subject; undefined if nothing was ever counted for it. */
  read(subject: string): Counters | undefined
  /** Stores changed counters until the next `write`. */
  put(changed: readonly SubjectCounters[]): void
  /** Writes the counters that changed since the last `write`. Call it inside a transaction. */
  write(): void
  /** Returns the next subjects below keys that have counters, ordered by name: end users, tokens and networks. */
  users(after: string, limit: number): readonly string[]
  /** Returns the end-user subjects of a key that have counters, except those that are not written yet. */
  usersOf(keyId: string): readonly string[]
  /** Deletes counters that no longer affect any decision. Call it inside a transaction. */
  delete(subject: string): void
  /** Drops everything, including unwritten changes, after a failed transaction. */
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
      // An unwritten change is newer than the database, even if `known` has evicted it.
      const cached = known.get(subject) ?? changed.get(subject)
      if (cached !== undefined) return cached
      const [row] = sql.all(statements.read, [subject])
      if (row === undefined) return undefined
      const counters = parseCounters(readString(row, 'state'))
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
      // Not `for … of`, which allocates an array for each entry.
      changed.forEach((counters, subject) => {
        sql.run(statements.write, [subject, stringifyCounters(counters), counters.moment.latest])
      })
      changed.clear()
    },
    users: (after, limit) => sql.all(statements.users, [after, limit]).map((row) => readString(row, 'subject')),
    usersOf(keyId) {
      const first = userSubject(keyId, '')
      // `;` follows `:`, so the range holds exactly the names that start with the prefix.
      const end = `${first.slice(0, -1)};`
      return sql.all(statements.between, [first, end]).map((row) => readString(row, 'subject'))
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

/** Lists the keys of a family and their end users that have counters. */
export function subjectsIn(
  keyIds: readonly string[],
  counters: Pick<CounterCache, 'usersOf'>,
): readonly ReconciledSubject[] {
  return keyIds.flatMap((keyId) => {
    const users = counters.usersOf(keyId).map((name) => name.slice(userSubject(keyId, '').length))
    return [undefined, ...users].map((endUser) => ({ keyId, endUser }))
  })
}
