import { DurableObject } from 'cloudflare:workers'
import { GatewayError } from '../../../core/errors.ts'
import { dayMs } from '../../../core/time.ts'
import type { LimitStatus } from '../../../metering/limit-status.ts'
import { BreakerBoard, type NamedBreaker } from '../../../routing/breaker-board.ts'
import { keyOfSubject, toChain } from '../../../storage/ledger/decide-admission.ts'
import { toUnknownSettlement } from '../../../storage/ledger/decide-settlement.ts'
import type {
  AdmissionResult,
  Balance,
  Correction,
  LedgerErasure,
  LedgerRecord,
  Reconciled,
  Reconciliation,
  Settlement,
} from '../../../storage/ledger/ledger.ts'
import { createSqlKeyStore } from '../../../storage/sql/keys/create-sql-key-store.ts'
import { createSqlRevocationStore } from '../../../storage/sql/keys/create-sql-revocation-store.ts'
import {
  type JournalLedger,
  type LeasedRequest,
  openJournalLedger,
} from '../../../storage/sql/ledger/open-journal-ledger.ts'
import type { PrunedSubject } from '../../../storage/sql/ledger/prune-user.ts'
import type { SyncSql } from '../../../storage/sql/sql.ts'
import { createSqlUsageStore } from '../../../storage/sql/usage/create-sql-usage-store.ts'
import type { UsageStore } from '../../../storage/usage-store.ts'
import { renderNotice } from '../../../telemetry/line-log.ts'
import { createD1Sql } from '../storage/create-d1-sql.ts'
import { createDurableSql } from './create-durable-sql.ts'
import { createFamilyRules, type FamilyRules } from './create-family-rules.ts'
import { prepareLedgerTables } from './ledger-tables.ts'
import { shipLimit, shipOldRecords, shipRecords } from './ship-records.ts'

/** Delay that collects records into one batch for D1. */
const shipDelayMs = 2_000

/** Maximum lag of the roll-ups. Queries read newer records directly. */
const rollUpEveryMs = 30_000
const rollUpLimit = 2_000

/** Interval between two checks of all end users. Reads are cheap, and so are counters that stay a day too long. */
const pruneEveryMs = dayMs

/** Delays between two attempts while D1 cannot be written. */
const firstRetryMs = 2_000
const maxRetryMs = 60_000

/**
 * The result of an RPC. An error thrown across RPC loses its code and is logged as a crash, so the expected failure is
 * a value.
 */
export type FamilyResult<Value> =
  | { readonly kind: 'answered'; readonly value: Value }
  | { readonly kind: 'unavailable'; readonly reason: string }

/** The number of open calls of a family, and of records that are not in D1 yet. */
export interface FamilyState {
  readonly open: number
  readonly waiting: number
}

/**
 * The ledger of one family of keys: a root key with all keys below it. One object holds the family, so it can check the
 * limits of all keys in one step.
 *
 * An alarm is pending while a call is open or a record waits for D1:
 *
 * - An admission sets it for the end of the lease.
 * - The first settlement of a batch moves it to {@link shipDelayMs} from now.
 * - The alarm handler sets the next alarm itself; until then, settlements set none.
 *
 * A long stream therefore costs no further alarm, and a batch costs one or two.
 *
 * One more object has no family: isolates share their breakers in its memory (docs/decisions/0036-breakers-in-an-object.md).
 */
export class LedgerFamily extends DurableObject<{ readonly DB: D1Database }> {
  readonly #sql: SyncSql
  readonly #rules: FamilyRules
  readonly #usage: UsageStore
  readonly #ledger: JournalLedger
  readonly #breakers = new BreakerBoard()
  /** Time of the pending alarm; 0 while the alarm handler runs. */
  #alarmAt: number | undefined
  #retryMs = 0
  #retryAt = 0
  #rolledUpAt = 0
  #prunedUsersAt: number | undefined
  /** Settles after the last queued correction or reconciliation, which run one after the other. */
  #correcting: Promise<unknown> = Promise.resolve()

