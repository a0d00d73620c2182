import { hash } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Limits, noLimits } from '../../src/metering/limits.ts'
import { openSqlite, type SqliteDatabase } from '../../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../../src/platform/node/storage/read-migrations.ts'
import type { ApiKey } from '../../src/storage/key-store.ts'
import { createSqlKeyStore } from '../../src/storage/sql/keys/create-sql-key-store.ts'
import { migrate } from '../../src/storage/sql/migrate.ts'

const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))

/** The root of all keys. */
export const teamId = 'key_team'

export interface CallerKey {
  readonly id: string
  readonly secret: string
  readonly limits: Limits
  /** Default: all operations that need no explicit grant. */
  readonly operations?: readonly string[]
}

/**
 * The callers' keys: one without limits, one whose budget runs out midway, one that is often at its concurrency limit.
 */
export const callers: readonly CallerKey[] = [
  { id: 'key_free', secret: 'crash-test-free', limits: noLimits },
  {
    id: 'key_capped',
    secret: 'crash-test-capped',
    limits: { ...noLimits, budgets: [{ per: 'total', limitNano: 100_000_000, timeZone: 'UTC' }] },
  },
  {
    id: 'key_narrow',
    secret: 'crash-test-narrow',
    limits: { ...noLimits, concurrentCalls: 12, rates: [{ unit: 'tokens', window: 'minute', limit: 10_000_000 }] },
  },
]

/** Opens the database that the servers in this folder share. */
export function openLedgerFile(folder: string): SqliteDatabase {
  return openSqlite(join(folder, 'weir.db'))
}

/** Creates the database and its keys. */
export async function createLedgerFile(folder: string, callerKeys: readonly CallerKey[] = callers): Promise<void> {
  const database = openLedgerFile(folder)
  await migrate(database, readMigrations(migrations))
  const keys = createSqlKeyStore(database)
  const team = { id: teamId, limits: noLimits, operations: ['*', 'passthrough'] }
  await keys.create(toKey(team, undefined), toSecret('crash-test-team'))
  for (const key of callerKeys) await keys.create(toKey(key, teamId), toSecret(key.secret))
  database.close()
}

function toKey({ id, limits, operations }: Omit<CallerKey, 'secret'>, parentId: string | undefined): ApiKey {
  const grants = { models: undefined, operations, origins: undefined, ipRanges: undefined }
  return {
    ...{ id, parentId, rootId: teamId, name: id, isDisabled: false, expiresAt: undefined, grants, limits },
    ...{ perUser: undefined, isShadow: false, defaultMaxTokens: undefined, labels: {}, createdAt: 1, updatedAt: 1 },
  }
}

function toSecret(secret: string) {
  return { hash: hash('sha256', secret), hint: secret, createdAt: 1, expiresAt: undefined }
}
