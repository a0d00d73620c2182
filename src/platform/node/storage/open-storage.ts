import { join, resolve } from 'node:path'
import { ConfigError } from '../../../config/config-error.ts'
import type { Settings } from '../../../config/settings.ts'
import type { Storage } from '../../../pipeline/call/ports.ts'
import { createS3BlobStore, type S3Ports } from '../../../storage/s3/create-s3-blob-store.ts'
import { migrate } from '../../../storage/sql/migrate.ts'
import { openSqlStores, type SqlStores } from '../../../storage/sql/open-sql-stores.ts'
import type { SyncSql } from '../../../storage/sql/sql.ts'
import { packageRoot } from '../package-root.ts'
import { openFolder } from './open-folder.ts'
import { openSqlite, type SqliteDatabase } from './open-sqlite.ts'
import { readMigrations } from './read-migrations.ts'

/** Storage that is open until it is closed. */
export interface OpenStorage extends Storage, SqlStores {
  /** The same database, for the ledger. */
  readonly sql: SyncSql
  /** Its file. */
  readonly path: string
  /** Nothing acknowledged is lost without it. */
  close(): void
}

/** The database file in the folder that `storage.path` names. */
export function databaseIn(storagePath: string): string {
  return join(resolve(storagePath), 'weir.db')
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
    const file = databaseIn(path)
    const database = await openDatabase(file)
    return { ...openSqlStores(database), blobs, sql: database.sync, path: file, close: () => database.close() }
  } catch (cause) {
    const problem = `storage.path: sessions and images cannot be kept in ${path} (${rootOf(cause).message}). Make it writable for this user, name another folder with STORAGE_PATH, or keep nothing with STORAGE_PATH=none.`
    throw new ConfigError([problem], { cause })
  }
}

/** The database at `path`, with its schema brought up to date. */
export async function openDatabase(path: string): Promise<SqliteDatabase> {
  const database = openSqlite(path)
  await migrate(database, readMigrations(migrationsFolder))
  return database
}

/** What the system said; the errors around it are for callers. */
function rootOf(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error))
  return error.cause === undefined ? error : rootOf(error.cause)
}
