import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextMacrotask } from 'node:timers/promises'
import { expect } from 'vitest'
import { limitName } from '../../../src/metering/limit-status.ts'
import { openSqlite } from '../../../src/platform/node/storage/open-sqlite.ts'
import { createRetryingLedger } from '../../../src/storage/ledger/create-retrying-ledger.ts'
import type { AdmissionRequest, Ledger, Settlement } from '../../../src/storage/ledger/ledger.ts'
import { type CallSweeper, createCallSweeper } from '../../../src/storage/sql/ledger/create-call-sweeper.ts'
import { createSqlLedger } from '../../../src/storage/sql/ledger/create-sql-ledger.ts'
import type { SyncSql } from '../../../src/storage/sql/sql.ts'
import { recordColumns, toRecord } from '../../../src/storage/sql/usage/record-columns.ts'
import { testSettlement, withoutRevocations } from '../contract/ledger-fixtures.ts'
import { createFaultySql, type Fault, type FaultySql } from './create-faulty-sql.ts'
import { createLedgerModel } from './create-ledger-model.ts'
import { createManualClock, type ManualClock } from './create-manual-clock.ts'
import { chainOf, keyIds } from './family.ts'

export const deadAfterMs = 15_000

/** A process that sends calls, on a database that it shares with the others. */
interface Process {
  readonly id: string
  /** Error of its wall clock in milliseconds. */
  readonly clockOffsetMs: number
  readonly ledger: Ledger
  readonly clock: ManualClock
  readonly sweeper: CallSweeper
  readonly faulty: FaultySql
  readonly close: () => void
  /** Calls that it knows to be admitted and has not settled. */
  readonly calls: AdmissionRequest[]
  /** Settlements that the store rejected, in order. */
  readonly waiting: ModelSettlement[]
  /** Monotonic time of its last beat in milliseconds. */
  beatAt: number
}

interface ModelSettlement {
  readonly id: string
  readonly tokens: number
  readonly costNano: number
  readonly now: number
}

/** One operation of a process on the ledger. */
export type Operation =
  | { readonly kind: 'admit'; readonly request: Omit<AdmissionRequest, 'id' | 'requestId' | 'now'> }
  | {
      readonly kind: 'settle'
      /** Index of the call among its calls. */
      readonly call: number
      readonly tokens: number
      readonly costNano: number
      /** Number of times the settlement is sent. */
      readonly times: number
    }

/** Processes on one database, and a model of its expected content. */
export interface LedgerWorld {
  /** Runs all operations in one transaction; `fault` makes it fail. */
  run(process: number, operations: readonly Operation[], fault: Fault | undefined): Promise<void>
  /** Kills the process and starts another one in its place. */
  crash(process: number, clockOffsetMs: number): void
  /** Advances the time. All processes except the hanging ones beat and sweep. */
  pass(milliseconds: number, hanging: readonly number[]): Promise<void>
  /** Retries the queued settlements. */
  retry(process: number, fault: Fault | undefined): Promise<void>
  /** Compares the view of every process with the model. */
  check(): Promise<void>
  /** Kills all processes and lets a new one sweep. Then no call is open, and records and counters agree. */
  end(): Promise<void>
  close(): void
}

