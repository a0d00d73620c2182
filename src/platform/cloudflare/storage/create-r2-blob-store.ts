import { type BlobStore, checkBlobKey, isBlobKey } from '../../../storage/blob-store.ts'
import { orUnavailable } from '../../../storage/store-unavailable.ts'

/** Creates a {@link BlobStore} on an R2 bucket. A `put` is atomic, and R2 is strongly consistent. */
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
      // Reads the whole blob: in workerd, handling each chunk in JavaScript costs too much CPU for images of a few
      // megabytes.
      const body = new Uint8Array(await orUnavailable(object.arrayBuffer()))
      return { body, contentType: object.httpMetadata?.contentType ?? 'application/octet-stream', size: body.length }
    },
    async delete(key) {
      if (isBlobKey(key)) await orUnavailable(bucket.delete(key))
    },
  }
}
