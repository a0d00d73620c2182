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
import { toNotice } from '../../../telemetry/line-log.ts'
import type { OpenStorage } from './open-storage.ts'
import { repeat } from './repeat.ts'
import { watchWrites } from './watch-writes.ts'

export interface OpenMetering {
  readonly metering: Metering
  /** The same books with the prices of other settings, whose retention holds from now on. */
  change(settings: Settings): Metering
  /** Ends the heartbeat, and the maintenance. */
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
const maintainEveryMs = 10_000
/** Records that one transaction adds to the sums. A call waits for such a transaction in each of its turns of the event loop: with 500, 5 ms in all. */
const maintainLimit = 100
/** A pass looks at each end user that has counters. */
const pruneEveryMs = 10 * minuteMs

/**
 * The ledger of this process, its usage and prices. It beats, closes the calls that dead processes left, keeps the sums
 * by day up to date and deletes old records. Undefined where metering is off.
 */
export function openMetering(
  { sql, usage, path }: OpenStorage,
  settings: Settings,
  clock: Clock,
  log: (line: string) => void,
): OpenMetering | undefined {
  if (!settings.metering.isEnabled) return undefined
  let { retentionMs } = settings.metering
  // Different for every process that there ever was.
  const processId = randomUUID()
  const direct = createSqlLedger({
    sql,
    processId,
    findChain: createKeyChainCache(sql),
    // The end of this turn of the event loop: all calls that it has read share the transaction.
    schedule: (flush) => void setImmediate(flush),
    // Where several processes serve, a caller's next call may come to another one, and must find its last one settled.
    ...(!cluster.isWorker && { scheduleSettlements: (flush) => void setTimeout(flush, settleWithinMs) }),
  })
  const onLost = ({ id }: Settlement, error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    log(
      toNotice(
        'ledger',
        new Error(`The call ${id} cannot be booked and will stand as unknown: ${reason}`),
        clock.now(),
      ),
    )
  }
  const retrying = createRetryingLedger(direct, { clock, maxWaiting, retryMs, onLost })
  const sweeper = createCallSweeper({ sql, ledger: direct, processId, deadAfterMs })
  const watch = watchWrites(path, clock, log)
  const onFailure = (error: unknown) => {
    // The watch has said it, and says when it is over.
    if (watch.problem() === undefined) log(toNotice('ledger', error, clock.now()))
  }
  const stopSweeping = repeat(
    async () => {
      const closed = await sweeper.sweep(clock.now(), clock.monotonicMs())
      watch.worked()
      return closed > 0
    },
    beatMs,
    watch.failed,
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
      // A report sees all that this process has settled before.
      query: (query) => direct.written().then(() => usage.query(query)),
      record: (id) => direct.written().then(() => usage.record(id)),
      records: (page) => direct.written().then(() => usage.records(page)),
    },
    prices: openPrices(settings, clock),
    problem: watch.problem,
  } satisfies Metering
  return {
    metering,
    change(next) {
      retentionMs = next.metering.retentionMs
      return { ...metering, prices: openPrices(next, clock) }
    },
    async close() {
      await Promise.all([stopSweeping(), stopMaintaining(), stopPruning(), retrying.close()])
      try {
        sweeper.leave()
      } catch (error) {
        // Another process finds out by itself.
        onFailure(error)
      }
    },
  }
}

function openPrices({ providers, metering }: Settings, clock: Clock): PriceBook {
  return createPriceBook(toPricedProviders(providers), metering.prices, clock)
}
