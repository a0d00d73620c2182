import type { Counted } from '../../../metering/counters.ts'
import type { LimitStatus } from '../../../metering/limit-status.ts'
import type { KeyChain } from '../../../metering/limits.ts'
import { decideAdmission, replayAdmission } from '../../ledger/decide-admission.ts'
import { decideCorrection } from '../../ledger/decide-correction.ts'
import { decideErasure, isOfUser } from '../../ledger/decide-erasure.ts'
import { decideReconciliation, type ReconciledSubject, toSpendingQueries } from '../../ledger/decide-reconciliation.ts'
import { decideSettlement, toLedgerRecord } from '../../ledger/decide-settlement.ts'
import type {
  AdmissionRequest,
  AdmissionResult,
  Balance,
  Correction,
  LedgerErasure,
  LedgerRecord,
  Reconciled,
  Settlement,
} from '../../ledger/ledger.ts'
import { type OpenCall, parseSettlement, stringifyOpenCall, stringifySettlement } from '../../ledger/open-call.ts'
import { toBalance, toLimitStatuses } from '../../ledger/read-account.ts'
import type { EndUser, Spending, SpendingQuery } from '../../usage-store.ts'
import { readInteger, readOptionalInteger, readOptionalString, readString } from '../read-column.ts'
import type { SqlRow, SyncSql } from '../sql.ts'
import { createCounterCache, subjectsIn } from './create-counter-cache.ts'
import { createOpenCallCache, openColumns, readOpenCall } from './open-calls.ts'
import { type PrunedSubject, pruneUser, userLimit } from './prune-user.ts'

/** An admission request whose call is closed at the end of its lease, even without a settlement. */
export interface LeasedRequest extends AdmissionRequest {
  /** Length of the lease in milliseconds. */
  readonly leaseMs: number
}

/**
 * The ledger for a database that only this process opens and that bills each written row, such as that of a Durable
 * Object.
 *
 * Counters live in memory. The table `open_calls` is the journal: an admission inserts a row, its settlement updates
 * that row, and the row is deleted once the record is stored elsewhere. Deletions happen in batches, in one transaction
 * with a snapshot of the changed counters. A call writes three rows; a batch also writes one row for each changed
 * counter.
 *
 * One sequence numbers all admissions and settlements, and a snapshot stores the last number that it includes. On open,
 * later ones are replayed in order through the same pure functions, so no count is ever lost.
 */
export interface JournalLedger {
  admit(request: LeasedRequest, chain: KeyChain | undefined): AdmissionResult
  /** Records a settlement. Returns false for a call that is not open (R43). */
  settle(settlement: Settlement): boolean
  /**
   * Applies a new cost of a record, which is stored elsewhere, to the counters and takes a snapshot. The ledger stores
   * the cost that its counters include for each corrected record. A correction may therefore be repeated until the
   * record has the new cost too.
   */
  correct(record: LedgerRecord, correction: Correction): void
  /** Returns the queries that {@link reconcile} needs for these keys at `now`. Takes a snapshot. */
  planReconciliation(keyIds: readonly string[], now: number): ReconciliationPlan
  /**
   * Reconciles as in `Ledger` and takes a snapshot. `results` are the results of the plan's queries, over records that
   * include every settled call. Deletes the stored costs of corrected records, because the counters now match the
   * records.
   */
  reconcile(plan: ReconciliationPlan, results: readonly (readonly Spending[])[]): readonly Reconciled[]
  /** Returns the same differences without changing anything. */
  compare(plan: ReconciliationPlan, results: readonly (readonly Spending[])[]): readonly Reconciled[]
  /** Returns the admitted request of an open call; undefined if the call is not open. */
  findOpen(id: string): AdmissionRequest | undefined
  balance(keyId: string, now: number): Balance | undefined
  limits(chain: KeyChain, now: number): readonly LimitStatus[]
  /** Returns at most {@link maxOverdue} open calls whose lease has ended by `now`. */
  overdue(now: number): readonly OpenCall[]
  /** Returns the earliest end of a lease; undefined if no call is open. */
  nextDeadline(): number | undefined
  /** Returns records of settled calls that are not removed yet, roughly oldest first. */
  settled(limit: number): readonly LedgerRecord[]
  /** Removes settled calls whose records are stored elsewhere. Takes a snapshot. */
  remove(records: readonly LedgerRecord[]): void
  /** Writes the changed counters, which leaves fewer calls to replay. */
  takeSnapshot(): void
  /** Returns the next subjects below keys that have counters, at most {@link userLimit}, ordered by name. */
  users(after: string): readonly string[]
  /**
   * Deletes the counters of these subjects that no longer affect any decision under the given per-user limits (case
   * D17).
   */
  pruneUsers(users: readonly PrunedSubject[], now: number): void
  /** Returns at most `limit` records of an end user's settled calls that are not removed yet. */
  settledOf(user: EndUser, limit: number): readonly LedgerRecord[]
  /** Deletes counters as in `Ledger` and takes a snapshot, after which no replay brings them back. */
  eraseUser(erasure: LedgerErasure): number
  countOpen(): number
  countSettled(): number
}

