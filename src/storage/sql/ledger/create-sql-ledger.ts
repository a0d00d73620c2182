import { GatewayError } from '../../../core/errors.ts'
import type { LimitStatus } from '../../../metering/limit-status.ts'
import { decideAdmission, keyOfUser } from '../../ledger/decide-admission.ts'
import { decideCorrection } from '../../ledger/decide-correction.ts'
import { decideReconciliation, toSpendingQueries } from '../../ledger/decide-reconciliation.ts'
import { decideSettlement } from '../../ledger/decide-settlement.ts'
import type {
  AdmissionRequest,
  AdmissionResult,
  Balance,
  Correction,
  Ledger,
  LedgerRecord,
  Reconciled,
  Reconciliation,
  Settlement,
} from '../../ledger/ledger.ts'
import { type OpenCall, stringifyOpenCall } from '../../ledger/open-call.ts'
import { toBalance, toLimitStatuses } from '../../ledger/read-account.ts'
import { readText } from '../read-column.ts'
import type { SqlStatement, SyncSql } from '../sql.ts'
import { toCorrection } from '../usage/correct-record.ts'
import { findRecord, insertRecord, toRecord, toRecordParams } from '../usage/record-columns.ts'
import { toFamilyStatement, toSpending, toSpendingStatement } from '../usage/to-spending-statement.ts'
import { type CounterCache, createCounterCache, subjectsIn } from './create-counter-cache.ts'
import type { FindChain } from './create-key-chain-cache.ts'
import { createOpenCallCache, type OpenCallCache, openColumns, readOpenCall } from './open-calls.ts'
import { pruneUser, userLimit } from './prune-user.ts'

export interface SqlLedgerOptions {
  readonly sql: SyncSql
  readonly findChain: FindChain
  /** Stands in the open calls of this process, so that a sweeper knows whose they are. */
  readonly processId: string
  /** Runs `flush`, soon or at once. All that is asked until then shares one transaction. */
  readonly schedule: (flush: () => void) => void
  /**
   * The same where only settlements wait, whose result is not needed at once: the next admission takes them along, so
   * that a call needs one transaction and not two. `schedule` by default.
   */
  readonly scheduleSettlements?: (flush: () => void) => void
}

export interface SqlLedger extends Ledger {
  /** Resolves when everything that was asked before is in the database, or could not be written. */
  written(): Promise<void>
  /**
   * Forgets some of the end users whose counters decide nothing any more (case D17), of those that come after `after` by their names. Returns the last
   * that was looked at; undefined at the end.
   */
  pruneUsers(after: string, now: number): Promise<string | undefined>
}

/** The state that a step works with, inside a transaction. */
interface LedgerContext {
  readonly sql: SyncSql
  readonly findChain: FindChain
  readonly processId: string
  readonly counters: CounterCache
  readonly openCalls: OpenCallCache
  /** The number of the transaction. */
  transaction: number
}

/** One question that waits for the next transaction. */
interface Waiting {
  /** Runs inside the transaction, and returns {@link answer}. */
  readonly run: (asked: unknown, context: LedgerContext) => unknown
  readonly asked: unknown
  /** Counts once the transaction has been committed. */
  answer: unknown
  failure: { readonly error: unknown } | undefined
}

type Ask = <Asked, GatewayResponse>(
  run: (asked: Asked, context: LedgerContext) => GatewayResponse,
  asked: Asked,
) => Promise<GatewayResponse>

/**
 * The ledger in a SQLite database that lives in this process. Calls that come at the same time share one transaction
 * (group commit): its cost is that of one write to the file, whatever their number.
 */
export function createSqlLedger(options: SqlLedgerOptions): SqlLedger {
  const { sql, findChain, processId, schedule, scheduleSettlements = schedule } = options
  const context: LedgerContext = {
    sql,
    findChain,
    processId,
    counters: createCounterCache(sql),
    openCalls: createOpenCallCache(),
    transaction: 0,
  }
  let waiting: Waiting[] = []
  let batchEnd = Promise.withResolvers<void>()
  let isScheduled = false
  let areSettlementsScheduled = false

  function flush(): void {
    isScheduled = false
    if (waiting.length === 0) return
    const batch = waiting
    const { resolve } = batchEnd
    waiting = []
    batchEnd = Promise.withResolvers()
    runTogether(batch, context)
    resolve()
  }

  function flushSettlements(): void {
    areSettlementsScheduled = false
    // An admission that came meanwhile is about to take them along.
    if (!isScheduled) flush()
  }

  // One promise of the batch and one that follows it for each question are half the objects of `new Promise` for each.
  const enqueue: Ask = (run, asked) => {
    // The casts hold as each question is given to its own `run`, and resolves with its own answer.
    const question = { run, asked, answer: undefined, failure: undefined } as Waiting
    waiting.push(question)
    return batchEnd.promise.then(() => readAnswer(question)) as Promise<never>
  }

  const ask: Ask = (run, asked) => {
    const answer = enqueue(run, asked)
    if (!isScheduled) {
      isScheduled = true
      schedule(flush)
    }
    return answer
  }

  return {
    admit: (request) => ask(admit, request),
    settle(settlement) {
      const answer = enqueue(settle, settlement)
      if (!isScheduled && !areSettlementsScheduled) {
        areSettlementsScheduled = true
        scheduleSettlements(flushSettlements)
      }
      return answer
    },
    correct: (correction) => ask(correct, correction),
    reconcile: (reconciliation) => ask(reconcile, reconciliation),
    balance: (keyId, now) => ask(balanceAt, { keyId, now }),
    limits: (keyId, now) => ask(limitsAt, { keyId, now }),
    pruneUsers: (after, now) => ask(pruneUsers, { after, now }),
    // A read that follows meets the same failure, and reports it.
    written: () => (waiting.length === 0 ? Promise.resolve() : ask(nothing, undefined).catch(nothing)),
  }
}

