import type { Image, ImageStore } from '../../../src/storage/image-store.ts'

/** Creates the in-memory reference of {@link ImageStore}. Not durable. */
export function createMemoryImageStore(): ImageStore {
  const images = new Map<string, Image>()
  return {
    async put(image) {
      if (images.has(image.id)) return false
      images.set(image.id, { ...image })
      return true
    },
    async find(id) {
      return images.get(id)
    },
    async findOlderThan(cutoff, limit) {
      const old = [...images.values()].filter((image) => image.createdAt < cutoff).sort(compareAge)
      return old.slice(0, limit).map((image) => image.id)
    },
    async listOf(owner, { limit, after = '' }) {
      const own = [...images.values()].filter((image) => image.owner === owner && image.id > after)
      return own.sort((left, right) => (left.id < right.id ? -1 : 1)).slice(0, limit)
    },
    async delete(id) {
      return images.delete(id)
    },
  }
}

function compareAge(left: Image, right: Image): number {
  if (left.createdAt !== right.createdAt) return left.createdAt - right.createdAt
  return left.id < right.id ? -1 : 1
}
