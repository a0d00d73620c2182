import type { ByteStream } from '../core/byte-stream.ts'

/** A blob that was read. Start or cancel a stream body, because it holds a file or a connection open. */
export interface StoredBlob {
  readonly body: Uint8Array | ByteStream
  readonly contentType: string
  /** Bytes. */
  readonly size: number
}

/**
 * A store of bytes under keys that {@link isBlobKey} accepts. Other keys are never looked up: `read` returns
 * undefined, `delete` does nothing and `put` throws.
 *
 * - Atomic: a reader sees a whole blob or none, even if the writer crashes. A second `put` replaces the whole blob.
 * - Durable and shared as the backend is (folder, R2, S3; not memory).
 * - Never stale, because each key is written once.
 */
export interface BlobStore {
  put(key: string, bytes: Uint8Array, contentType: string): Promise<void>
  read(key: string): Promise<StoredBlob | undefined>
  /** Deletes a blob. Does nothing if the blob does not exist. */
  delete(key: string): Promise<void>
}

/**
 * A lower-case word with a prefix and without dots, such as `img_0f3a…`. It cannot be a path, a hidden file or a name
 * that Windows reserves, and it is unambiguous on file systems that ignore case.
 */
const blobKey = /^[a-z]{2,16}_[0-9a-z]{16,64}$/

/** Returns true if a blob can be stored under the key. */
export function isBlobKey(key: string): boolean {
  return blobKey.test(key)
}

/** Throws if {@link isBlobKey} is false. Weir generates all keys itself, so an invalid key is a bug. */
export function checkBlobKey(key: string): void {
  if (!isBlobKey(key))
    throw new Error('A blob key is a prefix, an underscore and 16 to 64 lower-case letters or digits.')
}
