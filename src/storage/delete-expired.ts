import type { Settings } from '../config/settings.ts'
import { deleteOldImages, type ImageStores } from './delete-old-images.ts'
import type { IdempotencyStore } from './idempotency-store.ts'
import type { SessionStore } from './session-store.ts'

/** The stores whose content has a limited life. */
export interface ExpiringStores extends ImageStores {
  readonly sessions: SessionStore
  readonly idempotency: IdempotencyStore
}

/** One statement, and one transaction, that must not hold up others for long. */
const sessionLimit = 200
const idempotencyLimit = 200
/** Each takes a query or two of D1's 50 a run on the free plan. */
const imageLimit = 20

/** Deletes some of what has outlived its retention at `now`; true while there may be more. */
export async function deleteExpired(
  stores: ExpiringStores,
  { sessions, images }: Pick<Settings, 'sessions' | 'images'>,
  now: number,
): Promise<boolean> {
  const deletedSessions =
    sessions.retentionMs === 0 ? 0 : await stores.sessions.deleteOlderThan(now - sessions.retentionMs, sessionLimit)
  const deletedImages =
    images.retentionMs === 0 ? 0 : await deleteOldImages(stores, now - images.retentionMs, imageLimit)
  const deletedKeys = await stores.idempotency.deleteExpired(now, idempotencyLimit)
  return deletedSessions === sessionLimit || deletedImages === imageLimit || deletedKeys === idempotencyLimit
}
