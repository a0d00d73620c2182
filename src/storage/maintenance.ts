import type { Settings } from '../config/settings.ts'
import type { BlobStore } from './blob-store.ts'
import type { IdempotencyStore } from './idempotency-store.ts'
import type { ImageStore } from './image-store.ts'
import type { ResponseStore } from './response-store.ts'
import type { SessionStore } from './session-store.ts'
import type { UsageStore } from './usage-store.ts'

// Each function takes one short step, because it blocks other work. The caller repeats it until it returns false.

/** The stores that hold images. */
export interface ImageStores {
  readonly images: ImageStore
  readonly blobs: BlobStore
}

/** The stores whose content expires. */
export interface ExpiringStores extends Pick<ImageStores, 'images'> {
  /**
   * Undefined if no blob store is configured: images then stay listed, because a blob store with their bytes may
   * return.
   */
  readonly blobs: BlobStore | undefined
  readonly sessions: SessionStore
  readonly idempotency: IdempotencyStore
  readonly responses: ResponseStore
}

/** Rows that one step deletes, with one statement for each kind. */
const sessionLimit = 200
const idempotencyLimit = 200
const responseLimit = 200
/** Images that one step deletes. Each takes one or two of the 50 queries that D1's free plan allows per invocation. */
const imageLimit = 20

/** Deletes one batch of content whose retention had ended by `now`; returns true if more may remain. */
export async function deleteExpired(
  stores: ExpiringStores,
  { sessions, images }: Pick<Settings, 'sessions' | 'images'>,
  now: number,
): Promise<boolean> {
  const { blobs } = stores
  const deletedSessions =
    sessions.retentionMs === 0 ? 0 : await stores.sessions.deleteOlderThan(now - sessions.retentionMs, sessionLimit)
  const deletedImages =
    images.retentionMs === 0 || blobs === undefined
      ? 0
      : await deleteOldImages({ images: stores.images, blobs }, now - images.retentionMs, imageLimit)
  const deletedKeys = await stores.idempotency.deleteExpired(now, idempotencyLimit)
  const deletedResponses = await stores.responses.deleteExpired(now, responseLimit)
  return (
    deletedSessions === sessionLimit ||
    deletedImages === imageLimit ||
    deletedKeys === idempotencyLimit ||
    deletedResponses === responseLimit
  )
}

/** Deletes at most `limit` images created before `cutoff`; returns the number deleted. */
export async function deleteOldImages(stores: ImageStores, cutoff: number, limit: number): Promise<number> {
  const ids = await stores.images.findOlderThan(cutoff, limit)
  for (const id of ids) await deleteImage(stores, id)
  return ids.length
}

/**
 * Deletes an image. The bytes first: a crash in between leaves an entry that the next attempt finds, never bytes without
 * an entry.
 */
export async function deleteImage({ images, blobs }: ImageStores, id: string): Promise<void> {
  await blobs.delete(id)
  await images.delete(id)
}

export interface UsageMaintenance {
  readonly usage: Pick<UsageStore, 'rollUp' | 'deleteOlderThan'>
  /** Milliseconds; 0 disables deletion. */
  readonly retentionMs: number
  /** Maximum number of records in one step. */
  readonly limit: number
}

/** Rolls up and prunes one batch of usage records; returns true if more may remain. */
export async function maintainUsage({ usage, retentionMs, limit }: UsageMaintenance, now: number): Promise<boolean> {
  const rolledUp = await usage.rollUp(limit)
  const deleted = retentionMs === 0 ? 0 : await usage.deleteOlderThan(now - retentionMs, limit)
  return rolledUp === limit || deleted === limit
}
