import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { prepareLedgerTables } from '../../src/platform/cloudflare/ledger/ledger-tables.ts'
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'
import { toUnknownSettlement } from '../../src/storage/ledger/decide-settlement.ts'
import type { LedgerRecord } from '../../src/storage/ledger/ledger.ts'
import { type JournalLedger, openJournalLedger } from '../../src/storage/sql/ledger/open-journal-ledger.ts'
import type { SyncSql } from '../../src/storage/sql/sql.ts'
import { testKey, testRequest, testSettlement } from './contract/ledger-fixtures.ts'
import { createFaultySql, type Fault } from './model/create-faulty-sql.ts'
import { chainOf, keyIds } from './model/family.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-journal-'))
afterAll(() => rmSync(folder, { recursive: true }))

const start = Date.UTC(2026, 10, 22, 23, 30)
const leaseMs = 600_000
let count = 0

function openTables() {
  const database = openSqlite(join(folder, `${++count}.db`))
  prepareLedgerTables(database.sync, { read: () => 0, write: () => {} })
  return { sql: database.sync, close: () => database.close() }
}

type Step =
  | {
      readonly kind: 'admit'
      readonly keyId: string
      readonly endUser: string
      readonly reservedNano: number
      readonly minNano: number | undefined
    }
  | { readonly kind: 'settle'; readonly call: number; readonly tokens: number }
  | { readonly kind: 'ship'; readonly limit: number; readonly fault: Fault | undefined }
  | { readonly kind: 'correct'; readonly record: number; readonly costNano: number; readonly fault: Fault | undefined }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'close overdue' }

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('admit' as const),
      keyId: fc.constantFrom(...keyIds, 'token'),
      endUser: fc.constantFrom('', 'ada'),
      reservedNano: fc.nat({ max: 4_000 }),
      minNano: fc.option(fc.nat({ max: 400 }), { nil: undefined }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      call: fc.nat({ max: 9 }),
      tokens: fc.nat({ max: 1_500 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('ship' as const),
      limit: fc.integer({ min: 1, max: 3 }),
      fault: fc.option(fc.constantFrom<Fault>('begin', 'write', 'commit', 'after'), { nil: undefined, freq: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('correct' as const),
      record: fc.nat({ max: 9 }),
      costNano: fc.nat({ max: 3_000 }),
      fault: fc.option(fc.constantFrom<Fault>('begin', 'write', 'commit', 'after'), { nil: undefined, freq: 2 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(5, 1_000, 62_000, leaseMs) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'close overdue' as const }) },
)

describe('journal ledger', () => {
  test('R42 R43 has the same counts when it is reopened after any step, and settles each call once', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40, size: 'max' }), (history) => {
        const { sql, close } = openTables()
        const faulty = createFaultySql(sql)
        const ledger = openJournalLedger(faulty.sql)
        let now = start
        const open: string[] = []
        const shipped: string[] = []
        const stored: LedgerRecord[] = []
        let settled = 0
        for (const step of history) {
          switch (step.kind) {
            case 'admit': {
              const { keyId, endUser, reservedNano, minNano } = step
              const request = testRequest(keyId, { endUser, reservedNano, minNano, now })
              const chain = keyId === 'token' ? [testKey('token')] : chainOf(keyId)
              if (ledger.admit({ ...request, leaseMs }, chain).kind === 'admitted') open.push(request.id)
              break
            }
            case 'settle': {
              const [id] = open.splice(step.call % Math.max(1, open.length), 1)
              if (id === undefined) break
              const usage = { inputTokens: step.tokens, outputTokens: 0 }
              const answerTokens = step.tokens * 50
              const settlement = testSettlement(id, { usage, costNano: step.tokens, answerTokens, now })
              expect(ledger.settle(settlement)).toBe(true)
              expect(ledger.settle(settlement)).toBe(false)
              settled += 1
              break
            }
            case 'ship': {
              const records = ledger.settled(step.limit)
              faulty.failNext(step.fault)
              try {
                ledger.remove(records)
              } catch {
                expect(step.fault).toBeDefined()
              }
              faulty.failNext(undefined)
              const rest = new Set(ledger.settled(1_000).map(({ id }) => id))
              for (const record of records) {
                if (rest.has(record.id)) continue
                shipped.push(record.id)
                stored.push(record)
              }
              break
            }
            case 'correct': {
              const at = step.record % Math.max(1, stored.length)
              const record = stored[at]
              if (record === undefined) break
              const { keyId, id } = record
              const [, ...above] = keyId === 'token' ? [] : (chainOf(keyId) ?? []).map((rules) => rules.id)
              const correction = { id, lineage: [keyId, ...above], costNano: step.costNano, now } as const
              const before = ledger.balance(keyId, now)?.spentNano ?? 0
              faulty.failNext(step.fault)
              try {
                ledger.correct(record, correction)
              } catch {
                expect(step.fault).toBeDefined()
              }
              faulty.failNext(undefined)
              // Repeats the correction; it must count once.
              ledger.correct(record, correction)
              ledger.correct(record, correction)
              expect(ledger.balance(keyId, now)?.spentNano).toBe(before + step.costNano - record.costNano)
              stored[at] = { ...record, costNano: step.costNano }
              break
            }
            case 'pass':
              now += step.ms
              break
            case 'close overdue':
              for (const call of ledger.overdue(now)) {
                expect(ledger.settle(toUnknownSettlement(call, now))).toBe(true)
                open.splice(open.indexOf(call.request.id), 1)
                settled += 1
              }
          }
          expect(stateOf(openJournalLedger(sql), now)).toEqual(stateOf(ledger, now))
          expect(ledger.countOpen()).toBe(open.length)
          expect(ledger.countSettled() + shipped.length).toBe(settled)
        }
        expect(new Set(shipped).size).toBe(shipped.length)
        ledger.takeSnapshot()
        expect(stateOf(openJournalLedger(sql), now)).toEqual(stateOf(ledger, now))
        const live = storedIn(sql)
        // A second snapshot, by a ledger that has loaded the first, must be the same.
        openJournalLedger(sql).takeSnapshot()
        expect(storedIn(sql)).toEqual(live)
        close()
      }),
      { numRuns: 100 },
    )
  })

  test('closes calls whose lease has ended, and reports the next deadline', () => {
    const { sql, close } = openTables()
    const ledger = openJournalLedger(sql)
    const [first, second] = [testRequest('key_lone', { now: start }), testRequest('key_lone', { now: start + 5 })]
    for (const request of [first, second]) ledger.admit({ ...request, leaseMs }, chainOf('key_lone'))
    const again = openJournalLedger(sql)
    expect(again.nextDeadline()).toBe(start + leaseMs)
    expect(again.overdue(start + leaseMs - 1)).toEqual([])
    expect(again.overdue(start + leaseMs).map(({ request }) => request.id)).toEqual([first.id])
    expect(again.settle(testSettlement(first.id))).toBe(true)
    expect(again.nextDeadline()).toBe(start + 5 + leaseMs)
    close()
  })
})

/** Returns the state of the ledger that callers and the alarm can observe. */
function stateOf(ledger: JournalLedger, now: number) {
  return {
    balances: [...keyIds, 'token'].map((keyId) => ledger.balance(keyId, now)),
    limits: keyIds.map((keyId) => ledger.limits(chainOf(keyId) ?? [], now)),
    settled: ledger.settled(1_000),
    open: ledger.countOpen(),
    deadline: ledger.nextDeadline(),
  }
}

function storedIn(sql: SyncSql) {
  return {
    counters: sql.all('SELECT subject, state FROM counters ORDER BY subject', []),
    seq: sql.all('SELECT seq FROM ledger_snapshot', []),
  }
}
