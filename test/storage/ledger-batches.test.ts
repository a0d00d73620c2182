import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../../src/platform/node/storage/read-migrations.ts'
import { createSqlLedger } from '../../src/storage/sql/ledger/create-sql-ledger.ts'
import { migrate } from '../../src/storage/sql/migrate.ts'
import { now, testKey, testRequest, testSettlement, withoutRevocations } from './contract/ledger-fixtures.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-batches-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a failing operation does not fail the others in its transaction', async () => {
  const database = openSqlite(join(folder, 'weir.db'))
  await migrate(database, readMigrations(join(import.meta.dirname, '../../migrations')))
  const ledger = createSqlLedger({
    sql: database.sync,
    processId: 'p1',
    schedule: (flush) => void setImmediate(flush),
    keys: withoutRevocations((id) => {
      if (id === 'key_broken') throw new SyntaxError('the rules of this key cannot be read')
      return [testKey(id)]
    }),
  })
  const running = testRequest('key_a')
  await ledger.admit(running)
  const [broken, admitted, settled] = await Promise.allSettled([
    ledger.admit(testRequest('key_broken')),
    ledger.admit(testRequest('key_a')),
    ledger.settle(testSettlement(running.id)),
  ])
  expect(broken).toMatchObject({ status: 'rejected', reason: { message: 'the rules of this key cannot be read' } })
  expect(admitted).toMatchObject({ status: 'fulfilled', value: { kind: 'admitted' } })
  expect(settled).toMatchObject({ status: 'fulfilled', value: true })
  expect(await ledger.balance('key_a', now)).toMatchObject({ spentNano: 300, reservedNano: 1_000, calls: 1 })
  database.close()
})
