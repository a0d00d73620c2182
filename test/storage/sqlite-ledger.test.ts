import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { GatewayError } from '../../src/core/errors.ts'
import { type KeyChain, noLimits } from '../../src/metering/limits.ts'
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../../src/platform/node/storage/read-migrations.ts'
import type { AdmissionRequest, LedgerRecord } from '../../src/storage/ledger/ledger.ts'
import { createCallSweeper } from '../../src/storage/sql/ledger/create-call-sweeper.ts'
import { createSqlLedger } from '../../src/storage/sql/ledger/create-sql-ledger.ts'
import { migrate } from '../../src/storage/sql/migrate.ts'
import { recordColumns, toRecord } from '../../src/storage/sql/usage/record-columns.ts'
import { describeLedger } from './contract/ledger.ts'
import {
  now,
  type TestKey,
  testKey,
  testRequest,
  testSettlement,
  withoutRevocations,
} from './contract/ledger-fixtures.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-ledger-'))
afterAll(() => rmSync(folder, { recursive: true }))

const migrations = readMigrations(join(import.meta.dirname, '../../migrations'))
let count = 0

async function openAt(path: string, keys: readonly TestKey[], processId = 'p1') {
  const database = openSqlite(path)
  await migrate(database, migrations)
  const sql = database.sync
  const chains = withoutRevocations(createChainFinder(keys))
  const ledger = createSqlLedger({ sql, keys: chains, processId, schedule: (flush) => void setImmediate(flush) })
  const records = async (): Promise<readonly LedgerRecord[]> =>
    sql.all(`SELECT seq, ${recordColumns} FROM call_records ORDER BY seq`, []).map((row) => toRecord(row))
  return { ledger, records, sql, close: () => database.close() }
}

const open = (keys: readonly TestKey[]) => openAt(join(folder, `${++count}`, 'weir.db'), keys)

function createChainFinder(keys: readonly TestKey[]): (id: string) => KeyChain | undefined {
  const find = (id: string): TestKey[] => {
    const key = keys.find((candidate) => candidate.id === id)
    return key === undefined ? [] : [key, ...(key.parentId === undefined ? [] : find(key.parentId))]
  }
  return (id) => {
    if (!id.startsWith('key_')) return [testKey(id)]
    const chain = find(id)
    return chain.length === 0 ? undefined : chain
  }
}

describeLedger('SQLite', open)

