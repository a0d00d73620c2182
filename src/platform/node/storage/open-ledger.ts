import type { Clock } from '../../../core/clock.ts'
import { createRetryingLedger } from '../../../storage/ledger/create-retrying-ledger.ts'
import type { Ledger } from '../../../storage/ledger/ledger.ts'
import { createCallSweeper } from '../../../storage/sql/ledger/create-call-sweeper.ts'
import { createKeyChainCache } from '../../../storage/sql/ledger/create-key-chain-cache.ts'
import { createSqlLedger, type SqlLedger } from '../../../storage/sql/ledger/create-sql-ledger.ts'
import type { SyncSql } from '../../../storage/sql/sync-sql.ts'
import { tendBooks } from '../../../storage/tend-books.ts'
import type { UsageStore } from '../../../storage/usage-store.ts'

export interface OpenLedgerOptions {
  readonly sql: SyncSql
  readonly clock: Clock
  /** Different for every process that there ever was. */
  readonly processId: string
  readonly usage: UsageStore
  /** Milliseconds; 0 keeps records for ever. */
  readonly retentionMs: number
  /**
   * No other process works on the same calls. Where one does, a caller's next call may come to it, and must find its
   * last one settled.
   */
  readonly isAlone: boolean
  readonly onFailure: (error: unknown) => void
}

export interface OpenLedger {
  readonly ledger: Ledger
  /** The same that was given, but that it sees whatever this process has settled before. */
  readonly usage: UsageStore
  /** Ends the heartbeat, and what is being swept. */
  close(): Promise<void>
}

/** A settlement waits so long for an admission that takes it along, milliseconds. */
const settleWithinMs = 2
const beatMs = 2_000
/**
 * A process that is this late with its beats hangs or is dead; its calls would be over for their callers either way.
 */
const deadAfterMs = 15_000
/** Minutes of a busy server; each is a few hundred bytes. */
const maxWaiting = 10_000
const retryMs = 500
/** Queries add what the sums do not hold yet, so that this need not be often. */
const tendEveryMs = 10_000
/** Records that one transaction adds to the sums; it holds up calls for a few milliseconds. */
const tendLimit = 500

/**
 * The ledger of this process: it beats, closes what dead processes left, keeps the sums by day up to date and old
 * records away.
 */
export function openLedger(options: OpenLedgerOptions): OpenLedger {
  const { sql, clock, processId, usage, retentionMs, isAlone, onFailure } = options
  const direct = createSqlLedger({
    sql,
    processId,
    findChain: createKeyChainCache(sql),
    // The end of this turn of the event loop: all calls that it has read share the transaction.
    schedule: (flush) => void setImmediate(flush),
    ...(isAlone && { scheduleSettlements: (flush) => void setTimeout(flush, settleWithinMs) }),
  })
  const ledger = createRetryingLedger(direct, { clock, maxWaiting, retryMs })
  const sweeper = createCallSweeper({ sql, ledger: direct, processId, deadAfterMs })
  let isClosed = false

  async function sweep(): Promise<void> {
    while (!isClosed && (await sweeper.sweep(clock.now(), clock.monotonicMs())) > 0) await turn()
  }

  async function tend(): Promise<void> {
    while (!isClosed && (await tendBooks({ usage, retentionMs, limit: tendLimit }, clock.now()))) await turn()
  }

  const duties = [repeat(sweep, beatMs, onFailure), repeat(tend, tendEveryMs, onFailure)]
  return {
    ledger,
    usage: readAfter(direct, usage),
    async close() {
      isClosed = true
      await Promise.all(duties.map((stop) => stop()))
      sweeper.leave()
    },
  }
}

function readAfter(ledger: SqlLedger, usage: UsageStore): UsageStore {
  return {
    ...usage,
    query: (query) => ledger.written().then(() => usage.query(query)),
    record: (id) => ledger.written().then(() => usage.record(id)),
    records: (page) => ledger.written().then(() => usage.records(page)),
  }
}

/**
 * Does `work` now and every so often, never twice at a time. The returned function ends that, and resolves when nothing
 * is under way.
 */
function repeat(work: () => Promise<void>, everyMs: number, onFailure: (error: unknown) => void): () => Promise<void> {
  const attempt = () => work().catch(onFailure)
  let underWay = attempt()
  const timer = setInterval(() => {
    underWay = underWay.then(attempt)
  }, everyMs)
  // A server that has closed its sockets must not be kept running by this.
  timer.unref()
  return () => {
    clearInterval(timer)
    return underWay
  }
}

/** SQLite answers at once, so that nothing else would have its turn between two steps. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
