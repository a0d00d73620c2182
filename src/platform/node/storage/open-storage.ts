import { join, resolve } from 'node:path'
import { ConfigError } from '../../../config/config-error.ts'
import type { S3Settings, Settings } from '../../../config/settings.ts'
import { nextTurn } from '../../../core/clock.ts'
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
  return orConfigError(path, async () => {
    checkFiles(path, storage.s3)
    const blobs = await openBlobs(path, storage.s3, ports)
    const file = databaseIn(path)
    const database = await openDatabase(file)
    const stores = openSqlStores(
      database,
      createLongWork(() => nextTurn(ports.clock)),
    )
    return { ...stores, blobs, sql: database.sync, path: file, close: () => database.close() }
  })
}

/** The same start without its traces: the schema is brought up to date and taken back, and nothing is made. Rejects with ConfigError as it does. */
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

/** True where there is a database. Throws an error for the operator where the folder cannot be used. */
function checkFiles(path: string, s3: S3Settings | undefined): boolean {
  checkFolder(path)
  if (s3 === undefined) checkFolder(join(path, 'images'))
  return checkDatabaseFile(databaseIn(path))
}

/** Holds up other writers for as long as the missing migrations take. */
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

/** The images' place of other settings with the same folder. Rejects with ConfigError. */
export async function reopenBlobs({ storage }: Settings, ports: S3Ports): Promise<BlobStore> {
  const path = resolve(storage.path ?? '')
  return orConfigError(path, async () => openBlobs(path, storage.s3, ports))
}

async function orConfigError<Value>(path: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (cause) {
    const problem = `storage.path: sessions and images cannot be kept in ${path} (${rootOf(cause).message}). Make it writable for this user, name another folder with STORAGE_PATH, or keep nothing with STORAGE_PATH=none.`
    throw new ConfigError([problem], { cause })
  }
}

function openBlobs(path: string, s3: S3Settings | undefined, ports: S3Ports): Promise<BlobStore> | BlobStore {
  return s3 === undefined ? openFolder(join(path, 'images')) : createS3BlobStore(s3, ports)
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
