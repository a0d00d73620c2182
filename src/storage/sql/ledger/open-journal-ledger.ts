import type { Counted } from '../../../metering/counters.ts'
import type { LimitStatus } from '../../../metering/limit-status.ts'
import type { KeyChain, Limits } from '../../../metering/limits.ts'
import { decideAdmission, replayAdmission } from '../../ledger/decide-admission.ts'
import { decideCorrection } from '../../ledger/decide-correction.ts'
import { decideReconciliation, type ReconciledSubject, toSpendingQueries } from '../../ledger/decide-reconciliation.ts'
import { decideSettlement, toLedgerRecord } from '../../ledger/decide-settlement.ts'
import type {
  AdmissionRequest,
  AdmissionResult,
  Balance,
  Correction,
  LedgerRecord,
  Reconciled,
  Settlement,
} from '../../ledger/ledger.ts'
import { type OpenCall, parseSettlement, stringifyOpenCall, stringifySettlement } from '../../ledger/open-call.ts'
import { toBalance, toLimitStatuses } from '../../ledger/read-account.ts'
import type { Spending, SpendingQuery } from '../../usage-store.ts'
import { readInteger, readOptionalInteger, readOptionalString, readText } from '../read-column.ts'
import type { SyncSql } from '../sql.ts'
import { createCounterCache, subjectsIn } from './create-counter-cache.ts'
import { createOpenCallCache, openColumns, readOpenCall } from './open-calls.ts'
import { pruneUser, userLimit } from './prune-user.ts'

/** A request whose call is closed when its lease is over, whatever became of it. */
export interface LeasedRequest extends AdmissionRequest {
  /** Milliseconds. */
  readonly leaseMs: number
}

/**
 * The ledger of a database that only this process opens and that bills each row, such as that of a Durable Object.
 *
 * Counters live in memory. The table `open_calls` is the journal: an admission inserts a row, its settlement updates
 * that row, and once the record is stored elsewhere the row is deleted. That happens to many rows at once, in one
 * transaction with a snapshot of the counters that have changed. A call costs three rows, and a batch as many as there
 * are changed counters.
 *
 * Admissions and settlements are numbered in one sequence, and a snapshot has the number of the last one in it. When
 * the database is opened, those above it are replayed in their order through the same pure functions: no counter is
 * ever lost.
 */
export interface JournalLedger {
  admit(request: LeasedRequest, chain: KeyChain | undefined): AdmissionResult
  /** False for a call that is not open (R43). */
  settle(settlement: Settlement): boolean
  /**
   * Brings the counters to another cost of a record that is stored elsewhere, and takes a snapshot. The object remembers the cost that its
   * counters hold of each record that was corrected, so that a correction may be made again and again until the record has it too.
   */
  correct(record: LedgerRecord, correction: Correction): void
  /** The questions that {@link reconcile} has to the records of these keys at `now`. Takes a snapshot. */
  planReconciliation(keyIds: readonly string[], now: number): ReconciliationPlan
  /**
   * As of `Ledger`; `answers` are those to the plan's questions, of records among which those of all settled calls are. Takes a snapshot. What the
   * object remembers of corrections is forgotten: from here on its counters hold the costs that the records have.
   */
  reconcile(plan: ReconciliationPlan, answers: readonly (readonly Spending[])[]): readonly Reconciled[]
  /** The same, and changes nothing. */
  compare(plan: ReconciliationPlan, answers: readonly (readonly Spending[])[]): readonly Reconciled[]
  /** The request of an open call as it was admitted; undefined where it is not open. */
  findOpen(id: string): AdmissionRequest | undefined
  balance(keyId: string, now: number): Balance | undefined
  limits(chain: KeyChain, now: number): readonly LimitStatus[]
  /** Open calls whose lease is over at `now`, at most {@link maxOverdue}. */
  overdue(now: number): readonly OpenCall[]
  /** When the first lease of an open call is over; undefined where none is open. */
  nextDeadline(): number | undefined
  /** Records of settled calls that have not been removed, roughly the oldest first. */
  settled(limit: number): readonly LedgerRecord[]
  /** Removes settled calls whose records are stored elsewhere, and takes a snapshot. */
  remove(records: readonly LedgerRecord[]): void
  /** Writes the counters that have changed, so that fewer calls have to be replayed. */
  takeSnapshot(): void
  /** The next end users of keys that have counters, at most {@link userLimit}, in the order of their names. */
  users(after: string): readonly string[]
  /** Forgets those of them whose counters decide nothing any more, as of the limits that their keys have for each user (case D17). */
  pruneUsers(users: readonly KeyUser[], now: number): void
  countOpen(): number
  countSettled(): number
}

