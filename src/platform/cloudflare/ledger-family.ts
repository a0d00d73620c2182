import { DurableObject } from 'cloudflare:workers'
import { GatewayError } from '../../core/errors.ts'
import type { AdmissionRequest, AdmissionResult, Balance, Ledger, Settlement, Standing } from '../../storage/ledger.ts'
import { closeOverdue } from '../../storage/sql/close-calls.ts'
import { createSqlKeyStore } from '../../storage/sql/create-sql-key-store.ts'
import { createSqlLedger } from '../../storage/sql/create-sql-ledger.ts'
import { createSqlUsageStore } from '../../storage/sql/create-sql-usage-store.ts'
import { readInteger, readOptionalInteger } from '../../storage/sql/read-column.ts'
import type { SyncSql } from '../../storage/sql/sync-sql.ts'
import type { UsageStore } from '../../storage/usage-store.ts'
import { toNotice } from '../../telemetry/to-notice.ts'
import { carryLimit, carryRecords } from './carry-records.ts'
import { createD1Sql } from './create-d1-sql.ts'
import { createDurableSql } from './create-durable-sql.ts'
import { createFamilyRules, type FamilyRules } from './create-family-rules.ts'
import { prepareLedgerTables } from './ledger-tables.ts'

/** Records wait so long for others, to be carried to D1 together. */
const carryDelayMs = 2_000

/** The roll-ups are behind by so much; queries read the rest from the book itself. */
const rollUpEveryMs = 30_000
const rollUpLimit = 2_000

/** Between two tries while D1 cannot be written. */
const firstRetryMs = 2_000
const longestRetryMs = 60_000

const statements = {
  isOpen: 'SELECT 1 AS open FROM open_calls WHERE id = ?',
  waiting: `SELECT (SELECT COUNT(*) FROM open_calls) AS open, (SELECT COUNT(*) FROM call_records) AS waiting`,
  nextDeadline: 'SELECT MIN(deadline) AS deadline FROM open_calls',
} as const

/** An error that is thrown from one object to another loses its code, and stands in the log as a crash; so the expected one is a value. */
export type FamilyAnswer<Value> =
  | { readonly kind: 'answered'; readonly value: Value }
  | { readonly kind: 'unavailable'; readonly reason: string }

/** What is under way in a family, and what D1 does not have yet. */
export interface FamilyState {
  readonly open: number
  readonly waiting: number
}

/**
 * The ledger of one family of keys: a root key with all keys below it, so that a call is admitted by all of them in one step. Calls that are
 * open, and how the counters stand, are kept here; records wait here until the alarm has carried them to D1.
 */
export class LedgerFamily extends DurableObject<{ readonly DB: D1Database }> {
  readonly #sql: SyncSql
  readonly #ledger: Ledger
  readonly #rules: FamilyRules
  readonly #usage: UsageStore
  #alarmAt: number | undefined
  #retryMs = 0
  #retryAt = 0
  #rolledUpAt = 0

  constructor(context: DurableObjectState, env: { readonly DB: D1Database }) {
    super(context, env)
    const { storage } = context
    const database = createD1Sql(env.DB)
    this.#sql = createDurableSql(storage)
    this.#usage = createSqlUsageStore(database)
    this.#rules = createFamilyRules(createSqlKeyStore(database), () => Date.now())
    this.#ledger = createSqlLedger({
      ...{ sql: this.#sql, findChain: this.#rules.find, processId: 'durable-object' },
      // The object itself gathers what is written at one time.
      schedule: (flush) => flush(),
    })
    void context.blockConcurrencyWhile(async () => {
      prepareLedgerTables(storage, this.#sql)
      this.#alarmAt = (await storage.getAlarm()) ?? undefined
    })
  }

  /** As of {@link Ledger}, by this object's own clock. */
  admit(request: AdmissionRequest): Promise<FamilyAnswer<AdmissionResult>> {
    return answer(async () => {
      await this.#rules.load(request.keyId)
      const now = Date.now()
      const result = await this.#ledger.admit({ ...request, now })
      // In the same turn, and so in the same write: nothing is open without an alarm.
      if (result.kind === 'admitted' && request.leaseMs !== undefined) this.#wakeBy(now + request.leaseMs)
      return result
    })
  }

