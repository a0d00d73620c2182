import type { Settings } from '../config/settings.ts'
import type { BlobStore } from './blob-store.ts'
import type { IdempotencyStore } from './idempotency-store.ts'
import type { ImageStore } from './image-store.ts'
import type { SessionStore } from './session-store.ts'
import type { UsageStore } from './usage-store.ts'

// Each function takes one short step, since other work waits meanwhile. One that returns true is called again until it returns false.

/** The stores that keep an image. */
export interface ImageStores {
  readonly images: ImageStore
  readonly blobs: BlobStore
}

/** The stores whose content has a limited life. */
export interface ExpiringStores extends Pick<ImageStores, 'images'> {
  /** Without it images stay listed, whose bytes may be there again one day. */
  readonly blobs: BlobStore | undefined
  readonly sessions: SessionStore
  readonly idempotency: IdempotencyStore
}

/** Rows that one step deletes: one statement for sessions, one for the calls of idempotency keys. */
const sessionLimit = 200
const idempotencyLimit = 200
/** Each takes a query or two of D1's 50 a run on the free plan. */
const imageLimit = 20

/** Deletes some of the content that has outlived its retention at `now`; true while there may be more. */
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
  return deletedSessions === sessionLimit || deletedImages === imageLimit || deletedKeys === idempotencyLimit
}

/** Deletes at most `limit` images made before `cutoff`; returns how many. */
export async function deleteOldImages(stores: ImageStores, cutoff: number, limit: number): Promise<number> {
  const ids = await stores.images.findOlderThan(cutoff, limit)
  for (const id of ids) {
    // The bytes go first: a crash in between leaves an entry that the next sweep finds, and never bytes without one.
    await stores.blobs.delete(id)
    await stores.images.delete(id)
  }
  return ids.length
}

export interface UsageMaintenance {
  readonly usage: Pick<UsageStore, 'rollUp' | 'deleteOlderThan'>
  /** Milliseconds; 0 keeps records for ever. */
  readonly retentionMs: number
  /** Records that one step takes. */
  readonly limit: number
}

/** Rolls up and prunes one batch of usage records; true while more may remain. */
export async function maintainUsage({ usage, retentionMs, limit }: UsageMaintenance, now: number): Promise<boolean> {
  const rolledUp = await usage.rollUp(limit)
  const deleted = retentionMs === 0 ? 0 : await usage.deleteOlderThan(now - retentionMs, limit)
  return rolledUp === limit || deleted === limit
}