/** Opens a world. `template` is an empty database with the schema. */
export function openLedgerWorld(folder: string, template: string, processCount: number): LedgerWorld {
  mkdirSync(folder)
  const path = join(folder, 'weir.db')
  copyFileSync(template, path)
  const model = createLedgerModel()
  let wallMs = Date.UTC(2026, 10, 22, 23, 50)
  let monotonicMs = 0
  let callCount = 0
  let processId = 0
  const processes: Process[] = Array.from({ length: processCount }, (_, index) => open(index === 1 ? -3_600_000 : 0))

  function open(clockOffsetMs: number): Process {
    processId += 1
    const id = `process-${processId}`
    const database = openSqlite(path)
    const faulty = createFaultySql(database.sync)
    let isClosed = false
    const direct = createSqlLedger({
      ...{ sql: faulty.sql, keys: withoutRevocations(chainOf), processId: id },
      schedule: (flush) => void setImmediate(() => isClosed || flush()),
    })
    const clock = createManualClock()
    const onLost = (settlement: Settlement) => {
      throw new Error(`${settlement.id} is lost`)
    }
    const ledger = createRetryingLedger(direct, { clock, maxWaiting: 1_000, retryMs: 1, onLost })
    const sweeper = createCallSweeper({ sql: faulty.sql, ledger: direct, processId: id, deadAfterMs })
    const close = () => {
      isClosed = true
      database.close()
    }
    const process = { id, clockOffsetMs, ledger, clock, sweeper, faulty, close }
    return { ...process, calls: [], waiting: [], beatAt: monotonicMs }
  }

  function processAt(index: number): Process {
    const process = processes[index % processes.length]
    if (process === undefined) throw new Error('the process does not exist')
    return process
  }

  function nowOf({ clockOffsetMs }: Process): number {
    return wallMs + clockOffsetMs
  }

  async function admit(process: Process, operation: Extract<Operation, { kind: 'admit' }>, fault: Fault | undefined) {
    callCount += 1
    const id = `gen_${String(callCount).padStart(6, '0')}`
    const request = { ...operation.request, id, requestId: `req_${callCount}`, now: nowOf(process) }
    const isCommitted = fault === undefined || fault === 'after'
    const { kind: expected, grantedNano } = isCommitted ? model.admit(request) : ({ kind: 'inactive' } as const)
    const [result] = await Promise.allSettled([process.ledger.admit(request)])
    if (fault !== undefined) {
      // The process sends no call after this error. If the admission was committed anyway, the call stays open until
      // the process ends.
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'store_unavailable' } })
      return
    }
    expect(result).toMatchObject({ status: 'fulfilled', value: { kind: expected } })
    if (expected !== 'admitted') return
    const value = result?.status === 'fulfilled' && result.value.kind === 'admitted' ? result.value : undefined
    expect(value?.grantedNano ?? request.reservedNano).toBe(grantedNano)
    process.calls.push(request)
  }

  async function settle(process: Process, operation: Extract<Operation, { kind: 'settle' }>, fault: Fault | undefined) {
    const [call] = process.calls.splice(operation.call % Math.max(1, process.calls.length), 1)
    if (call === undefined) return
    const { tokens, costNano } = operation
    const end = { id: call.id, tokens, costNano, now: nowOf(process) }
    const results = await Promise.all(
      Array.from({ length: operation.times }, () => {
        if (fault !== undefined) process.waiting.push(end)
        const isFirst =
          fault !== undefined && fault !== 'after' ? true : model.settle(end.id, { ...end, outcome: 'ok' })
        return process.ledger.settle(toSettlement(end)).then((isSettled) => ({ isSettled, isFirst }))
      }),
    )
    // A queued settlement counts as settled for its caller.
    for (const { isSettled, isFirst } of results) expect(isSettled).toBe(fault === undefined ? isFirst : true)
  }

  async function sweep(process: Process): Promise<void> {
    process.beatAt = monotonicMs
    let closed = 0
    do {
      const before = readOpen(process.faulty.sql)
      closed = await process.sweeper.sweep(nowOf(process), monotonicMs)
      const after = new Set(readOpen(process.faulty.sql).map(({ id }) => id))
      const gone = before.filter(({ id }) => !after.has(id))
      expect(gone).toHaveLength(closed)
      for (const { id, owner } of gone) closeUnknown(process, id, owner)
    } while (closed > 0)
  }

  function closeUnknown(sweeper: Process, id: string, owner: string): void {
    const living = processes.find((process) => process.id === owner)
    // Only a dead process, or one that has hung long enough, may be swept.
    if (living !== undefined) expect(monotonicMs - living.beatAt).toBeGreaterThanOrEqual(deadAfterMs)
    const request = model.open.get(id)
    expect(request).toBeDefined()
    const { tokens = 0, reservedNano: costNano = 0 } = request ?? {}
    expect(model.settle(id, { outcome: 'unknown', tokens, costNano, now: nowOf(sweeper) })).toBe(true)
  }

  async function check(): Promise<void> {
    for (const process of processes) await checkFrom(process)
  }

  async function checkFrom(process: Process): Promise<void> {
    const now = nowOf(process)
    for (const keyId of keyIds) {
      const balance = await process.ledger.balance(keyId, now)
      const { spentNano = 0, reservedNano = 0, dayNano = 0, calls = 0, streams = 0 } = balance ?? {}
      const seen = { spentNano, reservedNano, dayNano, calls, streams }
      expect(seen, `${keyId} as ${process.id} sees it`).toEqual(model.balance(keyId, now))
      const limits = (await process.ledger.limits(keyId, now)).filter((limit) => limit.keyId === keyId)
      const used = Object.fromEntries(limits.map((limit) => [limitName(limit), limit.used]))
      expect(used, `the limits of ${keyId} as ${process.id} sees them`).toEqual(model.used(keyId, now))
    }
    const { sql } = process.faulty
    expect(readOpen(sql).map(({ id }) => id)).toEqual([...model.open.keys()].sort())
    const recorded = readRecords(sql).map(({ id, outcome, costNano }) => ({ id, outcome, costNano }))
    const expected = model.records.map(({ id, outcome, costNano }) => ({ id, outcome, costNano }))
    expect(recorded.toSorted(byId)).toEqual(expected.toSorted(byId))
    for (const excess of model.excesses()) expect(excess).toBeLessThanOrEqual(0)
  }

  return {
    async run(index, operations, fault) {
      const process = processAt(index)
      process.faulty.failNext(fault)
      const asked = operations.map((operation) =>
        operation.kind === 'admit' ? admit(process, operation, fault) : settle(process, operation, fault),
      )
      await Promise.all(asked)
      process.faulty.failNext(undefined)
    },
    crash(index, clockOffsetMs) {
      processAt(index).close()
      processes[index % processes.length] = open(clockOffsetMs)
    },
    async pass(milliseconds, hanging) {
      wallMs += milliseconds
      monotonicMs += milliseconds
      for (const [index, process] of processes.entries()) if (!hanging.includes(index)) await sweep(process)
    },
    async retry(index, fault) {
      const process = processAt(index)
      if (process.clock.pending === 0) return
      process.faulty.failNext(fault)
      process.clock.runTimers()
      // The first queued settlement meets the fault. If it was committed anyway, it stays queued and has no effect the
      // second time.
      const tried =
        fault === undefined ? process.waiting.splice(0) : process.waiting.slice(0, fault === 'after' ? 1 : 0)
      for (const { id, ...end } of tried) model.settle(id, { ...end, outcome: 'ok' })
      for (let ticks = 0; ticks <= 2 * tried.length + 2; ticks++) await nextMacrotask()
    },
    check,
    async end() {
      for (const process of processes.splice(0)) process.close()
      const last = open(0)
      processes.push(last)
      await sweep(last)
      monotonicMs += deadAfterMs
      await sweep(last)
      await check()
      expect(model.open.size).toBe(0)
      await checkInvariants(last)
    },
    close() {
      for (const process of processes.splice(0)) process.close()
    },
  }
}

