import { readImageType } from '../../core/image-type.ts'
import { toHex } from '../../core/to-hex.ts'
import type { Ports } from '../call/ports.ts'
import { requireBlobs, requireStorage } from '../call/require-ports.ts'

/** An image before it is kept. */
interface NewImage {
  readonly bytes: Uint8Array
  readonly owner: string
  readonly prompt: string | undefined
  readonly model: string | undefined
}

/** Keeps an image for good and answers its id, which nobody can guess (S52). Rejects where it is none, and with what the stores say. */
export async function saveImage({ bytes, ...about }: NewImage, ports: Ports): Promise<string> {
  const { images } = requireStorage(ports)
  const blobs = requireBlobs(ports)
  const type = readImageType(bytes)
  if (type === undefined) throw new Error('it is neither PNG, JPEG, WebP nor GIF')
  const { contentType } = type
  const id = `img_${ports.secrets.randomHex(16)}`
  const sha256 = toHex(ports.secrets.digest(bytes))
  // Bytes first: what is listed is there.
  await blobs.put(id, bytes, contentType)
  try {
    await images.put({ ...about, id, contentType, size: bytes.length, sha256, createdAt: ports.clock.now() })
  } catch (error) {
    await blobs.delete(id).catch(() => {})
    throw error
  }
  return id
}
