import { describe, expect, it } from 'vitest'
import { noLimits } from '../../../src/metering/limits.ts'
import { createFamilyRules, freshMs, staleMs } from '../../../src/platform/cloudflare/ledger/create-family-rules.ts'
import type { KeyWithAncestors } from '../../../src/storage/key-store.ts'
import { noRevocations } from '../../../src/storage/revocation-store.ts'

/** Creates a store whose reads resolve only when a test resolves them. */
function createSlowStore() {
  const reads: PromiseWithResolvers<KeyWithAncestors | undefined>[] = []
  return {
    reads,
    find: () => {
      const read = Promise.withResolvers<KeyWithAncestors | undefined>()
      reads.push(read)
      return read.promise
    },
  }
}

function toKey(id: string, isDisabled = false): KeyWithAncestors {
  const grants = { models: undefined, operations: undefined, origins: undefined, ipRanges: undefined }
  const rules = { isDisabled, expiresAt: undefined, limits: noLimits, perUser: undefined, isShadow: false }
  const rest = { parentId: undefined, rootId: id, name: id, defaultMaxTokens: undefined, labels: {} }
  return { key: { id, ...rest, grants, ...rules, createdAt: 1, updatedAt: 1 }, ancestors: [] }
}

describe('The rules of a family', () => {
  it('are read once for concurrent calls, and not again while they are fresh', async () => {
    let now = 0
    const store = createSlowStore()
    const rules = createFamilyRules(store, { of: async () => noRevocations }, () => now)
    const found = [rules.find('key_a'), rules.find('key_a'), rules.find('key_b')]
    expect(store.reads).toHaveLength(2)
    store.reads[0]?.resolve(toKey('key_a'))
    store.reads[1]?.resolve(undefined)
    const ofKeyA = { chain: [{ id: 'key_a' }] }
    expect(await Promise.all(found)).toMatchObject([ofKeyA, ofKeyA, { chain: undefined }])
    now = freshMs - 1
    expect(rules.find('key_a')).toMatchObject(ofKeyA)
    expect(rules.find('key_b')).toBeInstanceOf(Promise)
    now = freshMs
    expect(rules.find('key_a')).toBeInstanceOf(Promise)
  })

  it('are read again if a change arrives during the read', async () => {
    const store = createSlowStore()
    const rules = createFamilyRules(store, { of: async () => noRevocations }, () => 0)
    const early = rules.find('key_a')
    rules.forget()
    const late = rules.find('key_a')
    store.reads[1]?.resolve(toKey('key_a', true))
    await late
    store.reads[0]?.resolve(toKey('key_a', false))
    expect(await early).toMatchObject({ chain: [{ isDisabled: true }] })
    expect(rules.find('key_a')).toMatchObject({ chain: [{ isDisabled: true }] })
  })

  it('are used for a minute after their read while the store fails, unless they are unknown (R48)', async () => {
    let now = 0
    const store = createSlowStore()
    const rules = createFamilyRules(store, { of: async () => noRevocations }, () => now)
    const fail = () => store.reads.at(-1)?.reject(new Error('down'))
    const first = rules.find('key_a')
    store.reads[0]?.resolve(toKey('key_a'))
    await first
    for (now = freshMs; now < staleMs; now += 1_000) {
      const again = rules.find('key_a')
      fail()
      expect(await again).toMatchObject({ chain: [{ id: 'key_a' }] })
      // The cache does not retry D1 at once.
      expect(rules.find('key_a')).toMatchObject({ chain: [{ id: 'key_a' }] })
    }
    const last = rules.find('key_a')
    fail()
    await expect(last).rejects.toMatchObject({ code: 'store_unavailable' })
    const unknown = rules.find('key_b')
    fail()
    await expect(unknown).rejects.toMatchObject({ code: 'store_unavailable' })
  })

  it('of callers without a key need no read', () => {
    const store = createSlowStore()
    const rules = createFamilyRules(store, { of: async () => noRevocations }, () => 0)
    expect(rules.find('token')).toMatchObject({ chain: [{ id: 'token', limits: noLimits }] })
    expect(store.reads).toEqual([])
  })
})
