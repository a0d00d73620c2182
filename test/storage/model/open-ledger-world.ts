import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect } from 'vitest'
import { limitName } from '../../../src/metering/limit-status.ts'
import { openSqlite } from '../../../src/platform/node/storage/open-sqlite.ts'
import { createRetryingLedger } from '../../../src/storage/ledger/create-retrying-ledger.ts'
import type { AdmissionRequest, Ledger, Settlement } from '../../../src/storage/ledger/ledger.ts'
import { type CallSweeper, createCallSweeper } from '../../../src/storage/sql/ledger/create-call-sweeper.ts'
import { createSqlLedger } from '../../../src/storage/sql/ledger/create-sql-ledger.ts'
import type { SyncSql } from '../../../src/storage/sql/sql.ts'
import { recordColumns, toRecord } from '../../../src/storage/sql/usage/record-columns.ts'
import { testSettlement } from '../contract/ledger-fixtures.ts'
import { createFaultySql, type Fault, type FaultySql } from './create-faulty-sql.ts'
import { createLedgerModel } from './create-ledger-model.ts'
import { createManualClock, type ManualClock } from './create-manual-clock.ts'
import { chainOf, keyIds } from './family.ts'

export const deadAfterMs = 15_000

/** A process that makes calls, on the database that it shares with the others. */
interface Process {
  readonly id: string
  /** How wrong its wall clock is, milliseconds. */
  readonly clockOffsetMs: number
  readonly ledger: Ledger
  readonly clock: ManualClock
  readonly sweeper: CallSweeper
  readonly faulty: FaultySql
  readonly close: () => void
  /** What it knows it was let in with, and has not ended. */
  readonly calls: AdmissionRequest[]
  /** Settlements that the store did not take, in order. */
  readonly waiting: ModelSettlement[]
  /** Monotonic milliseconds of its last beat. */
  beatAt: number
}

interface ModelSettlement {
  readonly id: string
  readonly tokens: number
  readonly costNano: number
  readonly now: number
}

/** One thing that a process asks of the ledger. */
export type Operation =
  | { readonly kind: 'admit'; readonly request: Omit<AdmissionRequest, 'id' | 'requestId' | 'now'> }
  | {
      readonly kind: 'settle'
      /** Which of its calls. */
      readonly call: number
      readonly tokens: number
      readonly costNano: number
      /** Told more than once. */
      readonly times: number
    }

/** Some processes on one database, and the model of what they should find there. */
export interface LedgerWorld {
  /** Asks for all of it at once, so that one transaction does it; `fault` makes that transaction fail. */
  run(process: number, operations: readonly Operation[], fault: Fault | undefined): Promise<void>
  /** The process dies as it is; another takes its place. */
  crash(process: number, clockOffsetMs: number): void
  /** Time passes for all, and all but the hanging beat and sweep. */
  pass(milliseconds: number, hanging: readonly number[]): Promise<void>
  /** The settlements that wait are tried again. */
  retry(process: number, fault: Fault | undefined): Promise<void>
  /** Compares what every process sees with the model. */
  check(): Promise<void>
  /** All processes die, and another one clears up. Then nothing is open, and the books agree with each other. */
  end(): Promise<void>
  close(): void
}

/** `template` is a database with the schema and nothing in it. */
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
      ...{ sql: faulty.sql, findChain: chainOf, processId: id },
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
    if (process === undefined) throw new Error('there is no process')
    return process
  }

  function nowOf({ clockOffsetMs }: Process): number {
    return wallMs + clockOffsetMs
  }

  async function admit(process: Process, asked: Extract<Operation, { kind: 'admit' }>, fault: Fault | undefined) {
    callCount += 1
    const id = `gen_${String(callCount).padStart(6, '0')}`
    const request = { ...asked.request, id, requestId: `req_${callCount}`, now: nowOf(process) }
    const isBooked = fault === undefined || fault === 'after'
    const { kind: expected, grantedNano } = isBooked ? model.admit(request) : ({ kind: 'inactive' } as const)
    const [answer] = await Promise.allSettled([process.ledger.admit(request)])
    if (fault !== undefined) {
      // Whoever is told so makes no call. Where it was booked all the same, it stays open until the process ends.
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'store_unavailable' } })
      return
    }
    expect(answer).toMatchObject({ status: 'fulfilled', value: { kind: expected } })
    if (expected !== 'admitted') return
    const value = answer?.status === 'fulfilled' && answer.value.kind === 'admitted' ? answer.value : undefined
    expect(value?.grantedNano ?? request.reservedNano).toBe(grantedNano)
    process.calls.push(request)
  }

  async function settle(process: Process, asked: Extract<Operation, { kind: 'settle' }>, fault: Fault | undefined) {
    const [call] = process.calls.splice(asked.call % Math.max(1, process.calls.length), 1)
    if (call === undefined) return
    const { tokens, costNano } = asked
    const end = { id: call.id, tokens, costNano, now: nowOf(process) }
    const answers = await Promise.all(
      Array.from({ length: asked.times }, () => {
        if (fault !== undefined) process.waiting.push(end)
        const isFirst =
          fault !== undefined && fault !== 'after' ? true : model.settle(end.id, { ...end, outcome: 'ok' })
        return process.ledger.settle(toSettlement(end)).then((answer) => ({ answer, isFirst }))
      }),
    )
    // One that waits is as good as booked for whoever settles.
    for (const { answer, isFirst } of answers) expect(answer).toBe(fault === undefined ? isFirst : true)
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
    // A process is swept that is gone, or has hung for long enough; nobody else.
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
    const booked = readRecords(sql).map(({ id, outcome, costNano }) => ({ id, outcome, costNano }))
    const expected = model.records.map(({ id, outcome, costNano }) => ({ id, outcome, costNano }))
    expect(booked.toSorted(byId)).toEqual(expected.toSorted(byId))
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
      // The first of those that wait meets the fault; where it was booked all the same, it waits on and is not booked again.
      const tried =
        fault === undefined ? process.waiting.splice(0) : process.waiting.slice(0, fault === 'after' ? 1 : 0)
      for (const { id, ...end } of tried) model.settle(id, { ...end, outcome: 'ok' })
      for (let turns = 0; turns <= 2 * tried.length + 2; turns++) await nextTurn()
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
      await checkBooks(last)
    },
    close() {
      for (const process of processes.splice(0)) process.close()
    },
  }
}

/** What holds of the store by itself, whatever the model says. */
async function checkBooks({ ledger, faulty }: Process): Promise<void> {
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