export interface ReconciliationPlan {
  readonly subjects: readonly ReconciledSubject[]
  readonly queries: readonly SpendingQuery[]
  readonly now: number
}

/** Maximum number of calls that one step closes. */
const maxOverdue = 500

const statements = {
  snapshot: 'SELECT seq FROM ledger_snapshot WHERE id = 1',
  writeSnapshot: 'UPDATE ledger_snapshot SET seq = ? WHERE id = 1',
  // Skips settled calls that the snapshot includes: there are many while the record store is down.
  journal: `SELECT ${openColumns}, deadline, counted, opened_seq, settled_seq, settlement FROM open_calls
    WHERE settled_seq IS NULL OR settled_seq > ?`,
  insert: `INSERT INTO open_calls (id, process_id, opened_at, deadline, detail, counted, opened_seq)
    VALUES (?, 'durable-object', ?, ?, ?, ?, ?)`,
  settle: 'UPDATE open_calls SET settled_seq = ?, settlement = ? WHERE id = ?',
  find: `SELECT ${openColumns} FROM open_calls WHERE id = ?`,
  settled: `SELECT ${openColumns}, settled_seq, settlement FROM open_calls
    WHERE settled_seq IS NOT NULL ORDER BY id LIMIT ?`,
  open: `SELECT ${openColumns} FROM open_calls WHERE settled_seq IS NULL`,
  allSettled: `SELECT ${openColumns}, settlement FROM open_calls WHERE settled_seq IS NOT NULL`,
  countSettled: 'SELECT COUNT(*) AS settled FROM open_calls WHERE settled_seq IS NOT NULL',
  remove: 'DELETE FROM open_calls WHERE id IN (SELECT value FROM json_each(?))',
  correctedCost: 'SELECT cost_nano FROM corrections WHERE id = ?',
  writeCorrection: `INSERT INTO corrections (id, cost_nano) VALUES (?, ?)
    ON CONFLICT (id) DO UPDATE SET cost_nano = excluded.cost_nano`,
  forgetCorrections: 'DELETE FROM corrections',
} as const

