import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { concat } from '../../../src/core/byte-stream.ts'
import type { BlobStore, StoredBlob } from '../../../src/storage/blob-store.ts'

/** A store, and a function that releases its resources. */
export interface OpenBlobStore {
  readonly store: BlobStore
  close(): void | Promise<void>
}

const key = `img_${'0'.repeat(32)}`
const megabyte = 1_024 * 1_024

/** Defines the tests that every blob store must pass. */
export function describeBlobStore(name: string, open: () => Promise<OpenBlobStore>): void {
  describe(`blob store: ${name}`, () => {
    let opened: OpenBlobStore
    let store: BlobStore
    beforeEach(async () => {
      opened = await open()
      store = opened.store
      await store.delete(key)
    })
    afterEach(() => opened.close())

    it('returns the stored bytes, type and size', async () => {
      const bytes = toBytes(1_000, 1)
      await store.put(key, bytes, 'image/png')
      const blob = await store.read(key)
      expect(blob).toMatchObject({ contentType: 'image/png', size: 1_000 })
      expect(isEqual(await readAll(blob), bytes)).toBe(true)
    })

    it('stores a blob of several megabytes', async () => {
      const bytes = toBytes(5 * megabyte + 7, 2)
      await store.put(key, bytes, 'image/webp')
      const blob = await store.read(key)
      expect(blob?.size).toBe(bytes.length)
      const read = await readAll(blob)
      expect(read.length).toBe(bytes.length)
      expect(isEqual(read, bytes)).toBe(true)
    })

    it('stores an empty blob', async () => {
      await store.put(key, new Uint8Array(), 'image/gif')
      const blob = await store.read(key)
      expect(blob?.size).toBe(0)
      expect(await readAll(blob)).toHaveLength(0)
    })

    it('returns the same blob to concurrent readers', async () => {
      const bytes = toBytes(2 * megabyte, 3)
      await store.put(key, bytes, 'image/png')
      const reads = await Promise.all([store.read(key), store.read(key), store.read(key)])
      for (const blob of reads) expect(isEqual(await readAll(blob), bytes)).toBe(true)
    })

    it('survives a reader that cancels', async () => {
      await store.put(key, toBytes(2 * megabyte, 4), 'image/png')
      const blob = await store.read(key)
      if (blob !== undefined && !(blob.body instanceof Uint8Array)) blob.body.cancel()
      expect((await store.read(key).then(readAll)).length).toBe(2 * megabyte)
    })

    it('copies the bytes, so later changes by the caller have no effect', async () => {
      const bytes = toBytes(10, 5)
      await store.put(key, bytes, 'image/png')
      bytes.fill(0)
      expect(isEqual(await readAll(await store.read(key)), toBytes(10, 5))).toBe(true)
    })

    it('finds neither a deleted nor an unknown blob', async () => {
      await store.put(key, toBytes(10, 6), 'image/png')
      await store.delete(key)
      expect(await store.read(key)).toBeUndefined()
      await store.delete(key)
      expect(await store.read(`img_${'f'.repeat(32)}`)).toBeUndefined()
    })

    it.each([
      '',
      '.',
      '..',
      '../secret_00000000000000000000',
      'img_0000000000000000/../../etc/passwd',
      'img_%2e%2e%2f0000000000000000',
      'img_..\\0000000000000000',
      'img_0000000000000000\u0000.png',
      'IMG_0000000000000000',
      'img_0000000000000000\n',
      `img_${'0'.repeat(65)}`,
      'con',
      '__proto__',
    ])('S52 neither writes nor reads under the key %j', async (bad) => {
      await expect(store.put(bad, toBytes(1, 7), 'image/png')).rejects.toThrow('blob key')
      expect(await store.read(bad)).toBeUndefined()
      await store.delete(bad)
    })
  })
}

/** Defines the test that a blob is replaced atomically during reads. */
export function describeReplacement(name: string, open: () => Promise<OpenBlobStore>): void {
  it(`R71 blob store: ${name} returns either the old or the new blob during a replacement, never a mixture`, async () => {
    const { store, close } = await open()
    await store.put(key, new Uint8Array(megabyte).fill(1), 'image/png')
    const writing = store.put(key, new Uint8Array(2 * megabyte).fill(2), 'image/webp')
    for (let read = 0; read < 5; read++) await expectWhole(await store.read(key))
    await writing
    const blob = await store.read(key)
    expect(blob?.contentType).toBe('image/webp')
    await expectWhole(blob)
    await close()
  })
}

async function expectWhole(blob: StoredBlob | undefined): Promise<void> {
  const bytes = await readAll(blob)
  const expected = blob?.contentType === 'image/webp' ? 2 : 1
  expect(blob?.size).toBe(expected * megabyte)
  expect(bytes.length).toBe(expected * megabyte)
  expect(bytes.every((byte) => byte === expected)).toBe(true)
}

/** Reads a blob slowly: pauses the source after each chunk. */
function readAll(blob: StoredBlob | undefined): Promise<Uint8Array> {
  if (blob === undefined) throw new Error('The blob does not exist.')
  const { body } = blob
  if (body instanceof Uint8Array) return Promise.resolve(body)
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let total = 0
    body.start({
      write(chunk) {
        chunks.push(chunk)
        total += chunk.length
        setTimeout(() => body.resume())
        return false
      },
      end: () => resolve(concat(chunks, total)),
      fail: reject,
    })
  })
}

/** Returns bytes that vary with the position and the seed. */
function toBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let index = 0; index < length; index++) bytes[index] = index * 31 + seed * 7 + (index >> 8)
  return bytes
}

/** Compares bytes. Far faster than `toEqual` on megabytes. */
function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index])
}
