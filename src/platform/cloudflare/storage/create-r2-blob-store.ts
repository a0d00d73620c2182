import { type BlobStore, checkBlobKey, isBlobKey } from '../../../storage/blob-store.ts'
import { orUnavailable } from '../../../storage/store-unavailable.ts'

/** Blobs in an R2 bucket. One `put` is atomic, and R2 is strongly consistent. */
export function createR2BlobStore(bucket: R2Bucket): BlobStore {
  return {
    async put(key, bytes, contentType) {
      checkBlobKey(key)
      await orUnavailable(bucket.put(key, bytes, { httpMetadata: { contentType } }))
    },
    async read(key) {
      if (!isBlobKey(key)) return undefined
      const object = await orUnavailable(bucket.get(key))
      if (object === null) return undefined
      // Whole, as a JavaScript step a chunk costs more CPU in workerd than one image of a few megabytes is worth.
      const body = new Uint8Array(await orUnavailable(object.arrayBuffer()))
      return { body, contentType: object.httpMetadata?.contentType ?? 'application/octet-stream', size: body.length }
    },
    async delete(key) {
      if (isBlobKey(key)) await orUnavailable(bucket.delete(key))
    },
  }
}
