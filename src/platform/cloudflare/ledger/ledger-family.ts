import { DurableObject } from 'cloudflare:workers'
import { GatewayError } from '../../../core/errors.ts'
import { dayMs } from '../../../core/time.ts'
import type { LimitStatus } from '../../../metering/limit-status.ts'
import { keyOfUser } from '../../../storage/ledger/decide-admission.ts'
import { toUnknownSettlement } from '../../../storage/ledger/decide-settlement.ts'
import type {
  AdmissionResult,
  Balance,
  Correction,
  LedgerRecord,
  Reconciled,
  Reconciliation,
  Settlement,
} from '../../../storage/ledger/ledger.ts'
import { createSqlKeyStore } from '../../../storage/sql/keys/create-sql-key-store.ts'
import {
  type JournalLedger,
  type KeyUser,
  type LeasedRequest,
  openJournalLedger,
} from '../../../storage/sql/ledger/open-journal-ledger.ts'
import type { SyncSql } from '../../../storage/sql/sql.ts'
import { createSqlUsageStore } from '../../../storage/sql/usage/create-sql-usage-store.ts'
import type { UsageStore } from '../../../storage/usage-store.ts'
import { toNotice } from '../../../telemetry/line-log.ts'
import { createD1Sql } from '../storage/create-d1-sql.ts'
import { createDurableSql } from './create-durable-sql.ts'
import { createFamilyRules, type FamilyRules } from './create-family-rules.ts'
import { prepareLedgerTables } from './ledger-tables.ts'
import { shipLimit, shipOldRecords, shipRecords } from './ship-records.ts'

/** A record waits so long for others, to be carried to D1 together. */
const shipDelayMs = 2_000

/** The roll-ups are behind by so much; queries read the rest from the records themselves. */
const rollUpEveryMs = 30_000
const rollUpLimit = 2_000

/** Looks at each end user: reading is cheap, and so is what stays a day too long. */
const pruneEveryMs = dayMs

/** Between two tries while D1 cannot be written. */
const firstRetryMs = 2_000
const maxRetryMs = 60_000

/**
 * An error that is thrown from one object to another loses its code, and stands in the log as a crash; so the expected
 * one is a value.
 */
export type FamilyResult<Value> =
  | { readonly kind: 'answered'; readonly value: Value }
  | { readonly kind: 'unavailable'; readonly reason: string }

/** The calls of a family that are under way, and the records that D1 does not have yet. */
export interface FamilyState {
  readonly open: number
  readonly waiting: number
}

/**
 * The ledger of one family of keys: a root key with all keys below it, so that a call is admitted by all of them in one
 * step.
 *
 * An alarm is pending whenever a call is open or a record waits for D1. An admission sets it for the end of the lease,
 * the first settlement of a batch moves it to {@link carryDelayMs} later, and while it runs it stands for the next one,
 * which it sets itself: a long stream costs no alarm on its way, and a batch one or two.
 */
export class LedgerFamily extends DurableObject<{ readonly DB: D1Database }> {
  readonly #sql: SyncSql
  readonly #rules: FamilyRules
  readonly #usage: UsageStore
  readonly #ledger: JournalLedger
  /** The time of the pending alarm; in the past while that runs. */
  #alarmAt: number | undefined
  #retryMs = 0
  #retryAt = 0
  #rolledUpAt = 0
  #forgotUsersAt: number | undefined
  /** Ends with the last correction that was asked for: they are made one after the other. */
  #correcting: Promise<unknown> = Promise.resolve()

