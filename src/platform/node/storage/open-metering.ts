import cluster from 'node:cluster'
import { randomUUID } from 'node:crypto'
import type { Settings } from '../../../config/settings.ts'
import type { Clock } from '../../../core/clock.ts'
import { minuteMs } from '../../../core/time.ts'
import { createPriceBook, type PriceBook } from '../../../metering/price-book.ts'
import type { Metering } from '../../../pipeline/call/ports.ts'
import { toPricedProviders } from '../../../providers/provider-kinds.ts'
import { createRetryingLedger } from '../../../storage/ledger/create-retrying-ledger.ts'
import type { Settlement } from '../../../storage/ledger/ledger.ts'
import { maintainUsage } from '../../../storage/maintenance.ts'
import { createCallSweeper } from '../../../storage/sql/ledger/create-call-sweeper.ts'
import { createKeyChainCache } from '../../../storage/sql/ledger/create-key-chain-cache.ts'
import { createSqlLedger } from '../../../storage/sql/ledger/create-sql-ledger.ts'
import { renderNotice } from '../../../telemetry/line-log.ts'
import type { OpenStorage } from './open-storage.ts'
import { repeat } from './repeat.ts'
import { watchWrites } from './watch-writes.ts'

export interface OpenMetering {
  readonly metering: Metering
  /** Returns the same ledger with the prices of other settings. */
  withPrices(settings: Settings): Metering
  /** Applies the retention of other settings. */
  retain(settings: Settings): void
  /** Stops the heartbeat and the maintenance. */
  close(): Promise<void>
}

/** Maximum time that a settlement waits to share the transaction of an admission, in milliseconds. */
const settleWithinMs = 2
const beatMs = 2_000
/** A process whose heartbeat is this late hangs or is dead; in both cases its calls are over for their callers. */
const deadAfterMs = 15_000
/** Maximum number of queued settlements: minutes of a busy server, at a few hundred bytes each. */
const maxWaiting = 10_000
const retryMs = 500
/** May be long, because queries add the records that are not rolled up yet. */
const maintainEveryMs = 10_000
/** Records per roll-up transaction. A call may wait for one in each of its ticks: with 500 records, 5 ms in total. */
const maintainLimit = 100
/** A pass reads every end user that has counters. */
const pruneEveryMs = 10 * minuteMs

/**
 * Opens the ledger of this process with its usage and prices. Sends the heartbeat, closes calls of dead processes,
 * rolls records up by day and deletes old ones. Returns undefined if metering is off.
 */
export function openMetering(
  { sql, usage, path }: OpenStorage,
  settings: Settings,
  clock: Clock,
  log: (line: string) => void,
): OpenMetering | undefined {
  if (!settings.metering.isEnabled) return undefined
  let { retentionMs } = settings.metering
  // Unique among all processes that have used the database.
  const processId = randomUUID()
  const direct = createSqlLedger({
    sql,
    processId,
    keys: createKeyChainCache(sql),
    // At the end of this event-loop tick: all calls read in the tick share the transaction.
    schedule: (flush) => void setImmediate(flush),
    // With several workers, the caller's next call may reach another one, which must find this one settled.
    ...(!cluster.isWorker && { scheduleSettlements: (flush) => void setTimeout(flush, settleWithinMs) }),
  })
  const onLost = ({ id }: Settlement, error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    log(
      renderNotice(
        'ledger',
        new Error(`The call ${id} cannot be settled and will be closed as unknown: ${reason}`),
        clock.now(),
      ),
    )
  }
  const retrying = createRetryingLedger(direct, { clock, maxWaiting, retryMs, onLost })
  const sweeper = createCallSweeper({ sql, ledger: direct, processId, deadAfterMs })
  const watch = watchWrites(path, clock, log)
  const onFailure = (error: unknown) => {
    // The watch has already logged the failure, and logs its end.
    if (watch.problem() === undefined) log(renderNotice('ledger', error, clock.now()))
  }
  const stopSweeping = repeat(
    async () => {
      const closed = await sweeper.sweep(clock.now(), clock.monotonicMs())
      watch.recordSuccess()
      return closed > 0
    },
    beatMs,
    watch.recordFailure,
  )
  const stopMaintaining = repeat(
    () => maintainUsage({ usage, retentionMs, limit: maintainLimit }, clock.now()),
    maintainEveryMs,
    onFailure,
  )
  let lastUser = ''
  const stopPruning = repeat(
    async () => {
      const last = await direct.pruneUsers(lastUser, clock.now())
      lastUser = last ?? ''
      return last !== undefined
    },
    pruneEveryMs,
    onFailure,
  )
  const metering = {
    ledger: retrying,
    usage: {
      ...usage,
      // A report includes all calls that this process has settled before.
      query: (query) => direct.written().then(() => usage.query(query)),
      record: (id) => direct.written().then(() => usage.record(id)),
      records: (page) => direct.written().then(() => usage.records(page)),
    },
    prices: openPrices(settings, clock),
    problem: watch.problem,
  } satisfies Metering
  return {
    metering,
    withPrices: (next) => ({ ...metering, prices: openPrices(next, clock) }),
    retain(next) {
      retentionMs = next.metering.retentionMs
    },
    async close() {
      await Promise.all([stopSweeping(), stopMaintaining(), stopPruning(), retrying.close()])
      try {
        sweeper.leave()
      } catch (error) {
        // Other processes notice the missing heartbeat.
        onFailure(error)
      }
    },
  }
}

function openPrices({ providers, metering }: Settings, clock: Clock): PriceBook {
  return createPriceBook(toPricedProviders(providers), metering.prices, clock)
}
