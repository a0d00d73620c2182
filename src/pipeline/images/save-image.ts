import { readImageType } from '../../core/image-type.ts'
import { toHex } from '../../core/to-hex.ts'
import type { Ports } from '../call/ports.ts'
import { requireBlobs, requireStorage } from '../call/require-ports.ts'

/** An image to be stored. */
interface NewImage {
  readonly bytes: Uint8Array
  readonly owner: string
  readonly prompt: string | undefined
  readonly model: string | undefined
}

/**
 * Stores an image permanently and returns its id, which cannot be guessed (S52). Rejects if the bytes are not an image,
 * or if a store fails.
 */
export async function saveImage({ bytes, ...about }: NewImage, ports: Ports): Promise<string> {
  const { images } = requireStorage(ports)
  const blobs = requireBlobs(ports)
  const type = readImageType(bytes)
  if (type === undefined) throw new Error('it is neither PNG, JPEG, WebP nor GIF')
  const { contentType } = type
  const id = `img_${ports.secrets.randomHex(16)}`
  const sha256 = toHex(ports.secrets.digest(bytes))
  // Bytes first, so every listed image exists.
  await blobs.put(id, bytes, contentType)
  try {
    await images.put({ ...about, id, contentType, size: bytes.length, sha256, createdAt: ports.clock.now() })
  } catch (error) {
    await blobs.delete(id).catch(() => {})
    throw error
  }
  return id
}
