import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Image, ImageStore } from '../../../src/storage/image-store.ts'
import { deleteOldImages } from '../../../src/storage/maintenance.ts'
import { createMemoryBlobStore } from '../model/create-memory-blob-store.ts'

/** An empty store, and a function that releases its resources. */
export interface OpenImageStore {
  readonly store: ImageStore
  close(): void | Promise<void>
}

/** Defines the tests that every image store must pass. */
export function describeImageStore(name: string, open: () => Promise<OpenImageStore>): void {
  describe(`image store: ${name}`, () => {
    let opened: OpenImageStore
    let store: ImageStore
    beforeEach(async () => {
      opened = await open()
      store = opened.store
    })
    afterEach(() => opened.close())

    it('finds an image unchanged', async () => {
      const image = toImage(1, { prompt: `A weir; it's "wide" 🌊`, model: 'demo/image' })
      expect(await store.put(image)).toBe(true)
      expect(await store.find(image.id)).toEqual(image)
      expect(await store.find(toImage(2).id)).toBeUndefined()
    })

    it('S33 keeps an image if any owner puts the same id again', async () => {
      await store.put(toImage(1))
      expect(await store.put(toImage(1, { owner: 'key_bob', sha256: 'ff' }))).toBe(false)
      expect(await store.find(toImage(1).id)).toEqual(toImage(1))
    })

    it('finds the oldest images before the cutoff', async () => {
      for (const number of [3, 1, 2, 4]) await store.put(toImage(number))
      expect(await store.findOlderThan(1_004, 2)).toEqual([toImage(1).id, toImage(2).id])
      expect(await store.findOlderThan(1_004, 9)).toEqual([toImage(1).id, toImage(2).id, toImage(3).id])
      expect(await store.findOlderThan(1_001, 9)).toEqual([])
    })

    it('deletes an image', async () => {
      await store.put(toImage(1))
      expect(await store.delete(toImage(1).id)).toBe(true)
      expect(await store.delete(toImage(1).id)).toBe(false)
      expect(await store.find(toImage(1).id)).toBeUndefined()
    })

    it('S31 lists the images of one owner by id, page by page', async () => {
      const owner = "key:a/user:o'%"
      for (const number of [4, 2, 3]) await store.put(toImage(number, { owner }))
      await store.put(toImage(1, { owner: `${owner}x` }))
      expect(await store.listOf(owner, { limit: 2 })).toEqual([toImage(2, { owner }), toImage(3, { owner })])
      expect(await store.listOf(owner, { limit: 2, after: toImage(3).id })).toEqual([toImage(4, { owner })])
      expect(await store.listOf('key:a/user:o', { limit: 2 })).toEqual([])
    })

    it('is swept together with its blobs, at most `limit` at a time', async () => {
      const blobs = createMemoryBlobStore()
      for (const number of [1, 2, 3]) {
        await blobs.put(toImage(number).id, new Uint8Array([number]), 'image/png')
        await store.put(toImage(number))
      }
      expect(await deleteOldImages({ images: store, blobs }, 1_003, 1)).toBe(1)
      expect(await blobs.read(toImage(1).id)).toBeUndefined()
      expect(await deleteOldImages({ images: store, blobs }, 1_003, 9)).toBe(1)
      expect(await store.find(toImage(2).id)).toBeUndefined()
      expect(await blobs.read(toImage(3).id)).toBeDefined()
    })

    it('is swept again after the deletion of the blob failed', async () => {
      const blobs = { ...createMemoryBlobStore(), delete: () => Promise.reject(new Error('no network')) }
      await store.put(toImage(1))
      await expect(deleteOldImages({ images: store, blobs }, 2_000, 9)).rejects.toThrow('no network')
      expect(await store.findOlderThan(2_000, 9)).toEqual([toImage(1).id])
    })
  })
}

function toImage(number: number, rest: Partial<Image> = {}): Image {
  const id = `img_${String(number).padStart(32, '0')}`
  const image = {
    id,
    owner: 'key_ada',
    contentType: 'image/png',
    size: 7,
    sha256: '00',
    prompt: undefined,
    model: undefined,
  }
  return { ...image, createdAt: 1_000 + number, ...rest }
}
