import type { KeyChain } from '../../metering/limits.ts'
import type { CounterBook } from './create-counter-book.ts'
import type { OpenCalls } from './create-open-calls.ts'
import type { SyncSql } from './sync-sql.ts'

/**
 * A key and its ancestors as they are now; undefined where there is no such key. Called within a transaction; `transaction` is a number that
 * each has to itself.
 */
export type FindChain = (keyId: string, transaction: number) => KeyChain | undefined

export interface SqlLedgerOptions {
  readonly sql: SyncSql
  readonly findChain: FindChain
  /** Stands in the open records of this process, so that a sweeper knows whose they are. */
  readonly processId: string
  /** Runs `flush`, soon or at once. What is asked until then shares one transaction. */
  readonly schedule: (flush: () => void) => void
  /**
   * The same where nothing but settlements waits, which nobody waits for: the next admission takes them along, so that a call needs one
   * transaction and not two. Left out, they are no different.
   */
  readonly scheduleSettlements?: (flush: () => void) => void
}

/** What the steps of the ledger work with, inside a transaction. */
export interface LedgerContext extends SqlLedgerOptions {
  readonly counters: CounterBook
  readonly openCalls: OpenCalls
  /** How many there were before this one. */
  transaction: number
}
