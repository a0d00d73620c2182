import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../../src/platform/node/storage/read-migrations.ts'
import { type OpenCall, parseOpenCall, stringifyOpenCall } from '../../src/storage/ledger/open-call.ts'
import { createCallSweeper } from '../../src/storage/sql/ledger/create-call-sweeper.ts'
import { createSqlLedger } from '../../src/storage/sql/ledger/create-sql-ledger.ts'
import { migrate } from '../../src/storage/sql/migrate.ts'
import { recordColumns, toRecord } from '../../src/storage/sql/usage/record-columns.ts'
import { now, testKey, testRequest, testSettlement, withoutRevocations } from './contract/ledger-fixtures.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-open-call-'))
afterAll(() => rmSync(folder, { recursive: true }))

const request = testRequest('key_a', {
  endUser: 'ada',
  attempt: 2,
  isStream: true,
  tags: ['team:blue'],
  isPriced: false,
})
const typical: OpenCall = {
  request: testRequest('key_a'),
  subjects: [{ name: 'key_a', takenAt: now, counted: [] }],
  wouldRefuse: [],
}
const full: OpenCall = {
  request,
  subjects: [
    { name: 'key_a', takenAt: now + 5, counted: ['requests/minute'] },
    { name: 'key_a/user:ada', takenAt: now, counted: [] },
  ],
  wouldRefuse: ['budget/month'],
}

/** Serialises an open call in the format of the first release. */
function toTuple({ request: call, subjects, wouldRefuse }: OpenCall): string {
  const { requestId, attempt, keyId, endUser, operation, provider, model, isStream, tags } = call
  const taken = subjects.map(({ name, takenAt }) => [name, takenAt])
  const fields = [requestId, attempt, keyId, endUser, operation, provider, model, isStream, tags]
  return JSON.stringify([...fields, call.tokens, call.reservedNano, call.isPriced, taken, wouldRefuse])
}

function read(detail: string, { request: call, subjects }: OpenCall): OpenCall {
  return parseOpenCall(
    call.id,
    call.now,
    detail,
    subjects.map(({ counted }) => counted),
  )
}

describe('an open call', () => {
  test.each([
    ['a typical call', typical],
    ['one with all fields', full],
  ])('is read in the current format and in that of the first release: %s', (_name, open) => {
    expect(read(stringifyOpenCall(open), open)).toEqual(open)
    expect(read(toTuple(open), open)).toEqual(open)
  })

  test('has a version and field names, and omits defaults', () => {
    const { requestId, provider, model } = typical.request
    expect(JSON.parse(stringifyOpenCall(typical))).toEqual({
      v: 1,
      requestId,
      keyId: 'key_a',
      operation: 'chat.completions',
      provider,
      model,
      tokens: 100,
      reservedNano: 1_000,
      subjects: ['key_a'],
    })
  })

  test('of a newer release is read without new fields, and with defaults for removed ones', () => {
    const newer = { v: 2, keyId: 'key_a', tokens: 5, reservedNano: 7, subjects: ['key_a'], region: { name: 'eu' } }
    expect(read(JSON.stringify(newer), typical)).toMatchObject({
      request: { id: typical.request.id, keyId: 'key_a', tokens: 5, reservedNano: 7, attempt: 1, tags: [], now },
      subjects: [{ name: 'key_a', takenAt: now }],
      wouldRefuse: [],
    })
  })
})

test('settles and sweeps calls of other releases in the same file during a rolling restart (R42)', async () => {
  const database = openSqlite(join(folder, 'weir.db'))
  await migrate(database, readMigrations(join(import.meta.dirname, '../../migrations')))
  const sql = database.sync
  const ledger = createSqlLedger({
    sql,
    processId: 'p1',
    keys: withoutRevocations((id) => [testKey(id)]),
    schedule: (flush) => void setImmediate(flush),
  })
  const calls = [1, 2, 3].map(() => testRequest('key_a'))
  for (const call of calls) await ledger.admit(call)
  const [own, older, newer] = calls.map(({ id }) => id)
  const setDetail = 'UPDATE open_calls SET process_id = ?, detail = ? WHERE id = ?'
  const subjects = [{ name: 'key_a', takenAt: now, counted: [] }]
  sql.run(setDetail, ['old', toTuple({ request: testRequest('key_a'), subjects, wouldRefuse: [] }), older ?? ''])
  sql.run(setDetail, [
    'new',
    JSON.stringify({ v: 2, keyId: 'key_a', tokens: 100, reservedNano: 1_000, subjects: ['key_a'], extra: [1] }),
    newer ?? '',
  ])
  const sweeper = createCallSweeper({ sql, ledger, processId: 'p1', deadAfterMs: 15_000 })
  await sweeper.sweep(now, 0)
  expect(await sweeper.sweep(now, 15_000)).toBe(2)
  expect(await ledger.settle(testSettlement(own ?? ''))).toBe(true)
  expect(await ledger.balance('key_a', now)).toMatchObject({ spentNano: 2_300, reservedNano: 0, calls: 0 })
  const records = sql.all(`SELECT seq, ${recordColumns} FROM call_records`, []).map(toRecord)
  expect(new Map(records.map(({ id, outcome }) => [id, outcome]))).toEqual(
    new Map([
      [own, 'ok'],
      [older, 'unknown'],
      [newer, 'unknown'],
    ]),
  )
  database.close()
})
