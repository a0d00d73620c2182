import { type BlobStore, checkBlobKey, type StoredBlob } from '../../../src/storage/blob-store.ts'

/** The reference of {@link BlobStore}: kept in memory, gone with the process. */
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
