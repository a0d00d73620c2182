import type { ByteStream } from '../core/byte-stream.ts'

/** A blob that was found. A stream must be started or cancelled, since it holds a file or a connection. */
export interface StoredBlob {
  readonly body: Uint8Array | ByteStream
  readonly contentType: string
  /** Bytes. */
  readonly size: number
}

/**
 * Bytes under a key that {@link isBlobKey} accepts; other keys are never looked up, and are refused when written.
 *
 * Atomic: a blob is seen whole or not at all, also when a writer dies. Durable and shared as the backend is (folder, R2, S3; not memory).
 * Never stale, since a key is written once; a second `put` replaces the blob as a whole.
 */
export interface BlobStore {
  put(key: string, bytes: Uint8Array, contentType: string): Promise<void>
  read(key: string): Promise<StoredBlob | undefined>
  /** Does nothing where there is no such blob. */
  delete(key: string): Promise<void>
}

/**
 * One dot-free, lower-case word with a prefix, such as `img_0f3a…`: no path, no hidden file, no name that Windows reserves,
 * and the same on file systems that ignore case.
 */
const blobKey = /^[a-z]{2,16}_[0-9a-z]{16,64}$/

/** True for a key under which a blob can be kept. */
export function isBlobKey(key: string): boolean {
  return blobKey.test(key)
}

/** Throws where {@link isBlobKey} is false. Keys are made by Weir itself, so a bad one is a defect. */
export function checkBlobKey(key: string): void {
  if (!isBlobKey(key))
    throw new Error('A blob key is a prefix, an underscore and 16 to 64 lower-case letters or digits.')
}
