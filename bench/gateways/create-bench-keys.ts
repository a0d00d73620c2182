import { hash } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Limits } from '../../src/metering/limits.ts'
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../../src/platform/node/storage/read-migrations.ts'
import { createSqlKeyStore } from '../../src/storage/sql/keys/create-sql-key-store.ts'
import { migrate } from '../../src/storage/sql/migrate.ts'
import { benchToken } from './bench-secrets.ts'

/** No call reaches any of these limits, but Weir has to count each of them. */
const limits: Limits = {
  rates: [
    { unit: 'requests', window: 'minute', limit: 1_000_000_000 },
    { unit: 'tokens', window: 'minute', limit: 1_000_000_000_000 },
  ],
  budgets: [{ per: 'month', limitNano: 9_000_000_000_000_000, timeZone: 'UTC' }],
  concurrentCalls: 10_000,
  concurrentStreams: 10_000,
  callNano: 1_000_000_000_000,
}

/** Creates a database with the key that the load sends, and its parent. */
export async function createBenchKeys(folder: string): Promise<void> {
  const database = openSqlite(join(folder, 'weir.db'))
  await migrate(database, readMigrations(fileURLToPath(new URL('../../migrations', import.meta.url))))
  const keys = createSqlKeyStore(database)
  const now = Date.now()
  const grants = { models: undefined, operations: undefined, origins: undefined, ipRanges: undefined }
  const common = { rootId: 'key_team', isDisabled: false, expiresAt: undefined, grants, limits, perUser: undefined }
  const rest = { isShadow: false, defaultMaxTokens: undefined, labels: {}, createdAt: now, updatedAt: now }
  const secret = (value: string) => ({
    hash: hash('sha256', value),
    hint: 'bench',
    createdAt: now,
    expiresAt: undefined,
  })
  await keys.create({ id: 'key_team', parentId: undefined, name: 'team', ...common, ...rest }, secret('team'))
  await keys.create({ id: 'key_bench', parentId: 'key_team', name: 'bench', ...common, ...rest }, secret(benchToken))
  database.close()
}
