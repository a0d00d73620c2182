/** A type of image that is safe to show in a web page, because it cannot contain a script. */
export interface ImageType {
  readonly contentType: string
  readonly extension: string
}

const png = { contentType: 'image/png', extension: 'png' }
const jpeg = { contentType: 'image/jpeg', extension: 'jpg' }
const gif = { contentType: 'image/gif', extension: 'gif' }
const webp = { contentType: 'image/webp', extension: 'webp' }

const types: readonly ImageType[] = [png, jpeg, gif, webp]

/**
 * Detects the type from the bytes, not from a declared type (S51). Undefined for all others, including SVG and HTML.
 */
export function readImageType(bytes: Uint8Array): ImageType | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 12))
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return png
  if (start.startsWith('\xff\xd8\xff')) return jpeg
  if (start.startsWith('GIF87a') || start.startsWith('GIF89a')) return gif
  return start.startsWith('RIFF') && start.startsWith('WEBP', 8) ? webp : undefined
}

/** Returns the type with this content type; undefined if {@link readImageType} never returns it. */
export function findImageType(contentType: string): ImageType | undefined {
  return types.find((type) => type.contentType === contentType)
}