const statements = {
  insertOpen: 'INSERT INTO open_calls (id, process_id, opened_at, detail) VALUES (?, ?, ?, ?)',
  deleteOpen: 'DELETE FROM open_calls WHERE id = ?',
  takeOpen: `DELETE FROM open_calls WHERE id = ? RETURNING ${openColumns}`,
} as const

/** Reserves a call's worst case; from here on it stands in the open call. */
function admit(request: AdmissionRequest, context: LedgerContext): AdmissionResult {
  const { sql, findChain, processId, counters, openCalls, transaction } = context
  const decision = decideAdmission(request, findChain(request.keyId, transaction), counters.read)
  counters.put(decision.counters)
  const { openCall } = decision
  if (openCall !== undefined) {
    sql.run(statements.insertOpen, [request.id, processId, request.now, stringifyOpenCall(openCall)])
    openCalls.put(openCall)
  }
  return decision.result
}

/** Books a call. Its open row is deleted in the same transaction, which is why no call is booked twice (R43). */
function settle(settlement: Settlement, context: LedgerContext): boolean {
  const open = takeOpen(settlement.id, context)
  if (open === undefined) return false
  const { record, counters } = decideSettlement(open, settlement, context.counters.read)
  context.counters.put(counters)
  context.sql.run(insertRecord, toRecordParams(record))
  return true
}

/** The book, its sums and the counters are in one database, and so in one transaction. */
function correct(correction: Correction, { sql, counters }: LedgerContext): LedgerRecord | undefined {
  const { id, costNano } = correction
  const [row] = sql.all(findRecord, [id])
  if (row === undefined) return undefined
  const record = toRecord(row)
  counters.put(decideCorrection(record, correction, counters.read))
  for (const { text, params } of toCorrection(id, costNano)) sql.run(text, params)
  return record
}

/** As `correct`: one database, one transaction. */
function reconcile({ rootId, isDryRun, now }: Reconciliation, { sql, counters }: LedgerContext): readonly Reconciled[] {
  const all = ({ text, params }: SqlStatement) => sql.all(text, params)
  // Those who are new in this transaction are listed too.
  counters.write()
  const subjects = subjectsIn(
    all(toFamilyStatement(rootId)).map((row) => readText(row, 'id')),
    counters,
  )
  const questions = toSpendingQueries(subjects, counters.read, now)
  const answers = questions.map((question) => all(toSpendingStatement(rootId, question)).map(toSpending))
  const decision = decideReconciliation(subjects, { questions, answers }, counters.read, now)
  if (!isDryRun) counters.put(decision.counters)
  return decision.changes
}

/** Undefined for a call that is not open: the one settlement that deletes the row books the call. */
function takeOpen(id: string, { sql, openCalls }: LedgerContext): OpenCall | undefined {
  const known = openCalls.take(id)
  if (known !== undefined) return sql.run(statements.deleteOpen, [id]) === 1 ? known : undefined
  const [row] = sql.all(statements.takeOpen, [id])
  return row && readOpenCall(row)
}

interface KeyAt {
  readonly keyId: string
  readonly now: number
}

function balanceAt({ keyId, now }: KeyAt, { counters }: LedgerContext): Balance | undefined {
  return toBalance(counters.read(keyId), now)
}

function limitsAt({ keyId, now }: KeyAt, context: LedgerContext): readonly LimitStatus[] {
  const { counters, findChain, transaction } = context
  return toLimitStatuses(findChain(keyId, transaction) ?? [], now, counters.read)
}

interface UsersAfter {
  readonly after: string
  readonly now: number
}

function pruneUsers(
  { after, now }: UsersAfter,
  { counters, findChain, transaction }: LedgerContext,
): string | undefined {
  const users = counters.users(after, userLimit)
  for (const subject of users) {
    const [key] = findChain(keyOfUser(subject), transaction) ?? []
    pruneUser(subject, key?.perUser, now, counters)
  }
  return users.length < userLimit ? undefined : users.at(-1)
}

/** Its transaction holds all that was asked before. */
function nothing(): void {}

/**
 * Runs all in one transaction. If one of several is at fault, each gets its own transaction, so that it fails alone.
 */
function runTogether(batch: readonly Waiting[], context: LedgerContext): void {
  try {
    context.sql.transaction(() => {
      context.counters.refresh()
      context.transaction += 1
      for (const question of batch) question.answer = question.run(question.asked, context)
      context.counters.write()
    })
  } catch (error) {
    context.counters.clear()
    const isStoreDown = error instanceof GatewayError && error.code === 'store_unavailable'
    for (const question of batch) {
      if (batch.length === 1 || isStoreDown) question.failure = { error }
      else runTogether([question], context)
    }
  }
}

function readAnswer({ answer, failure }: Waiting): unknown {
  if (failure !== undefined) throw failure.error
  return answer
}
