import { join, resolve } from 'node:path'
import { ConfigError } from '../../../config/config-error.ts'
import type { Settings } from '../../../config/settings.ts'
import type { Storage } from '../../../pipeline/call/ports.ts'
import type { AdminSecretStore } from '../../../storage/admin-secret-store.ts'
import type { AuditLog } from '../../../storage/audit-log.ts'
import type { KeyStore } from '../../../storage/key-store.ts'
import { createS3BlobStore, type S3Ports } from '../../../storage/s3/create-s3-blob-store.ts'
import { createSqlAdminSecretStore } from '../../../storage/sql/create-sql-admin-secret-store.ts'
import { createSqlAuditLog } from '../../../storage/sql/create-sql-audit-log.ts'
import { createSqlIdempotencyStore } from '../../../storage/sql/create-sql-idempotency-store.ts'
import { createSqlImageStore } from '../../../storage/sql/create-sql-image-store.ts'
import { createSqlSessionStore } from '../../../storage/sql/create-sql-session-store.ts'
import { createSqlKeyStore } from '../../../storage/sql/keys/create-sql-key-store.ts'
import { migrate } from '../../../storage/sql/migrate.ts'
import type { SyncSql } from '../../../storage/sql/sync-sql.ts'
import { createSqlUsageStore } from '../../../storage/sql/usage/create-sql-usage-store.ts'
import type { UsageStore } from '../../../storage/usage-store.ts'
import { packageRoot } from '../package-root.ts'
import { openFolder } from './open-folder.ts'
import { openSqlite } from './open-sqlite.ts'
import { readMigrations } from './read-migrations.ts'

/** Storage that is open until it is closed. */
export interface OpenStorage extends Storage {
  readonly keys: KeyStore
  readonly usage: UsageStore
  readonly audit: AuditLog
  readonly adminSecret: AdminSecretStore
  /** The same database, for the ledger. */
  readonly sql: SyncSql
  /** Nothing acknowledged is lost without it. */
  close(): void
}

const migrationsFolder = join(packageRoot, 'migrations')

/**
 * Opens the database and the images' place, and brings the schema up to date. Undefined where the settings keep nothing.
 * R67: what cannot be written is found now, and said with what to do about it. Rejects with ConfigError.
 */
export async function openStorage({ storage }: Settings, ports: S3Ports): Promise<OpenStorage | undefined> {
  if (storage.path === undefined) return undefined
  const path = resolve(storage.path)
  try {
    const blobs =
      storage.s3 === undefined ? await openFolder(join(path, 'images')) : createS3BlobStore(storage.s3, ports)
    const database = openSqlite(join(path, 'weir.db'))
    await migrate(database, readMigrations(migrationsFolder))
    return {
      sessions: createSqlSessionStore(database),
      images: createSqlImageStore(database),
      blobs,
      idempotency: createSqlIdempotencyStore(database),
      keys: createSqlKeyStore(database),
      usage: createSqlUsageStore(database),
      audit: createSqlAuditLog(database),
      adminSecret: createSqlAdminSecretStore(database),
      sql: database.sync,
      close: () => database.close(),
    }
  } catch (cause) {
    throw new ConfigError([toProblem(cause, path)], { cause })
  }
}

function toProblem(cause: unknown, path: string): string {
  const { message } = rootOf(cause)
  return `storage.path: sessions and images cannot be kept in ${path} (${message}). Make it writable for this user, name another folder with STORAGE_PATH, or keep nothing with STORAGE_PATH=none.`
}

/** What the system said; the errors around it are for callers. */
function rootOf(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error))
  return error.cause === undefined ? error : rootOf(error.cause)
}
