/** A kind of image that is safe to show in a page: none of them can hold a script. */
export interface ImageType {
  readonly contentType: string
  readonly extension: string
}

const png = { contentType: 'image/png', extension: 'png' }
const jpeg = { contentType: 'image/jpeg', extension: 'jpg' }
const gif = { contentType: 'image/gif', extension: 'gif' }
const webp = { contentType: 'image/webp', extension: 'webp' }

const types: readonly ImageType[] = [png, jpeg, gif, webp]

/** S51: what the bytes themselves say, whatever anybody calls them. Undefined for everything else, SVG and HTML included. */
export function readImageType(bytes: Uint8Array): ImageType | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 12))
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return png
  if (start.startsWith('\xff\xd8\xff')) return jpeg
  if (start.startsWith('GIF87a') || start.startsWith('GIF89a')) return gif
  return start.startsWith('RIFF') && start.startsWith('WEBP', 8) ? webp : undefined
}

/** The type that {@link readImageType} once found, by its name. */
export function findImageType(contentType: string): ImageType | undefined {
  return types.find((type) => type.contentType === contentType)
}
