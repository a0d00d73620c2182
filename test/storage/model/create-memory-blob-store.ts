import { type BlobStore, checkBlobKey, type StoredBlob } from '../../../src/storage/blob-store.ts'

/** Creates the in-memory reference of {@link BlobStore}. Not durable. */
export function createMemoryBlobStore(): BlobStore {
  const blobs = new Map<string, StoredBlob>()
  return {
    async put(key, bytes, contentType) {
      checkBlobKey(key)
      blobs.set(key, { body: bytes.slice(), contentType, size: bytes.length })
    },
    async read(key) {
      return blobs.get(key)
    },
    async delete(key) {
      blobs.delete(key)
    },
  }
}
