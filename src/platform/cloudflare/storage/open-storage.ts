import type { Storage } from '../../../pipeline/call/ports.ts'
import type { AuditLog } from '../../../storage/audit-log.ts'
import type { KeyStore } from '../../../storage/key-store.ts'
import { createSqlAuditLog } from '../../../storage/sql/create-sql-audit-log.ts'
import { createSqlIdempotencyStore } from '../../../storage/sql/create-sql-idempotency-store.ts'
import { createSqlImageStore } from '../../../storage/sql/create-sql-image-store.ts'
import { createSqlSessionStore } from '../../../storage/sql/create-sql-session-store.ts'
import { createSqlKeyStore } from '../../../storage/sql/keys/create-sql-key-store.ts'
import { createD1Sql } from './create-d1-sql.ts'
import { createR2BlobStore } from './create-r2-blob-store.ts'

/** What wrangler.jsonc binds, where it does. */
export interface StorageBindings {
  readonly DB?: D1Database
  readonly IMAGES?: R2Bucket
}

/** The stores of a Worker, whose schema `wrangler d1 migrations apply` has made. Undefined where a binding is missing. */
export function openStorage({ DB, IMAGES }: StorageBindings): Storage | undefined {
  if (DB === undefined || IMAGES === undefined) return undefined
  const sql = createD1Sql(DB)
  return {
    sessions: createSqlSessionStore(sql),
    images: createSqlImageStore(sql),
    blobs: createR2BlobStore(IMAGES),
    idempotency: createSqlIdempotencyStore(sql),
  }
}

/** Virtual keys, which need the database alone. */
export function openKeyStore({ DB }: StorageBindings): KeyStore | undefined {
  return DB && createSqlKeyStore(createD1Sql(DB))
}

export function openAuditLog({ DB }: StorageBindings): AuditLog | undefined {
  return DB && createSqlAuditLog(createD1Sql(DB))
}
