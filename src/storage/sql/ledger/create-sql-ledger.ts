import { GatewayError } from '../../../core/errors.ts'
import type { LimitStatus } from '../../../metering/limit-status.ts'
import type { KeyChain } from '../../../metering/limits.ts'
import { decideAdmission, keyOfSubject, toChain } from '../../ledger/decide-admission.ts'
import { decideCorrection } from '../../ledger/decide-correction.ts'
import { decideErasure } from '../../ledger/decide-erasure.ts'
import { decideReconciliation, toSpendingQueries } from '../../ledger/decide-reconciliation.ts'
import { decideSettlement } from '../../ledger/decide-settlement.ts'
import type {
  AdmissionRequest,
  AdmissionResult,
  Balance,
  Correction,
  Ledger,
  LedgerErasure,
  LedgerRecord,
  Reconciled,
  Reconciliation,
  Settlement,
} from '../../ledger/ledger.ts'
import { type OpenCall, stringifyOpenCall } from '../../ledger/open-call.ts'
import { toBalance, toLimitStatuses } from '../../ledger/read-account.ts'
import { noRevocations } from '../../revocation-store.ts'
import { readString } from '../read-column.ts'
import type { SqlStatement, SyncSql } from '../sql.ts'
import { toCorrection } from '../usage/correct-record.ts'
import { findRecord, insertRecord, toRecord, toRecordParams } from '../usage/record-columns.ts'
import { toFamilyStatement, toSpending, toSpendingStatement } from '../usage/to-spending-statement.ts'
import { type CounterCache, createCounterCache, subjectsIn } from './create-counter-cache.ts'
import type { KeyChainCache } from './create-key-chain-cache.ts'
import { createOpenCallCache, type OpenCallCache, openColumns, readOpenCall } from './open-calls.ts'
import { pruneUser, userLimit } from './prune-user.ts'

export interface SqlLedgerOptions {
  readonly sql: SyncSql
  readonly keys: KeyChainCache
  /** Id that marks the open calls of this process for the sweeper. */
  readonly processId: string
  /** Runs `flush` now or soon. All operations until then share one transaction. */
  readonly schedule: (flush: () => void) => void
  /**
   * Like `schedule`, if only settlements are queued. They are not urgent: the next admission can flush them, so a call
   * needs one transaction instead of two. `schedule` by default.
   */
  readonly scheduleSettlements?: (flush: () => void) => void
}

export interface SqlLedger extends Ledger {
  /** Resolves once all earlier operations are in the database or have failed. */
  written(): Promise<void>
  /**
   * Checks one batch of end users, tokens and networks after `after`, by name, and deletes counters that no longer affect
   * any decision (case D17). Returns the last name checked, or undefined at the end.
   */
  pruneUsers(after: string, now: number): Promise<string | undefined>
}

/** The state that operations share inside a transaction. */
interface LedgerContext {
  readonly sql: SyncSql
  readonly keys: KeyChainCache
  readonly processId: string
  readonly counters: CounterCache
  readonly openCalls: OpenCallCache
  /** The number of the transaction. */
  transaction: number
}

/** An operation that waits for the next transaction. */
interface QueuedOperation {
  /** Runs inside the transaction and returns {@link result}. */
  readonly run: (input: unknown, context: LedgerContext) => unknown
  readonly input: unknown
  /** Valid only after the transaction has committed. */
  result: unknown
  failure: { readonly error: unknown } | undefined
}

type Enqueue = <Input, Result>(run: (input: Input, context: LedgerContext) => Result, input: Input) => Promise<Result>

/**
 * Creates a ledger on a SQLite database in this process. Concurrent operations share one transaction (group commit),
 * which costs one write to the file, regardless of their number.
 */
export function createSqlLedger(options: SqlLedgerOptions): SqlLedger {
  const { sql, keys, processId, schedule, scheduleSettlements = schedule } = options
  const context: LedgerContext = {
    sql,
    keys,
    processId,
    counters: createCounterCache(sql),
    openCalls: createOpenCallCache(),
    transaction: 0,
  }
  let waiting: QueuedOperation[] = []
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
    // If an admission has scheduled a flush meanwhile, that flush includes the settlements.
    if (!isScheduled) flush()
  }

  // One batch promise plus one `then` per operation allocates half as many objects as a `new Promise` per operation.
  const enqueue: Enqueue = (run, input) => {
    // The casts are safe because each input goes to its own `run`, and each promise resolves with its own result.
    const operation = { run, input, result: undefined, failure: undefined } as QueuedOperation
    waiting.push(operation)
    return batchEnd.promise.then(() => readResult(operation)) as Promise<never>
  }

  const execute: Enqueue = (run, input) => {
    const result = enqueue(run, input)
    if (!isScheduled) {
      isScheduled = true
      schedule(flush)
    }
    return result
  }

  return {
    admit: (request) => execute(admit, request),
    settle(settlement) {
      const result = enqueue(settle, settlement)
      if (!isScheduled && !areSettlementsScheduled) {
        areSettlementsScheduled = true
        scheduleSettlements(flushSettlements)
      }
      return result
    },
    correct: (correction) => execute(correct, correction),
    reconcile: (reconciliation) => execute(reconcile, reconciliation),
    eraseUser: (erasure) => execute(eraseUser, erasure),
    balance: (keyId, now) => execute(balanceAt, { keyId, now }),
    limits: (keyId, now) => execute(limitsAt, { keyId, now }),
    pruneUsers: (after, now) => execute(pruneUsers, { after, now }),
    // Ignores a failure, because the next read meets and reports it too.
    written: () => (waiting.length === 0 ? Promise.resolve() : execute(nothing, undefined).catch(nothing)),
  }
}