export function openJournalLedger(sql: SyncSql): JournalLedger {
  const counters = createCounterCache(sql)
  const openCalls = createOpenCallCache()
  /** End of the lease of each open call, in milliseconds since 1970. */
  const deadlines = new Map<string, number>()
  let seq = 0
  load()

  /** Rebuilds the in-memory state from the database. */
  function load(): void {
    counters.clear()
    deadlines.clear()
    const [row = {}] = sql.all(statements.snapshot, [])
    const snapshot = readInteger(row, 'seq')
    seq = snapshot
    const events: JournalEvent[] = []
    for (const row of sql.all(statements.journal, [snapshot])) {
      // The first release did not write `counted`; the snapshot includes its admissions.
      const counted = JSON.parse(readOptionalString(row, 'counted') ?? '[]') as readonly Counted[]
      const open = readOpenCall(row, counted)
      const openedSeq = readInteger(row, 'opened_seq')
      const settledSeq = readOptionalInteger(row, 'settled_seq')
      if (openedSeq > snapshot) events.push({ seq: openedSeq, open, settlement: undefined })
      if (settledSeq === undefined)
        deadlines.set(open.request.id, readOptionalInteger(row, 'deadline') ?? open.request.now)
      else events.push({ seq: settledSeq, open, settlement: readString(row, 'settlement') })
    }
    for (const event of events.sort((left, right) => left.seq - right.seq)) {
      const { open, settlement } = event
      seq = event.seq
      if (settlement === undefined) counters.put(replayAdmission(open, counters.read))
      else counters.put(decideSettlement(open, parseSettlement(open.request.id, settlement), counters.read).counters)
    }
  }

  function findOpen(id: string): OpenCall | undefined {
    const known = openCalls.take(id)
    if (known !== undefined) return known
    const [row] = sql.all(statements.find, [id])
    return row && readOpenCall(row)
  }

  function inTransaction(work: () => void): void {
    try {
      sql.transaction(work)
    } catch (error) {
      load()
      throw error
    }
  }

  function writeSnapshot(): void {
    counters.write()
    sql.run(statements.writeSnapshot, [seq])
  }

  return {
    admit(request, chain) {
      counters.refresh()
      const { result, counters: changed, openCall } = decideAdmission(request, chain, counters.read)
      // A refusal must not change the counters, because a replay would not reproduce the change.
      if (openCall === undefined) return result
      const { id, now, leaseMs } = request
      const counted = JSON.stringify(openCall.subjects.map((subject) => subject.counted))
      sql.run(statements.insert, [id, now, now + leaseMs, stringifyOpenCall(openCall), counted, seq + 1])
      seq += 1
      counters.put(changed)
      deadlines.set(id, now + leaseMs)
      openCalls.put(openCall)
      return result
    },
    settle(settlement) {
      const { id } = settlement
      const open = deadlines.has(id) ? findOpen(id) : undefined
      if (open === undefined) return false
      const decision = decideSettlement(open, settlement, counters.read)
      sql.run(statements.settle, [seq + 1, stringifySettlement(settlement), id])
      seq += 1
      counters.put(decision.counters)
      deadlines.delete(id)
      return true
    },
    correct(record, correction) {
      const { id, costNano } = correction
      const [known] = sql.all(statements.correctedCost, [id])
      const counted = known === undefined ? record : { ...record, costNano: readInteger(known, 'cost_nano') }
      inTransaction(() => {
        counters.put(decideCorrection(counted, correction, counters.read))
        sql.run(statements.writeCorrection, [id, costNano])
        // A snapshot replaces a journal entry, because corrections are rare.
        writeSnapshot()
      })
    },
    planReconciliation(keyIds, now) {
      // Writes the snapshot first: the list must include users whose counters are only in memory.
      inTransaction(writeSnapshot)
      const subjects = subjectsIn(keyIds, counters)
      return { subjects, queries: toSpendingQueries(subjects, counters.read, now), now }
    },
    reconcile({ subjects, queries, now }, results) {
      const decision = decideReconciliation(subjects, { queries, results }, counters.read, now)
      inTransaction(() => {
        counters.put(decision.counters)
        sql.run(statements.forgetCorrections, [])
        writeSnapshot()
      })
      return decision.changes
    },
    compare: ({ subjects, queries, now }, results) =>
      decideReconciliation(subjects, { queries, results }, counters.read, now).changes,
    findOpen(id) {
      const [row] = deadlines.has(id) ? sql.all(statements.find, [id]) : []
      return row && readOpenCall(row).request
    },
    balance: (keyId, now) => toBalance(counters.read(keyId), now),
    limits: (chain, now) => toLimitStatuses(chain, now, counters.read),
    overdue(now) {
      const overdue: OpenCall[] = []
      for (const [id, deadline] of deadlines) {
        if (deadline > now) continue
        const open = findOpen(id)
        if (open !== undefined) overdue.push(open)
        if (overdue.length === maxOverdue) break
      }
      return overdue
    },
    nextDeadline() {
      let first: number | undefined
      for (const deadline of deadlines.values()) if (first === undefined || deadline < first) first = deadline
      return first
    },
    settled(limit) {
      const rows = sql.all(statements.settled, [limit])
      const bySettlement = rows.toSorted(
        (left, right) => readInteger(left, 'settled_seq') - readInteger(right, 'settled_seq'),
      )
      return bySettlement.map((row) => toSettledRecord(row, readOpenCall(row)))
    },
    settledOf(user, limit) {
      const records: LedgerRecord[] = []
      for (const row of sql.all(statements.allSettled, [])) {
        const open = readOpenCall(row)
        if (isOfUser(open.request, user)) records.push(toSettledRecord(row, open))
        if (records.length === limit) break
      }
      return records
    },
    eraseUser(erasure) {
      const open = sql.all(statements.open, []).map((row) => readOpenCall(row))
      const { openCalls, subjects } = decideErasure(open, erasure)
      if (erasure.isDryRun) return openCalls
      inTransaction(() => {
        for (const subject of subjects) counters.delete(subject)
        writeSnapshot()
      })
      return openCalls
    },
    remove(records) {
      inTransaction(() => {
        sql.run(statements.remove, [JSON.stringify(records.map(({ id }) => id))])
        writeSnapshot()
      })
    },
    takeSnapshot: () => inTransaction(writeSnapshot),
    users: (after) => counters.users(after, userLimit),
    pruneUsers: (users, now) =>
      inTransaction(() => {
        for (const user of users) pruneUser(user, now, counters)
      }),
    countOpen: () => deadlines.size,
    countSettled: () => readInteger(sql.all(statements.countSettled, [])[0] ?? {}, 'settled'),
  }
}

function toSettledRecord(row: SqlRow, open: OpenCall): LedgerRecord {
  return toLedgerRecord(open, parseSettlement(readString(row, 'id'), readString(row, 'settlement')))
}

/** An admission, or the end of a call if `settlement` is set. */
interface JournalEvent {
  readonly seq: number
  readonly open: OpenCall
  readonly settlement: string | undefined
}