  constructor(context: DurableObjectState, env: { readonly DB: D1Database }) {
    super(context, env)
    const { storage } = context
    const database = createD1Sql(env.DB)
    this.#sql = createDurableSql(storage)
    this.#usage = createSqlUsageStore(database)
    this.#rules = createFamilyRules(createSqlKeyStore(database), createSqlRevocationStore(database), () => Date.now())
    prepareLedgerTables(this.#sql, {
      read: () => storage.kv.get<number>('schema') ?? 0,
      write: (version) => storage.kv.put('schema', version),
    })
    this.#ledger = openJournalLedger(this.#sql)
    void context.blockConcurrencyWhile(async () => {
      this.#alarmAt = (await storage.getAlarm()) ?? undefined
    })
  }

  /** Admits a call as in `Ledger`, with this object's own clock. */
  admit(request: LeasedRequest): Promise<FamilyResult<AdmissionResult>> {
    return toResult(async () => {
      const { keyId, leaseMs, token } = request
      const { chain, revocations } = await this.#rules.find(keyId, token !== undefined)
      const now = Date.now()
      const result = this.#ledger.admit({ ...request, now }, toChain(request, chain, revocations))
      // In the same tick, and therefore in the same write: an open call always has an alarm.
      if (result.kind === 'admitted') this.#wakeBy(now + leaseMs)
      return result
    })
  }

  /** Retries an admission whose response was lost and that may have succeeded. */
  async admitAgain(request: LeasedRequest): Promise<FamilyResult<AdmissionResult>> {
    const open = this.#ledger.findOpen(request.id)
    if (open === undefined) return this.admit(request)
    return answered({ kind: 'admitted', rates: [], wouldRefuse: [], grantedNano: open.reservedNano })
  }

  /** Settles a call as in `Ledger`. */
  settle(settlement: Settlement): Promise<FamilyResult<boolean>> {
    return toResult(async () => {
      const now = Date.now()
      const isSettled = this.#ledger.settle({ ...settlement, now })
      if (isSettled) this.#wakeBy(Math.max(now + shipDelayMs, this.#retryAt))
      return isSettled
    })
  }

  /**
   * Corrects a cost as in `Ledger`. Updates the counters first, which store the correction: a retry then repairs D1 if
   * it failed.
   */
  correct(correction: Correction): Promise<FamilyResult<LedgerRecord | undefined>> {
    const corrected = this.#correcting.then(() =>
      toResult(async () => {
        // The record may not have shipped to D1 yet.
        await this.carry()
        const { id, costNano } = correction
        const record = await this.#usage.record(id)
        if (record === undefined) return undefined
        this.#ledger.correct(record, { ...correction, now: Date.now() })
        await this.#usage.correct(id, costNano)
        return record
      }),
    )
    this.#correcting = corrected.catch(() => {})
    return corrected
  }

  /**
   * Reconciles as in `Ledger`. Admits and settles no call while it reads D1, so each call counts once: in a record or
   * as a running call. Never overlaps with a correction.
   */
  reconcile({ rootId, isDryRun }: Omit<Reconciliation, 'now'>): Promise<FamilyResult<readonly Reconciled[]>> {
    const reconciled = this.#correcting.then(async () => {
      // Ships most records before it blocks calls. Ignores a failure of D1, because `#reconcile` meets it again.
      await this.carry().catch(() => {})
      // An error that escapes the block would restart the object and abort its calls.
      const [outcome] = await this.ctx.blockConcurrencyWhile(() =>
        Promise.allSettled([toResult(() => this.#reconcile(rootId, isDryRun))]),
      )
      if (outcome.status === 'rejected') throw outcome.reason
      return outcome.value
    })
    this.#correcting = reconciled.catch(() => {})
    return reconciled
  }

  /**
   * Erases an end user as in `Ledger`. Ships the user's records first: D1 then holds every record with the name, except
   * those of the calls that are counted as running. A concurrent shipment of the same records cannot bring the name
   * back, because D1 skips records that it has.
   */
  eraseUser(erasure: LedgerErasure): Promise<FamilyResult<number>> {
    return toResult(async () => {
      while ((await shipOldRecords(this.#sql, this.#usage)) > 0);
      for (;;) {
        const records = this.#ledger.settledOf(erasure, shipLimit)
        // In the same tick: no call settles in between.
        if (records.length === 0) return this.#ledger.eraseUser(erasure)
        await this.#usage.add(records)
        this.#ledger.remove(records)
      }
    })
  }

  /** Returns the balance as in `Ledger`. */
  balance(keyId: string): Promise<FamilyResult<Balance | undefined>> {
    return toResult(async () => this.#ledger.balance(keyId, Date.now()))
  }

  /** Returns the limits as in `Ledger`. */
  limits(keyId: string): Promise<FamilyResult<readonly LimitStatus[]>> {
    return toResult(async () => {
      const { chain = [] } = await this.#rules.find(keyId)
      return this.#ledger.limits(chain, Date.now())
    })
  }

  /** Drops the cached rules after a key of the family has changed in D1. */
  async refresh(): Promise<void> {
    this.#rules.forget()
  }

  /** Takes the breakers that have changed in an isolate; returns those of all isolates. */
  async exchangeBreakers(changed: unknown): Promise<readonly NamedBreaker[]> {
    const now = Date.now()
    this.#breakers.merge(changed, now)
    return this.#breakers.list(now)
  }

  /** Ships all records to D1 now; returns what remains. */
  async carry(): Promise<FamilyState> {
    while ((await this.#shipSome()) === shipLimit);
    return { open: this.#ledger.countOpen(), waiting: this.#ledger.countSettled() }
  }

  /**
   * Closes calls that were never settled (R07) and ships records to D1. Never throws, because Cloudflare stops retrying
   * an alarm after some failures.
   */
  override async alarm(): Promise<void> {
    // Cloudflare deletes an alarm only after its handler has ended, and runs it again after a crash.
    this.#alarmAt = 0
    let next: number | undefined
    try {
      this.#closeOverdue()
      next = await this.#shipAndRollUp()
      await this.#pruneUsers()
      this.#retryMs = 0
      this.#retryAt = 0
    } catch (error) {
      console.error(renderNotice('ledger', error, Date.now()))
      this.#retryMs = Math.min(maxRetryMs, Math.max(firstRetryMs, 2 * this.#retryMs))
      this.#retryAt = Date.now() + this.#retryMs
      next = this.#retryAt
    }
    this.#alarmAt = undefined
    const deadline = this.#ledger.nextDeadline()
    const times = [next, deadline].filter((time) => time !== undefined)
    if (times.length > 0) this.#wakeBy(Math.min(...times))
  }

  async #reconcile(rootId: string, isDryRun: boolean): Promise<readonly Reconciled[]> {
    while ((await this.#shipSome()) > 0);
    const plan = this.#ledger.planReconciliation(await this.#usage.family(rootId), Date.now())
    const results = await this.#usage.spending(rootId, plan.queries)
    return isDryRun ? this.#ledger.compare(plan, results) : this.#ledger.reconcile(plan, results)
  }

  #closeOverdue(): void {
    const now = Date.now()
    for (;;) {
      const overdue = this.#ledger.overdue(now)
      for (const open of overdue) this.#ledger.settle(toUnknownSettlement(open, now))
      if (overdue.length === 0) return
    }
  }

  /** Deletes idle end users once a day. Stores the time of the last pass, because eviction clears the memory. */
  async #pruneUsers(): Promise<void> {
    const { kv } = this.ctx.storage
    const now = Date.now()
    this.#prunedUsersAt ??= kv.get<number>('forgot_users_at') ?? 0
    if (now < this.#prunedUsersAt + pruneEveryMs) return
    let last = ''
    for (let users = this.#ledger.users(last); users.length > 0; users = this.#ledger.users(last)) {
      last = users.at(-1) ?? ''
      const found: PrunedSubject[] = []
      for (const subject of users) {
        const { chain } = await this.#rules.find(keyOfSubject(subject))
        found.push({ subject, limits: chain?.[0]?.perUser })
      }
      this.#ledger.pruneUsers(found, now)
    }
    // Without users, stores and caches nothing: a restarted object then behaves like one that was not restarted.
    if (last === '') return
    kv.put('forgot_users_at', now)
    this.#prunedUsersAt = now
  }

  /** Returns the time of the next work; undefined if only leases remain. */
  async #shipAndRollUp(): Promise<number | undefined> {
    const shipped = await this.#shipSome()
    if (shipped === shipLimit) return Date.now()
    const now = Date.now()
    if (now >= this.#rolledUpAt + rollUpEveryMs) {
      if ((await this.#usage.rollUp(rollUpLimit)) === rollUpLimit) return now
      this.#rolledUpAt = now
    }
    // More records are likely after a batch. One alarm now is one row write; the next settlement would need another to
    // move a later alarm.
    const isBusy = shipped > 0 && this.#ledger.countOpen() > 0
    return isBusy || this.#ledger.countSettled() > 0 ? now + shipDelayMs : undefined
  }

  async #shipSome(): Promise<number> {
    const old = await shipOldRecords(this.#sql, this.#usage)
    return old > 0 ? shipLimit : shipRecords(this.#ledger, this.#usage)
  }

  #wakeBy(time: number): void {
    if (this.#alarmAt !== undefined && this.#alarmAt <= time) return
    this.#alarmAt = time
    void this.ctx.storage.setAlarm(time)
  }
}

async function toResult<Value>(work: () => Promise<Value>): Promise<FamilyResult<Value>> {
  try {
    return answered(await work())
  } catch (error) {
    if (error instanceof GatewayError) return { kind: 'unavailable', reason: String(error.cause ?? error.message) }
    throw error
  }
}

function answered<Value>(value: Value): FamilyResult<Value> {
  return { kind: 'answered', value }
}
