import { GatewayError } from '../../core/errors.ts'
import type { Balance, Ledger, Settlement, Standing } from '../ledger.ts'
import { admitCall } from './admit-call.ts'
import { createCounterBook } from './create-counter-book.ts'
import { createOpenCalls } from './create-open-calls.ts'
import type { LedgerContext, SqlLedgerOptions } from './ledger-context.ts'
import { readBalance } from './read-balance.ts'
import { readStandings } from './read-standings.ts'
import { settleCall } from './settle-call.ts'

export interface SqlLedger extends Ledger {
  /** Resolves when everything that was asked before is in the database, or could not be written. */
  written(): Promise<void>
}

/** One question that waits for the next transaction. */
interface Waiting {
  /** Runs inside the transaction, and answers {@link answer}. */
  readonly run: (asked: unknown, context: LedgerContext) => unknown
  readonly asked: unknown
  /** Told once the transaction has been committed. */
  answer: unknown
  readonly tell: (answer: unknown) => void
  readonly fail: (error: unknown) => void
}

/** One object a question, whatever it is, for as long as it waits. */
type Ask = <Asked, Answer>(run: (asked: Asked, context: LedgerContext) => Answer, asked: Asked) => Promise<Answer>

/**
 * The ledger in a SQLite database that lives in this process. Calls that come at the same time share one transaction (group commit): its
 * cost is that of one write to the file, whatever their number.
 */
export function createSqlLedger(options: SqlLedgerOptions): SqlLedger {
  const { schedule, scheduleSettlements = schedule } = options
  const counters = createCounterBook(options.sql)
  const context: LedgerContext = { ...options, counters, openCalls: createOpenCalls(), transaction: 0 }
  let waiting: Waiting[] = []
  let isScheduled = false
  let areSettlementsScheduled = false

  function flush(): void {
    isScheduled = false
    const batch = waiting
    waiting = []
    if (batch.length > 0) runTogether(batch, context)
  }

  function flushSettlements(): void {
    areSettlementsScheduled = false
    // What came meanwhile is about to take them along.
    if (!isScheduled) flush()
  }

  const enqueue: Ask = (run, asked) =>
    new Promise((tell, fail) => {
      // The cast holds as each question is told its own answer.
      waiting.push({ run, asked, answer: undefined, tell, fail } as Waiting)
    })

  const ask: Ask = (run, asked) => {
    const answer = enqueue(run, asked)
    if (!isScheduled) {
      isScheduled = true
      schedule(flush)
    }
    return answer
  }

  function settle(settlement: Settlement): Promise<boolean> {
    const answer = enqueue(settleCall, settlement)
    if (!isScheduled && !areSettlementsScheduled) {
      areSettlementsScheduled = true
      scheduleSettlements(flushSettlements)
    }
    return answer
  }

  return {
    admit: (request) => ask(admitCall, request),
    settle,
    balance: (keyId, now) => ask(balanceAt, { keyId, now }),
    standings: (keyId, now) => ask(standingsAt, { keyId, now }),
    // Where it cannot be written, whoever reads is told so by the reading.
    written: () => (waiting.length === 0 ? Promise.resolve() : ask(nothing, undefined).catch(nothing)),
  }
}

/** Its transaction holds what was asked before. */
function nothing(): void {}

interface Moment {
  readonly keyId: string
  readonly now: number
}

function balanceAt({ keyId, now }: Moment, { counters }: LedgerContext): Balance | undefined {
  return readBalance(counters.read(keyId), now)
}

function standingsAt({ keyId, now }: Moment, context: LedgerContext): readonly Standing[] {
  return readStandings(keyId, now, context)
}

/** All in one transaction. Where one of several is at fault, each has one of its own, so that the others do not suffer for it. */
function runTogether(batch: readonly Waiting[], context: LedgerContext): void {
  try {
    context.sql.transaction(() => runAll(batch, context))
  } catch (error) {
    context.counters.forget()
    const areApart = batch.length === 1 || isStoreDown(error)
    for (const question of batch) {
      if (areApart) question.fail(error)
      else runTogether([question], context)
    }
    return
  }
  for (const { tell, answer } of batch) tell(answer)
}

function runAll(batch: readonly Waiting[], context: LedgerContext): void {
  context.counters.open()
  context.transaction += 1
  for (const question of batch) question.answer = question.run(question.asked, context)
  context.counters.write()
}

function isStoreDown(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'store_unavailable'
}
