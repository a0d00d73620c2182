import { GatewayError } from '../../core/errors.ts'
import type { AdmissionRequest, AdmissionResult, Ledger, Settlement } from '../ledger.ts'
import { admitCall } from './admit-call.ts'
import { createCounterBook } from './create-counter-book.ts'
import type { LedgerContext, SqlLedgerOptions } from './ledger-context.ts'
import { readBalance } from './read-balance.ts'
import { readStandings } from './read-standings.ts'
import { settleCall } from './settle-call.ts'

/** One question that waits for the next transaction. */
interface Waiting {
  /** Runs inside the transaction; the returned function tells the answer once that has been committed. */
  readonly run: () => () => void
  readonly fail: (error: unknown) => void
}

/**
 * The ledger in a SQLite database that lives in this process. Calls that come at the same time share one transaction (group commit): its
 * cost is that of one write to the file, whatever their number.
 */
export function createSqlLedger(options: SqlLedgerOptions): Ledger {
  const { sql, schedule } = options
  const counters = createCounterBook(sql)
  const context: LedgerContext = { ...options, counters }
  let waiting: Waiting[] = []

  function flush(): void {
    const batch = waiting
    waiting = []
    runTogether(batch, { sql, counters })
  }

  function enqueue<Value>(work: () => Value): Promise<Value> {
    return new Promise((resolve, reject) => {
      const run = () => {
        const value = work()
        return () => resolve(value)
      }
      waiting.push({ run, fail: reject })
      if (waiting.length === 1) schedule(flush)
    })
  }

  return {
    admit: (request: AdmissionRequest): Promise<AdmissionResult> => enqueue(() => admitCall(request, context)),
    settle: (settlement: Settlement): Promise<boolean> => enqueue(() => settleCall(settlement, context)),
    balance: (keyId, now) => enqueue(() => readBalance(counters.read(keyId), now)),
    standings: (keyId, now) => enqueue(() => readStandings(keyId, now, context)),
  }
}

type Place = Pick<LedgerContext, 'sql' | 'counters'>

/** All in one transaction. Where one of several is at fault, each has one of its own, so that the others do not suffer for it. */
function runTogether(batch: readonly Waiting[], place: Place): void {
  try {
    for (const tell of place.sql.transaction(() => runAll(batch, place))) tell()
  } catch (error) {
    place.counters.forget()
    const areApart = batch.length === 1 || isStoreDown(error)
    for (const question of batch) {
      if (areApart) question.fail(error)
      else runTogether([question], place)
    }
  }
}

function runAll(batch: readonly Waiting[], { counters }: Place): readonly (() => void)[] {
  counters.open()
  const told = batch.map(({ run }) => run())
  counters.write()
  return told
}

function isStoreDown(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'store_unavailable'
}