  constructor(context: DurableObjectState, env: { readonly DB: D1Database }) {
    super(context, env)
    const { storage } = context
    const database = createD1Sql(env.DB)
    this.#sql = createDurableSql(storage)
    this.#usage = createSqlUsageStore(database)
    this.#rules = createFamilyRules(createSqlKeyStore(database), () => Date.now())
    prepareLedgerTables(this.#sql, {
      read: () => storage.kv.get<number>('schema') ?? 0,
      write: (version) => storage.kv.put('schema', version),
    })
    this.#ledger = openJournalLedger(this.#sql)
    void context.blockConcurrencyWhile(async () => {
      this.#alarmAt = (await storage.getAlarm()) ?? undefined
    })
  }

  /** As of `Ledger`, by this object's own clock. */
  admit(request: LeasedRequest): Promise<FamilyResult<AdmissionResult>> {
    return answer(async () => {
      const { keyId, leaseMs } = request
      const chain = await this.#rules.find(keyId)
      const now = Date.now()
      const result = this.#ledger.admit({ ...request, now }, chain)
      // In the same turn, and so in the same write: no call is open without an alarm.
      if (result.kind === 'admitted') this.#wakeBy(now + leaseMs)
      return result
    })
  }

  /** For an admission whose answer got lost on its way, and that may have been made. */
  async admitAgain(request: LeasedRequest): Promise<FamilyResult<AdmissionResult>> {
    const open = this.#ledger.findOpen(request.id)
    if (open === undefined) return this.admit(request)
    return answered({ kind: 'admitted', rates: [], wouldRefuse: [], grantedNano: open.reservedNano })
  }

  /** As of `Ledger`. */
  settle(settlement: Settlement): Promise<FamilyResult<boolean>> {
    return answer(async () => {
      const now = Date.now()
      const isBooked = this.#ledger.settle({ ...settlement, now })
      if (isBooked) this.#wakeBy(Math.max(now + shipDelayMs, this.#retryAt))
      return isBooked
    })
  }

  /** As of `Ledger`. The counters first, which remember it, so that the same correction made again brings a D1 that failed up to it. */
  correct(correction: Correction): Promise<FamilyResult<LedgerRecord | undefined>> {
    const corrected = this.#correcting.then(() =>
      answer(async () => {
        // The record may wait here still.
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
   * As of `Ledger`. No call is admitted or settled while D1 is read: each counts once, in a record or as one that is under way. Corrections come
   * before it or after it.
   */
  reconcile({ rootId, isDryRun }: Omit<Reconciliation, 'now'>): Promise<FamilyResult<readonly Reconciled[]>> {
    const reconciled = this.#correcting.then(async () => {
      // Most of what waits, while calls go on; the rest is soon done. D1's failure shows there too.
      await this.carry().catch(() => {})
      // An error that left the block would start the object anew, and break off its calls.
      const [outcome] = await this.ctx.blockConcurrencyWhile(() =>
        Promise.allSettled([answer(() => this.#reconcile(rootId, isDryRun))]),
      )
      if (outcome.status === 'rejected') throw outcome.reason
      return outcome.value
    })
    this.#correcting = reconciled.catch(() => {})
    return reconciled
  }

  /** As of `Ledger`. */
  balance(keyId: string): Promise<FamilyResult<Balance | undefined>> {
    return answer(async () => this.#ledger.balance(keyId, Date.now()))
  }

  /** As of `Ledger`. */
  limits(keyId: string): Promise<FamilyResult<readonly LimitStatus[]>> {
    return answer(async () => {
      const chain = await this.#rules.find(keyId)
      return this.#ledger.limits(chain ?? [], Date.now())
    })
  }

  /** A key of the family was changed in D1. */
  async refresh(): Promise<void> {
    this.#rules.forget()
  }

  /** Carries all records to D1 now; returns what is left then. */
  async carry(): Promise<FamilyState> {
    while ((await this.#shipSome()) === shipLimit);
    return { open: this.#ledger.countOpen(), waiting: this.#ledger.countSettled() }
  }

  /**
   * Closes calls that were never settled (R07), and carries records to D1. Never throws, since Cloudflare gives up
   * after some tries.
   */
  override async alarm(): Promise<void> {
    // Cloudflare keeps an alarm until its handler has ended, and runs it again after a crash.
    this.#alarmAt = 0
    let next: number | undefined
    try {
      this.#closeOverdue()
      next = await this.#shipAndRollUp()
      await this.#pruneUsers()
      this.#retryMs = 0
      this.#retryAt = 0
    } catch (error) {
      console.error(toNotice('ledger', error, Date.now()))
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
    const answers = await this.#usage.spending(rootId, plan.questions)
    return isDryRun ? this.#ledger.compare(plan, answers) : this.#ledger.reconcile(plan, answers)
  }

  #closeOverdue(): void {
    const now = Date.now()
    for (;;) {
      const overdue = this.#ledger.overdue(now)
      for (const open of overdue) this.#ledger.settle(toUnknownSettlement(open, now))
      if (overdue.length === 0) return
    }
  }

  /** The time of the last pass is stored, since an object that is evicted forgets it. */
  async #pruneUsers(): Promise<void> {
    const { kv } = this.ctx.storage
    const now = Date.now()
    this.#forgotUsersAt ??= kv.get<number>('forgot_users_at') ?? 0
    if (now < this.#forgotUsersAt + pruneEveryMs) return
    let last = ''
    for (let users = this.#ledger.users(last); users.length > 0; users = this.#ledger.users(last)) {
      last = users.at(-1) ?? ''
      const found: KeyUser[] = []
      for (const subject of users) {
        const [key] = (await this.#rules.find(keyOfUser(subject))) ?? []
        found.push({ subject, limits: key?.perUser })
      }
      this.#ledger.pruneUsers(found, now)
    }
    // Without users nothing is stored, nor remembered: an object that is started anew does as one that was not.
    if (last === '') return
    kv.put('forgot_users_at', now)
    this.#forgotUsersAt = now
  }

  /** When there is more to do; undefined where only a lease can end. */
  async #shipAndRollUp(): Promise<number | undefined> {
    const carried = await this.#shipSome()
    if (carried === shipLimit) return Date.now()
    const now = Date.now()
    if (now >= this.#rolledUpAt + rollUpEveryMs) {
      if ((await this.#usage.rollUp(rollUpLimit)) === rollUpLimit) return now
      this.#rolledUpAt = now
    }
    // After a batch others are likely to follow, and this alarm is one row where the next settlement would move a later
    // one.
    const isBusy = carried > 0 && this.#ledger.countOpen() > 0
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

async function answer<Value>(work: () => Promise<Value>): Promise<FamilyResult<Value>> {
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
