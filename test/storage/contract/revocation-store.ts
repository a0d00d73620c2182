import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isRevoked, type RevocationStore } from '../../../src/storage/revocation-store.ts'

/** An empty store, the version of its keys, and a function that releases its resources. */
export interface OpenRevocationStore {
  readonly store: RevocationStore
  version(): Promise<number>
  close(): void | Promise<void>
}

const token = { id: 'ct_1', endUser: 'ada', issuedAt: 1_000 }
const later = { issuedUntil: 1_000, expiresAt: 9_000 }

/** The guarantees of `RevocationStore`, for every backend. */
export function describeRevocationStore(name: string, open: () => Promise<OpenRevocationStore>): void {
  describe(`Revocations in ${name}`, () => {
    let opened: OpenRevocationStore
    beforeEach(async () => {
      opened = await open()
    })
    afterEach(() => opened.close())
    const isRefused = async (keyIds: readonly string[], presented = token) =>
      isRevoked(await opened.store.of(keyIds), presented)

    it('refuse one token, and no other of the same end user', async () => {
      const { store } = opened
      await store.add({ keyId: 'key_a', scope: { kind: 'token', tokenId: 'ct_1' }, ...later }, 0)
      expect(await isRefused(['key_a'])).toBe(true)
      expect(await isRefused(['key_a'], { ...token, id: 'ct_2' })).toBe(false)
      expect(await isRefused(['key_b'])).toBe(false)
    })

    it('refuse the tokens of an end user that were issued until then', async () => {
      const { store } = opened
      await store.add({ keyId: 'key_a', scope: { kind: 'user', endUser: 'ada' }, ...later }, 0)
      expect(await isRefused(['key_a'])).toBe(true)
      expect(await isRefused(['key_a'], { ...token, issuedAt: 1_001 })).toBe(false)
      expect(await isRefused(['key_a'], { ...token, endUser: 'ad%' })).toBe(false)
      expect(await isRefused(['key_b'])).toBe(false)
    })

    it('refuse the tokens of a key and of the keys below it', async () => {
      const { store } = opened
      await store.add({ keyId: 'key_root', scope: { kind: 'key' }, ...later }, 0)
      expect(await isRefused(['key_child', 'key_root'])).toBe(true)
      expect(await isRefused(['key_child', 'key_root'], { ...token, issuedAt: 1_001 })).toBe(false)
      expect(await isRefused(['key_other'])).toBe(false)
    })

    it('refuse the tokens of every key, and never forget the later of two times', async () => {
      const { store } = opened
      await store.add({ keyId: undefined, scope: { kind: 'key' }, issuedUntil: 1_000, expiresAt: 9_000 }, 0)
      await store.add({ keyId: undefined, scope: { kind: 'key' }, issuedUntil: 500, expiresAt: 8_000 }, 0)
      expect(await isRefused(['visitors'])).toBe(true)
      expect(await isRefused(['key_a'], { ...token, issuedAt: 1_001 })).toBe(false)
    })

    it('increase the version of the keys, so caches notice them', async () => {
      const { store, version } = opened
      const before = await version()
      await store.add({ keyId: 'key_a', scope: { kind: 'key' }, ...later }, 0)
      expect(await version()).toBeGreaterThan(before)
    })

    it('are deleted once every token that they refuse has expired', async () => {
      const { store } = opened
      await store.add({ keyId: 'key_a', scope: { kind: 'token', tokenId: 'ct_1' }, ...later }, 0)
      await store.add({ keyId: 'key_a', scope: { kind: 'token', tokenId: 'ct_2' }, ...later }, 9_000)
      expect([...(await store.of(['key_a'])).tokenIds]).toEqual(['ct_2'])
    })
  })
}
