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