/** Checks the invariants of the store, independent of the model. */
async function checkInvariants({ ledger, faulty }: Process): Promise<void> {
  const records = readRecords(faulty.sql)
  expect(new Set(records.map(({ id }) => id)).size).toBe(records.length)
  for (const keyId of keyIds) {
    const own = records.filter((record) => chainOf(record.keyId)?.some(({ id }) => id === keyId))
    const spentNano = own.reduce((sum, { costNano }) => sum + costNano, 0)
    const balance = (await ledger.balance(keyId, 0)) ?? { spentNano: 0, reservedNano: 0, calls: 0, streams: 0 }
    expect(balance, keyId).toMatchObject({ spentNano, reservedNano: 0, calls: 0, streams: 0 })
  }
}

function toSettlement({ id, tokens, costNano, now }: ModelSettlement) {
  return testSettlement(id, { costNano, now, usage: { inputTokens: tokens, outputTokens: 0 } })
}

function readOpen(sql: SyncSql): readonly { readonly id: string; readonly owner: string }[] {
  const rows = sql.all('SELECT id, process_id FROM open_calls ORDER BY id', [])
  return rows.map((row) => ({ id: String(row.id), owner: String(row.process_id) }))
}

function readRecords(sql: SyncSql) {
  return sql.all(`SELECT seq, ${recordColumns} FROM call_records`, []).map(toRecord)
}

function byId(left: { readonly id: string }, right: { readonly id: string }): number {
  return left.id < right.id ? -1 : 1
}