export interface ReconciliationPlan {
  readonly subjects: readonly ReconciledSubject[]
  readonly questions: readonly SpendingQuery[]
  readonly now: number
}

/** An end user of a key. */
export interface KeyUser {
  readonly subject: string
  readonly limits: Limits | undefined
}

/** Calls that one step closes. */
const maxOverdue = 500

const statements = {
  snapshot: 'SELECT seq FROM ledger_snapshot WHERE id = 1',
  writeSnapshot: 'UPDATE ledger_snapshot SET seq = ? WHERE id = 1',
  // Settled calls below the snapshot, which are many while their store is down, are not looked at.
  journal: `SELECT ${openColumns}, deadline, counted, opened_seq, settled_seq, settlement FROM open_calls
    WHERE settled_seq IS NULL OR settled_seq > ?`,
  insert: `INSERT INTO open_calls (id, process_id, opened_at, deadline, detail, counted, opened_seq)
    VALUES (?, 'durable-object', ?, ?, ?, ?, ?)`,
  settle: 'UPDATE open_calls SET settled_seq = ?, settlement = ? WHERE id = ?',
  find: `SELECT ${openColumns} FROM open_calls WHERE id = ?`,
  settled: `SELECT ${openColumns}, settled_seq, settlement FROM open_calls
    WHERE settled_seq IS NOT NULL ORDER BY id LIMIT ?`,
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
  /** When the lease of each open call is over. */
  const deadlines = new Map<string, number>()
  let seq = 0
  load()

  /** Brings the memory to what the database holds. */
  function load(): void {
    counters.clear()
    deadlines.clear()
    const [row = {}] = sql.all(statements.snapshot, [])
    const snapshot = readInteger(row, 'seq')
    seq = snapshot
    const events: JournalEvent[] = []
    for (const row of sql.all(statements.journal, [snapshot])) {
      // The first release wrote no `counted`; its admissions are in the snapshot.
      const counted = JSON.parse(readOptionalString(row, 'counted') ?? '[]') as readonly Counted[]
      const open = readOpenCall(row, counted)
      const openedSeq = readInteger(row, 'opened_seq')
      const settledSeq = readOptionalInteger(row, 'settled_seq')
      if (openedSeq > snapshot) events.push({ seq: openedSeq, open, settlement: undefined })
      if (settledSeq === undefined)
        deadlines.set(open.request.id, readOptionalInteger(row, 'deadline') ?? open.request.now)
      else events.push({ seq: settledSeq, open, settlement: readText(row, 'settlement') })
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
      // A refusal leaves no trace, or a replay would not come to the same counters.
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
        // In place of an entry in the journal: corrections are rare.
        writeSnapshot()
      })
    },
    planReconciliation(keyIds, now) {
      // Users whose counters are in memory alone are listed too.
      inTransaction(writeSnapshot)
      const subjects = subjectsIn(keyIds, counters)
      return { subjects, questions: toSpendingQueries(subjects, counters.read, now), now }
    },
    reconcile({ subjects, questions, now }, answers) {
      const decision = decideReconciliation(subjects, { questions, answers }, counters.read, now)
      inTransaction(() => {
        counters.put(decision.counters)
        sql.run(statements.forgetCorrections, [])
        writeSnapshot()
      })
      return decision.changes
    },
    compare: ({ subjects, questions, now }, answers) =>
      decideReconciliation(subjects, { questions, answers }, counters.read, now).changes,
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
      return bySettlement.map((row) => {
        return toLedgerRecord(readOpenCall(row), parseSettlement(readText(row, 'id'), readText(row, 'settlement')))
      })
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
        for (const { subject, limits } of users) pruneUser(subject, limits, now, counters)
      }),
    countOpen: () => deadlines.size,
    countSettled: () => readInteger(sql.all(statements.countSettled, [])[0] ?? {}, 'settled'),
  }
}

/** An admission, or with a settlement the end of one. */
interface JournalEvent {
  readonly seq: number
  readonly open: OpenCall
  readonly settlement: string | undefined
}