describe('SQLite as a ledger', () => {
  it('shares a cap among four processes with 200 concurrent calls each, exactly (R37, R38, R41, R45)', async () => {
    const path = join(folder, `${++count}`, 'weir.db')
    const { ledger, records, close } = await openAt(path, [])
    const script = join(import.meta.dirname, 'admit-and-settle.ts')
    const children = [1, 2, 3, 4].map(() => fork(script, [path], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }))
    const results = await Promise.all(
      children.map(async (child) => {
        const [result] = (await once(child, 'message')) as [{ admitted: number; refused: number }]
        return result
      }),
    )
    const admitted = results.reduce((sum, result) => sum + result.admitted, 0)
    expect(results.reduce((sum, result) => sum + result.admitted + result.refused, 0)).toBe(800)
    expect(admitted).toBe(100)
    const ended = Promise.all(children.map((child) => once(child, 'exit')))
    for (const child of children) child.send('settle')
    await ended
    expect(await records()).toHaveLength(100)
    expect(await ledger.balance('key_shared', Date.now())).toMatchObject({
      spentNano: 30_000,
      reservedNano: 0,
      calls: 0,
    })
    close()
  })

  it('closes the open calls of a dead process as unknown, at their reserved cost (R39, R42)', async () => {
    const path = join(folder, `${++count}`, 'weir.db')
    const dead = await openAt(path, [testKey('key_a')], 'dead')
    const request = testRequest('key_a')
    await dead.ledger.admit(request)
    dead.close()
    const { ledger, records, sql, close } = await openAt(path, [testKey('key_a')], 'alive')
    const sweeper = createCallSweeper({ sql, ledger, processId: 'alive', deadAfterMs: 20_000 })
    expect(await sweeper.sweep(request.now + 1, 0)).toBe(0)
    expect(await sweeper.sweep(request.now + 2, 19_999)).toBe(0)
    expect(await sweeper.sweep(request.now + 3, 20_000)).toBe(1)
    expect(await records()).toMatchObject([
      { id: request.id, outcome: 'unknown', costNano: 1_000, costSource: 'reserved' },
    ])
    expect(await ledger.balance('key_a', request.now)).toMatchObject({ spentNano: 1_000, reservedNano: 0, calls: 0 })
    expect(await ledger.settle(testSettlement(request.id))).toBe(false)
    close()
  })

  it('R67 does not declare a process dead that was silent while the disk was full, and settles its calls afterwards', async () => {
    const path = join(folder, `${++count}`, 'weir.db')
    const first = await openAt(path, [testKey('key_a')], 'first')
    const second = await openAt(path, [testKey('key_a')], 'second')
    const request = testRequest('key_a')
    await first.ledger.admit(request)
    const sweeper = createCallSweeper({ ...second, processId: 'second', deadAfterMs: 15_000 })
    await sweeper.sweep(request.now, 0)
    // SQLite then rejects each write of this process, as on a full disk.
    second.sql.all('PRAGMA query_only = ON', [])
    for (const monotonicMs of [2_000, 14_000, 30_000])
      await expect(sweeper.sweep(request.now, monotonicMs)).rejects.toThrow(GatewayError)
    second.sql.all('PRAGMA query_only = OFF', [])
    expect(await sweeper.sweep(request.now, 32_000)).toBe(0)
    expect(await first.ledger.settle(testSettlement(request.id))).toBe(true)
    expect(await first.records()).toMatchObject([{ id: request.id, outcome: 'ok', costNano: 300 }])
    first.close()
    second.close()
  })

  it('settles a call once if its process settles it after a sweep or another process settles it (R42, R43)', async () => {
    const path = join(folder, `${++count}`, 'weir.db')
    const slow = await openAt(path, [testKey('key_a')], 'slow')
    const other = await openAt(path, [testKey('key_a')], 'other')
    const [swept, foreign, own] = [testRequest('key_a'), testRequest('key_a'), testRequest('key_a')]
    for (const request of [swept, foreign, own]) await slow.ledger.admit(request)
    expect(await other.ledger.settle(testSettlement(swept.id, { outcome: 'unknown', costNano: 1_000 }))).toBe(true)
    expect(await slow.ledger.settle(testSettlement(swept.id))).toBe(false)
    expect(await other.ledger.settle(testSettlement(foreign.id))).toBe(true)
    expect(await slow.ledger.settle(testSettlement(own.id))).toBe(true)
    expect(await slow.ledger.settle(testSettlement(own.id))).toBe(false)
    const [, read, cached] = await slow.records()
    // A call read from the table and a cached call must give the same record.
    expect({ ...read, seq: 0 }).toEqual({ ...cached, seq: 0, id: foreign.id, requestId: foreign.requestId })
    const balance = { spentNano: 1_600, reservedNano: 0, calls: 0 }
    for (const { ledger } of [slow, other]) expect(await ledger.balance('key_a', swept.now)).toMatchObject(balance)
    slow.close()
    other.close()
  })

  it('keeps the calls of live processes regardless of their clocks (R50)', async () => {
    const path = join(folder, `${++count}`, 'weir.db')
    const late = await openAt(path, [testKey('key_a')], 'late')
    const early = await openAt(path, [testKey('key_a')], 'early')
    const request = testRequest('key_a', { now: testRequest('key_a').now - 3_600_000 })
    await late.ledger.admit(request)
    const lateSweeper = createCallSweeper({ ...late, processId: 'late', deadAfterMs: 20_000 })
    const earlySweeper = createCallSweeper({ ...early, processId: 'early', deadAfterMs: 20_000 })
    for (let seconds = 0; seconds < 60; seconds += 5) {
      await lateSweeper.sweep(request.now, seconds * 1_000)
      expect(await earlySweeper.sweep(request.now + 3_600_000, seconds * 1_000)).toBe(0)
    }
    expect(await late.ledger.settle(testSettlement(request.id))).toBe(true)
    late.close()
    early.close()
  })

  it('S97 10,000 addresses with a visitor each spend min(the daily budget, addresses × theirs), to the nano-dollar', async () => {
    const path = join(folder, `${++count}`, 'weir.db')
    const { ledger, close } = await openAt(path, [])
    const perDay = (limitNano: number) => ({ budgets: [{ per: 'day', limitNano, timeZone: 'UTC' }] }) as const
    const costNano = 700
    const flood = async (keyId: string, all: number, each: number, addresses: number) => {
      const policy = testKey(keyId, perDay(all))
      for (let first = 0; first < addresses; first += 1_000) {
        const calls = Array.from({ length: Math.min(1_000, addresses - first) }, (_, index) => first + index)
        // Two calls of each address, of which its own budget allows one.
        const requests = calls.flatMap((address) =>
          ['a', 'b'].map((visitor) =>
            testRequest(keyId, {
              endUser: `${visitor}${address}`,
              reservedNano: costNano,
              rules: [testKey(`${keyId}/network:${address}`, perDay(each)), policy],
            }),
          ),
        )
        const results = await Promise.all(requests.map((request) => ledger.admit(request)))
        const admitted = requests.filter((_, index) => results[index]?.kind === 'admitted')
        await Promise.all(admitted.map(({ id }) => ledger.settle(testSettlement(id, { costNano }))))
      }
      return (await ledger.balance(keyId, now))?.spentNano
    }
    expect(await flood('visitors', 700_000, 700, 10_000)).toBe(700_000)
    expect(await flood('login:few', 700_000, 700, 100)).toBe(100 * 700)
    close()
  })

  it('case D17: keeps the counters of tokens, networks and policies until they affect no call, and then deletes them', async () => {
    const path = join(folder, `${++count}`, 'weir.db')
    const { ledger, sql, close } = await openAt(path, [testKey('key_a')])
    const names = () => sql.all("SELECT subject FROM counters WHERE instr(subject, '/') > 0 ORDER BY subject", [])
    const perDay = { budgets: [{ per: 'day', limitNano: 1_500, timeZone: 'UTC' }] } as const
    const total = { budgets: [{ per: 'total', limitNano: 1_500, timeZone: 'UTC' }] } as const
    const noon = Date.UTC(2030, 5, 1, 12)
    const call = async (request: AdmissionRequest) => {
      const { kind } = await ledger.admit(request)
      await ledger.settle(testSettlement(request.id, { now: noon }))
      return kind
    }
    const token = [testKey('key_a/token:t', total, { expiresAt: noon + 3_600_000 })]
    const visitor = [
      testKey('visitors/network:10.0.0.1', perDay),
      testKey('visitors', {}, { perUser: { ...noLimits, ...perDay } }),
    ]
    const login = [testKey('login:x', {}, { perUser: { ...noLimits, ...total } })]
    expect(await call(testRequest('key_a', { now: noon, rules: token }))).toBe('admitted')
    expect(await call(testRequest('visitors', { now: noon, endUser: 'v', rules: visitor }))).toBe('admitted')
    expect(await call(testRequest('login:x', { now: noon, endUser: 'ada', rules: login }))).toBe('admitted')
    const prune = async (at: number) => {
      await ledger.pruneUsers('', at)
      return names().map(({ subject }) => subject)
    }
    const all = ['key_a/token:t', 'login:x/user:ada', 'visitors/network:10.0.0.1', 'visitors/user:v']
    expect(await prune(noon + 3_599_999)).toEqual(all)
    expect(await prune(noon + 3_600_000)).toEqual(all.slice(1))
    expect(await prune(noon + 12 * 3_600_000 - 1)).toEqual(all.slice(1))
    expect(await prune(noon + 12 * 3_600_000)).toEqual(['login:x/user:ada'])
    expect(await prune(noon + 400 * 86_400_000)).toEqual(['login:x/user:ada'])
    close()
  })

  it('case D17: deletes an end user after its window, but not during a call or under a total budget', async () => {
    const perMinute = { ...noLimits, rates: [{ unit: 'requests', window: 'minute', limit: 1 } as const] }
    const total = { ...noLimits, budgets: [{ per: 'total', limitNano: 500, timeZone: 'UTC' } as const] }
    const keys = [testKey('key_a', {}, { perUser: perMinute }), testKey('key_b', {}, { perUser: total })]
    const path = join(folder, `${++count}`, 'weir.db')
    const { ledger, sql, close } = await openAt(path, keys)
    const other = await openAt(path, keys, 'other')
    const names = async () => sql.all('SELECT subject FROM counters ORDER BY subject', []).map(({ subject }) => subject)
    const ask = async (keyId: string, endUser: string, at: number) => {
      const request = testRequest(keyId, { endUser, now: at })
      return { ...(await ledger.admit(request)), id: request.id }
    }
    const call = async (keyId: string, endUser: string, at: number) => {
      const { id } = await ask(keyId, endUser, at)
      await ledger.settle(testSettlement(id, { now: at }))
    }
    const forget = async (at: number) => {
      for (let last: string | undefined = ''; last !== undefined; ) last = await ledger.pruneUsers(last, at)
    }
    for (let user = 0; user < 1_200; user += 1) await call('key_a', `user ${user}`, now)
    await call('key_a', '', now)
    await call('key_b', 'spender', now)
    const { id } = await ask('key_a', 'under way', now)
    await forget(now + 60_999)
    expect(await names()).toHaveLength(1_205)
    expect(await ask('key_a', 'user 1', now + 59_000)).toMatchObject({ kind: 'refused' })
    // Another process has these counters cached.
    expect(await other.ledger.admit(testRequest('key_a', { endUser: 'user 2', now: now + 59_000 }))).toMatchObject({
      kind: 'refused',
    })
    // A refusal counts as a use too, so the user stays until its window has passed.
    await forget(now + 120_000)
    expect(await names()).toEqual(['key_a', 'key_a/user:under way', 'key_b', 'key_b/user:spender'])
    expect(await ask('key_a', 'user 1', now + 60_000)).toMatchObject({ kind: 'admitted' })
    expect(await ask('key_a', 'under way', now + 30_000)).toMatchObject({ kind: 'refused' })
    expect(await ask('key_b', 'spender', now + 400 * 86_400_000)).toMatchObject({ kind: 'refused' })
    expect(await ledger.settle(testSettlement(id))).toBe(true)
    expect(await ledger.balance('key_a', now)).toMatchObject({ spentNano: 1_202 * 300, calls: 1 })
    close()
    other.close()
  })

  it('does not reopen a window for a process with a slow clock (R50)', async () => {
    const keys = [testKey('key_a', { rates: [{ unit: 'requests', window: 'minute', limit: 1 }] })]
    const path = join(folder, `${++count}`, 'weir.db')
    const right = await openAt(path, keys, 'right')
    const late = await openAt(path, keys, 'late')
    const request = testRequest('key_a')
    expect(await right.ledger.admit(request)).toMatchObject({ kind: 'admitted' })
    const hourAgo = testRequest('key_a', { now: request.now - 3_600_000 })
    expect(await late.ledger.admit(hourAgo)).toMatchObject({ kind: 'refused' })
    const minuteLater = testRequest('key_a', { now: request.now + 61_001 })
    expect(await right.ledger.admit(minuteLater)).toMatchObject({ kind: 'admitted' })
    right.close()
    late.close()
  })
})