  /** For an admission whose answer got lost on its way, and that may have been made. */
  async admitAgain(request: AdmissionRequest): Promise<FamilyAnswer<AdmissionResult>> {
    const isOpen = this.#sql.all(statements.isOpen, [request.id]).length > 0
    return isOpen ? answered({ kind: 'admitted', standings: [], wouldRefuse: [] }) : this.admit(request)
  }

  /** As of {@link Ledger}. */
  settle(settlement: Settlement): Promise<FamilyAnswer<boolean>> {
    return answer(() => this.#settle(settlement))
  }

  /** As of {@link Ledger}. */
  balance(keyId: string): Promise<FamilyAnswer<Balance | undefined>> {
    return answer(() => this.#ledger.balance(keyId, Date.now()))
  }

  /** As of {@link Ledger}. */
  standings(keyId: string): Promise<FamilyAnswer<readonly Standing[]>> {
    return answer(async () => {
      await this.#rules.load(keyId)
      return await this.#ledger.standings(keyId, Date.now())
    })
  }

  /** A key of the family was changed in D1. */
  async refresh(): Promise<void> {
    this.#rules.forget()
  }

  /** Carries everything to D1 now; what is left then. */
  async carry(): Promise<FamilyState> {
    while ((await carryRecords(this.#sql, this.#usage)) === carryLimit);
    const [row = {}] = this.#sql.all(statements.waiting, [])
    return { open: readInteger(row, 'open'), waiting: readInteger(row, 'waiting') }
  }

  /** Closes calls that were never settled (R07), and carries records to D1. Never throws, since Cloudflare gives up after some tries. */
  override async alarm(): Promise<void> {
    this.#alarmAt = undefined
    try {
      while ((await closeOverdue(this.#sql, { settle: (settlement) => this.#settle(settlement) }, Date.now())) > 0);
      const carried = await carryRecords(this.#sql, this.#usage)
      if (carried === carryLimit) this.#wakeBy(Date.now())
      else await this.#rollUp()
      this.#retryMs = 0
      this.#retryAt = 0
    } catch (error) {
      this.#retryLater(error)
    }
    const [row = {}] = this.#sql.all(statements.nextDeadline, [])
    const deadline = readOptionalInteger(row, 'deadline')
    if (deadline !== undefined) this.#wakeBy(deadline)
  }

  async #settle(settlement: Settlement): Promise<boolean> {
    const now = Date.now()
    const isBooked = await this.#ledger.settle({ ...settlement, now })
    if (isBooked) this.#wakeBy(Math.max(now + carryDelayMs, this.#retryAt))
    return isBooked
  }

  async #rollUp(): Promise<void> {
    const now = Date.now()
    if (now < this.#rolledUpAt + rollUpEveryMs) return
    if ((await this.#usage.rollUp(rollUpLimit)) === rollUpLimit) this.#wakeBy(Date.now())
    else this.#rolledUpAt = now
  }

  #retryLater(error: unknown): void {
    console.error(toNotice('ledger', error, Date.now()))
    this.#retryMs = Math.min(longestRetryMs, Math.max(firstRetryMs, 2 * this.#retryMs))
    this.#retryAt = Date.now() + this.#retryMs
    this.#wakeBy(this.#retryAt)
  }

  #wakeBy(time: number): void {
    if (this.#alarmAt !== undefined && this.#alarmAt <= time) return
    this.#alarmAt = time
    void this.ctx.storage.setAlarm(time)
  }
}

async function answer<Value>(work: () => Promise<Value>): Promise<FamilyAnswer<Value>> {
  try {
    return answered(await work())
  } catch (error) {
    if (error instanceof GatewayError) return { kind: 'unavailable', reason: String(error.cause ?? error.message) }
    throw error
  }
}

function answered<Value>(value: Value): FamilyAnswer<Value> {
  return { kind: 'answered', value }
}
