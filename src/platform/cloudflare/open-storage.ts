import type { Storage } from '../../pipeline/ports.ts'
import { createSqlImageStore } from '../../storage/sql/create-sql-image-store.ts'
import { createSqlSessionStore } from '../../storage/sql/create-sql-session-store.ts'
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
  return { sessions: createSqlSessionStore(sql), images: createSqlImageStore(sql), blobs: createR2BlobStore(IMAGES) }
}
