import type { KeyChain } from '../../metering/limits.ts'
import type { CounterBook } from './create-counter-book.ts'
import type { SyncSql } from './sync-sql.ts'

export interface SqlLedgerOptions {
  readonly sql: SyncSql
  /** A key and its ancestors as they are now; undefined where there is no such key. Called within a transaction. */
  readonly findChain: (keyId: string) => KeyChain | undefined
  /** Stands in the open records of this process, so that a sweeper knows whose they are. */
  readonly processId: string
  /** Runs `flush`, soon or at once. What is asked until then shares one transaction. */
  readonly schedule: (flush: () => void) => void
}

/** What the steps of the ledger work with, inside a transaction. */
export interface LedgerContext extends SqlLedgerOptions {
  readonly counters: CounterBook
}
