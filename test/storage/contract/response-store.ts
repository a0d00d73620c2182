import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KeptResponse, ResponseStore } from '../../../src/storage/response-store.ts'

/** An empty store, and a function that releases its resources. */
export interface OpenResponseStore {
  readonly store: ResponseStore
  close(): void | Promise<void>
}

/** Defines the tests that every store of kept responses must pass. */
export function describeResponseStore(name: string, open: () => Promise<OpenResponseStore>): void {
  describe(`response store: ${name}`, () => {
    let opened: OpenResponseStore
    let store: ResponseStore
    beforeEach(async () => {
      opened = await open()
      store = opened.store
    })
    afterEach(() => opened.close())

    it('S31 finds the provider of a response for its owner only', async () => {
      await store.put(toResponse(1))
      expect(await store.findProvider('key:ada', '01', 0)).toBe('openai')
      expect(await store.findProvider('key:bob', '01', 0)).toBeUndefined()
      expect(await store.findProvider('key:ada', '02', 0)).toBeUndefined()
    })

    it('keeps the same response of two owners apart, and replaces that of one', async () => {
      await store.put(toResponse(1))
      await store.put(toResponse(1, { owner: 'key:bob', provider: 'xai' }))
      await store.put(toResponse(1, { provider: 'azure', expiresAt: 9_000 }))
      expect(await store.findProvider('key:ada', '01', 8_000)).toBe('azure')
      expect(await store.findProvider('key:bob', '01', 0)).toBe('xai')
    })

    it('finds nothing from the moment when the provider deletes the response', async () => {
      await store.put(toResponse(1))
      expect(await store.findProvider('key:ada', '01', 1_000)).toBe('openai')
      expect(await store.findProvider('key:ada', '01', 1_001)).toBeUndefined()
    })

    it('deletes the expired responses, oldest first and at most `limit` at a time', async () => {
      for (const number of [3, 1, 2, 4]) await store.put(toResponse(number))
      expect(await store.deleteExpired(1_003, 2)).toBe(2)
      expect(await store.findProvider('key:ada', '03', 0)).toBe('openai')
      expect(await store.deleteExpired(1_003, 2)).toBe(1)
      expect(await store.findProvider('key:ada', '03', 0)).toBeUndefined()
      expect(await store.findProvider('key:ada', '04', 0)).toBe('openai')
      expect(await store.deleteExpired(1_003, 2)).toBe(0)
    })

    it('deletes the responses of one owner', async () => {
      for (const number of [1, 2, 3]) await store.put(toResponse(number))
      await store.put(toResponse(1, { owner: 'key:ada/user:x' }))
      expect([await store.deleteOf('key:ada', 2), await store.deleteOf('key:ada', 2)]).toEqual([2, 1])
      expect(await store.findProvider('key:ada/user:x', '01', 0)).toBe('openai')
    })
  })
}

function toResponse(number: number, rest: Partial<KeptResponse> = {}): KeptResponse {
  return { owner: 'key:ada', digest: `0${number}`, provider: 'openai', expiresAt: 1_000 + number, ...rest }
}
