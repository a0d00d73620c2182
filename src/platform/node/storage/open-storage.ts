import { join, resolve } from 'node:path'
import { ConfigError } from '../../../config/config-error.ts'
import type { S3Settings, Settings } from '../../../config/settings.ts'
import { yieldToEventLoop } from '../../../core/clock.ts'
import { createLongWork } from '../../../core/long-work.ts'
import type { Storage } from '../../../pipeline/call/ports.ts'
import type { BlobStore } from '../../../storage/blob-store.ts'
import { createS3BlobStore, type S3Ports } from '../../../storage/s3/create-s3-blob-store.ts'
import { type Migration, migrate } from '../../../storage/sql/migrate.ts'
import { openSqlStores, type SqlStores } from '../../../storage/sql/open-sql-stores.ts'
import type { Sql, SyncSql } from '../../../storage/sql/sql.ts'
import { packageRoot } from '../package-root.ts'
import { checkDatabaseFile, checkFolder } from './check-folder.ts'
import { openFolder } from './open-folder.ts'
import { openSqlite, type SqliteDatabase } from './open-sqlite.ts'
import { readMigrations } from './read-migrations.ts'
import { openTokenSecret } from './token-secret.ts'

/** Storage that must be closed. */
export interface OpenStorage extends Storage, SqlStores {
  /** The same database, for the ledger. */
  readonly sql: SyncSql
  /** Signs the user tokens of this folder, unless the configuration names another secret. */
  readonly tokenSecret: string
  /** The database file. */
  readonly path: string
  /** Closes the database. No acknowledged write is lost without it. */
  close(): void
}

/** Returns the path of the database file in the storage folder. */
export function databaseIn(storagePath: string): string {
  return join(resolve(storagePath), 'weir.db')
}

const migrationsFolder = join(packageRoot, 'migrations')

/**
 * Opens the database and the blob store, and migrates the schema. Resolves with undefined if storage is off.
 * R67: rejects with a ConfigError that says what to do if the storage is not writable.
 */
export async function openStorage({ storage }: Settings, ports: S3Ports): Promise<OpenStorage | undefined> {
  if (storage.path === undefined) return undefined
  const path = resolve(storage.path)
  return orConfigError(path, async () => {
    checkFiles(path, storage.s3)
    const blobs = await openBlobs(path, storage.s3, ports)
    const file = databaseIn(path)
    const database = await openDatabase(file)
    const tokenSecret = openTokenSecret(path)
    const stores = openSqlStores(
      database,
      createLongWork(() => yieldToEventLoop(ports.clock)),
    )
    return { ...stores, blobs, tokenSecret, sql: database.sync, path: file, close: () => database.close() }
  })
}

/** Checks what {@link openStorage} would do, without a trace. Rejects with the same ConfigError. */
export async function checkStorage({ storage }: Settings): Promise<void> {
  if (storage.path === undefined) return
  const path = resolve(storage.path)
  await orConfigError(path, async () => {
    if (!checkFiles(path, storage.s3)) return
    const database = openSqlite(databaseIn(path))
    try {
      await tryMigrations(database.sync, readMigrations(migrationsFolder))
    } finally {
      database.close()
    }
  })
}

/** Returns true if there is a database. Throws an error for the operator if the folder cannot be used. */
function checkFiles(path: string, s3: S3Settings | undefined): boolean {
  checkFolder(path)
  if (s3 === undefined) checkFolder(join(path, 'images'))
  return checkDatabaseFile(databaseIn(path))
}

/** Runs the missing migrations and rolls them back. Blocks other writers meanwhile. */
async function tryMigrations(sync: SyncSql, migrations: readonly Migration[]): Promise<void> {
  const all: Sql['all'] = async (text, params) => sync.all(text, params)
  const batch: Sql['batch'] = async (statements) => {
    sync.run('SAVEPOINT migration', [])
    try {
      return statements.map(({ text, params }) => sync.all(text, params))
    } catch (error) {
      sync.run('ROLLBACK TO migration', [])
      throw error
    }
  }
  sync.run('BEGIN IMMEDIATE', [])
  try {
    await migrate({ all, run: async (text, params) => sync.run(text, params), batch }, migrations)
  } finally {
    sync.run('ROLLBACK', [])
  }
}

/** Opens the blob store of other settings with the same storage folder. Rejects with ConfigError. */
export async function reopenBlobs({ storage }: Settings, ports: S3Ports): Promise<BlobStore> {
  const path = resolve(storage.path ?? '')
  return orConfigError(path, async () => openBlobs(path, storage.s3, ports))
}

async function orConfigError<Value>(path: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (cause) {
    const problem = `storage.path: sessions and images cannot be stored in ${path} (${rootOf(cause).message}). Make it writable for this user, set STORAGE_PATH to another folder, or turn storage off with STORAGE_PATH=none.`
    throw new ConfigError([problem], { cause })
  }
}

function openBlobs(path: string, s3: S3Settings | undefined, ports: S3Ports): Promise<BlobStore> | BlobStore {
  return s3 === undefined ? openFolder(join(path, 'images')) : createS3BlobStore(s3, ports)
}

/** Opens the database at `path` and migrates its schema. */
export async function openDatabase(path: string): Promise<SqliteDatabase> {
  const database = openSqlite(path)
  await migrate(database, readMigrations(migrationsFolder))
  return database
}

/** Returns the system's error; the errors around it are for callers. */
function rootOf(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error))
  return error.cause === undefined ? error : rootOf(error.cause)
}
