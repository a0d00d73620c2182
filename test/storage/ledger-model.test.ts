import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, test } from 'vitest'
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../../src/platform/node/storage/read-migrations.ts'
import { migrate } from '../../src/storage/sql/migrate.ts'
import type { Fault } from './model/create-faulty-sql.ts'
import { keyIds } from './model/family.ts'
import { deadAfterMs, type LedgerWorld, type Operation, openLedgerWorld } from './model/open-ledger-world.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-model-'))
const template = join(folder, 'template', 'weir.db')
let worlds = 0

beforeAll(async () => {
  const database = openSqlite(template)
  await migrate(database, readMigrations(join(import.meta.dirname, '../../migrations')))
  database.close()
})
afterAll(() => rmSync(folder, { recursive: true }))

const defaultCall = { operation: 'chat.completions', provider: 'openai', model: 'gpt-4o', tags: [], isPriced: true }

/** Some calls accept less money than they request. */
const money = fc
  .record({ reservedNano: fc.nat({ max: 10_000 }), part: fc.option(fc.nat({ max: 100 }), { nil: undefined }) })
  .map(({ reservedNano, part }) =>
    part === undefined
      ? { reservedNano }
      : { reservedNano: reservedNano * 5, minNano: Math.floor((reservedNano * part) / 100) },
  )

const calls = fc.record({
  keyId: fc.constantFrom(...keyIds, 'key_unknown'),
  endUser: fc.constantFrom('', 'eve', 'joe'),
  attempt: fc.constantFrom(1, 1, 1, 2),
  isStream: fc.boolean(),
  tokens: fc.integer({ min: 1, max: 900 }),
})

const requests: fc.Arbitrary<Operation> = fc
  .tuple(calls, money)
  .map(([call, asked]) => ({ kind: 'admit', request: { ...defaultCall, ...call, ...asked } }))

/** Calls usually cost less than their reservation, and sometimes more. */
const settlements: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constant('settle' as const),
  call: fc.nat({ max: 20 }),
  tokens: fc.nat({ max: 1_500 }),
  costNano: fc.nat({ max: 12_000 }),
  times: fc.constantFrom(1, 1, 1, 3),
})

const faults = fc.constantFrom<Fault>('begin', 'write', 'commit', 'after')
const processes = fc.nat({ max: 2 })
const offsets = fc.constantFrom(0, 0, -3_600_000, 20_000)

type Step = (world: LedgerWorld) => Promise<void> | void

function steps(): fc.Arbitrary<{ readonly name: string; readonly step: Step }> {
  const operations = fc.array(fc.oneof({ weight: 3, arbitrary: requests }, { weight: 2, arbitrary: settlements }), {
    minLength: 1,
    maxLength: 8,
  })
  const rarely = fc.option(faults, { freq: 5, nil: undefined })
  const run = fc.tuple(processes, operations, rarely).map(([process, asked, fault]) => ({
    name: `run ${process} ${fault} ${JSON.stringify(asked)}`,
    step: (world: LedgerWorld) => world.run(process, asked, fault),
  }))
  const crash = fc.tuple(processes, offsets).map(([process, offset]) => ({
    name: `crash ${process}`,
    step: (world: LedgerWorld) => world.crash(process, offset),
  }))
  const hanging = fc.subarray([0, 1, 2], { maxLength: 2 })
  const durations = fc.oneof(fc.nat({ max: 2_000 }), fc.constantFrom(deadAfterMs / 2, deadAfterMs, 61_000, 3_700_000))
  const pass = fc.tuple(durations, hanging).map(([milliseconds, hung]) => ({
    name: `pass ${milliseconds} ${hung}`,
    step: (world: LedgerWorld) => world.pass(milliseconds, hung),
  }))
  const retry = fc.tuple(processes, rarely).map(([process, fault]) => ({
    name: `retry ${process} ${fault}`,
    step: (world: LedgerWorld) => world.retry(process, fault),
  }))
  return fc.oneof(
    { weight: 8, arbitrary: run },
    { weight: 1, arbitrary: crash },
    { weight: 3, arbitrary: pass },
    { weight: 2, arbitrary: retry },
  )
}

test('R39 R42 R43 R50 keeps one record a call, consistent sums and bounded budgets under any sequence of operations, crashes and retries', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps(), { maxLength: 40, size: 'max' }), async (history) => {
      await inWorld(3, async (world) => {
        for (const { step } of history) {
          await step(world)
          await world.check()
        }
        await world.end()
      })
    }),
    { numRuns: 60 },
  )
})

test('R51 R37 gives the same sum for any order and any division into transactions and processes', async () => {
  const costs = fc.array(fc.nat({ max: 9_000_000_000_000 }), { minLength: 1, maxLength: 30 })
  const plan = fc.infiniteStream(fc.record({ process: fc.nat({ max: 1 }), size: fc.integer({ min: 1, max: 6 }) }))
  await fc.assert(
    fc.asyncProperty(costs, plan, fc.infiniteStream(fc.nat()), async (list, parts, picks) => {
      await inWorld(2, async (world) => {
        await runInParts(world, list.map(toAdmission), parts)
        await runInParts(
          world,
          list.map((costNano) => toSettling(costNano, picks)),
          parts,
        )
        await world.end()
      })
    }),
    { numRuns: 40 },
  )
})

type Part = { readonly process: number; readonly size: number }

/** Runs the operations in parts. The sweeper closes calls of the other process at their reserved cost. */
async function runInParts(world: LedgerWorld, operations: readonly Operation[], parts: Iterator<Part>): Promise<void> {
  for (let done = 0; done < operations.length; ) {
    const { process, size } = parts.next().value as Part
    await world.run(process, operations.slice(done, done + size), undefined)
    await world.check()
    done += size
  }
}

function toAdmission(reservedNano: number): Operation {
  const call = { ...defaultCall, endUser: '', attempt: 1, isStream: false, tokens: 1 }
  return { kind: 'admit', request: { ...call, keyId: 'key_lone', reservedNano } }
}

function toSettling(costNano: number, picks: Iterator<number>): Operation {
  return { kind: 'settle', call: Number(picks.next().value), tokens: 1, costNano, times: 1 }
}

async function inWorld(processCount: number, use: (world: LedgerWorld) => Promise<void>): Promise<void> {
  worlds += 1
  const world = openLedgerWorld(join(folder, `${worlds}`), template, processCount)
  try {
    await use(world)
  } finally {
    world.close()
    rmSync(join(folder, `${worlds}`), { recursive: true })
  }
}
