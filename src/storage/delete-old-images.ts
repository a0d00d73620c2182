import type { BlobStore } from './blob-store.ts'
import type { ImageStore } from './image-store.ts'

/** The stores that keep an image. */
export interface ImageStores {
  readonly images: ImageStore
  readonly blobs: BlobStore
}

/** Deletes at most `limit` images made before `cutoff`; answers how many. Call it again while it answers `limit`. */
export async function deleteOldImages(stores: ImageStores, cutoff: number, limit: number): Promise<number> {
  const ids = await stores.images.findOlderThan(cutoff, limit)
  for (const id of ids) {
    // The bytes go first: whoever dies in between leaves an entry that the next sweep finds, and never bytes that nobody knows of.
    await stores.blobs.delete(id)
    await stores.images.delete(id)
  }
  return ids.length
}
