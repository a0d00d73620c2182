import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { noLimits } from '../../src/metering/limits.ts'
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../../src/platform/node/storage/read-migrations.ts'
import type { ApiKey } from '../../src/storage/key-store.ts'
import { createSqlKeyStore } from '../../src/storage/sql/keys/create-sql-key-store.ts'
import { createKeyChainCache } from '../../src/storage/sql/ledger/create-key-chain-cache.ts'
import { createSqlLedger } from '../../src/storage/sql/ledger/create-sql-ledger.ts'
import { migrate } from '../../src/storage/sql/migrate.ts'
import { now, testRequest } from './contract/ledger-fixtures.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-chain-'))
afterAll(() => rmSync(folder, { recursive: true }))

const grants = { models: undefined, operations: undefined, origins: undefined, ipRanges: undefined }
const key: ApiKey = {
  ...{ id: 'key_a', parentId: undefined, rootId: 'key_a', name: 'a', isDisabled: false, expiresAt: undefined, grants },
  ...{ limits: noLimits, perUser: undefined, isShadow: false, defaultMaxTokens: undefined, labels: {} },
  ...{ createdAt: now, updatedAt: now },
}
let count = 0

/** Opens a ledger with `key`, and key stores on its own and on another connection. */
async function open() {
  const path = join(folder, `${++count}.db`)
  const own = openSqlite(path)
  await migrate(own, readMigrations(join(import.meta.dirname, '../../migrations')))
  const other = openSqlite(path)
  const keys = createSqlKeyStore(own)
  await keys.create(key, { hash: 'hash', hint: 'a', createdAt: now, expiresAt: undefined })
  const reads: string[] = []
  const sql = {
    ...own.sync,
    all(...args: Parameters<typeof own.sync.all>) {
      reads.push(args[0])
      return own.sync.all(...args)
    },
  }
  const ledger = createSqlLedger({
    ...{ sql, processId: 'p1', keys: createKeyChainCache(sql) },
    schedule: (flush) => void setImmediate(flush),
  })
  const close = () => {
    own.close()
    other.close()
  }
  return { ledger, keys, others: createSqlKeyStore(other), reads, close }
}

describe('the key rules of the ledger', () => {
  test.each(['its own', 'another'])(
    'apply to the next call after a change through %s connection (S20)',
    async (which) => {
      const { ledger, keys, others, close } = await open()
      const changed = which === 'its own' ? keys : others
      expect(await ledger.admit(testRequest('key_a'))).toMatchObject({ kind: 'admitted' })
      await changed.update('key_a', () => ({ isDisabled: true }), now)
      expect(await ledger.admit(testRequest('key_a'))).toEqual({ kind: 'inactive' })
      await changed.update('key_a', () => ({ isDisabled: false }), now)
      expect(await ledger.admit(testRequest('key_a'))).toMatchObject({ kind: 'admitted' })
      await changed.delete('key_a', now)
      expect(await ledger.admit(testRequest('key_a'))).toEqual({ kind: 'inactive' })
      close()
    },
  )

  test('check the version once for all calls of a transaction', async () => {
    const { ledger, reads, close } = await open()
    await ledger.admit(testRequest('key_a'))
    reads.length = 0
    await Promise.all(Array.from({ length: 50 }, () => ledger.admit(testRequest('key_a'))))
    expect(reads).toEqual([expect.stringContaining('key_version')])
    close()
  })
})