const statements = {
  insertOpen: 'INSERT INTO open_calls (id, process_id, opened_at, detail) VALUES (?, ?, ?, ?)',
  deleteOpen: 'DELETE FROM open_calls WHERE id = ?',
  openCalls: `SELECT ${openColumns} FROM open_calls`,
  takeOpen: `DELETE FROM open_calls WHERE id = ? RETURNING ${openColumns}`,
} as const

/** Reserves the worst case of a call and stores it as an open call. */
function admit(request: AdmissionRequest, context: LedgerContext): AdmissionResult {
  const { sql, processId, counters, openCalls } = context
  const decision = decideAdmission(request, findChain(request, context), counters.read)
  counters.put(decision.counters)
  const { openCall } = decision
  if (openCall !== undefined) {
    sql.run(statements.insertOpen, [request.id, processId, request.now, stringifyOpenCall(openCall)])
    openCalls.put(openCall)
  }
  return decision.result
}

function findChain(request: AdmissionRequest, { keys, transaction }: LedgerContext): KeyChain | undefined {
  const { keyId, token } = request
  const revocations = token === undefined ? noRevocations : keys.revocations(keyId, transaction)
  return toChain(request, keys.chain(keyId, transaction), revocations)
}

/** Settles a call. The same transaction deletes its open row, so no call settles twice (R43). */
function settle(settlement: Settlement, context: LedgerContext): boolean {
  const open = takeOpen(settlement.id, context)
  if (open === undefined) return false
  const { record, counters } = decideSettlement(open, settlement, context.counters.read)
  context.counters.put(counters)
  context.sql.run(insertRecord, toRecordParams(record))
  return true
}

/** Corrects the record, its sums and the counters in one transaction, because one database holds all of them. */
function correct(correction: Correction, { sql, counters }: LedgerContext): LedgerRecord | undefined {
  const { id, costNano } = correction
  const [row] = sql.all(findRecord, [id])
  if (row === undefined) return undefined
  const record = toRecord(row)
  counters.put(decideCorrection(record, correction, counters.read))
  for (const { text, params } of toCorrection(id, costNano)) sql.run(text, params)
  return record
}

/** Reconciles in one transaction, like `correct`. */
function reconcile({ rootId, isDryRun, now }: Reconciliation, { sql, counters }: LedgerContext): readonly Reconciled[] {
  const all = ({ text, params }: SqlStatement) => sql.all(text, params)
  // Writes first: the list must include end users who are new in this transaction.
  counters.write()
  const subjects = subjectsIn(
    all(toFamilyStatement(rootId)).map((row) => readString(row, 'id')),
    counters,
  )
  const queries = toSpendingQueries(subjects, counters.read, now)
  const results = queries.map((query) => all(toSpendingStatement(rootId, query)).map(toSpending))
  const decision = decideReconciliation(subjects, { queries, results }, counters.read, now)
  if (!isDryRun) counters.put(decision.counters)
  return decision.changes
}

/** Deletes in one transaction, like `correct`. Settled calls have their records already. */
function eraseUser(erasure: LedgerErasure, { sql, counters }: LedgerContext): number {
  const open = sql.all(statements.openCalls, []).map((row) => readOpenCall(row))
  const { openCalls, subjects } = decideErasure(open, erasure)
  if (!erasure.isDryRun) for (const subject of subjects) counters.delete(subject)
  return openCalls
}

/** Removes an open call; undefined if it is not open. Only the settlement that deletes the row may record the call. */
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
  const { counters, keys, transaction } = context
  return toLimitStatuses(keys.chain(keyId, transaction) ?? [], now, counters.read)
}

interface UsersAfter {
  readonly after: string
  readonly now: number
}

function pruneUsers({ after, now }: UsersAfter, { counters, keys, transaction }: LedgerContext): string | undefined {
  const users = counters.users(after, userLimit)
  for (const subject of users) {
    const [key] = keys.chain(keyOfSubject(subject), transaction) ?? []
    pruneUser({ subject, limits: key?.perUser }, now, counters)
  }
  return users.length < userLimit ? undefined : users.at(-1)
}

/** Does nothing: its transaction contains all earlier operations. */
function nothing(): void {}

/**
 * Runs a batch in one transaction. If that fails while the store is available, runs each operation in a separate
 * transaction, so only the faulty one fails.
 */
function runTogether(batch: readonly QueuedOperation[], context: LedgerContext): void {
  try {
    context.sql.transaction(() => {
      context.counters.refresh()
      context.transaction += 1
      for (const operation of batch) operation.result = operation.run(operation.input, context)
      context.counters.write()
    })
  } catch (error) {
    context.counters.clear()
    const isStoreDown = error instanceof GatewayError && error.code === 'store_unavailable'
    for (const operation of batch) {
      if (batch.length === 1 || isStoreDown) operation.failure = { error }
      else runTogether([operation], context)
    }
  }
}

function readResult({ result, failure }: QueuedOperation): unknown {
  if (failure !== undefined) throw failure.error
  return result
}
