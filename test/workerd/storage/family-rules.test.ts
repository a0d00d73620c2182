import { describe, expect, it } from 'vitest'
import { noLimits } from '../../../src/metering/limits.ts'
import { createFamilyRules, freshMs, staleMs } from '../../../src/platform/cloudflare/ledger/create-family-rules.ts'
import type { KeyWithAncestors } from '../../../src/storage/key-store.ts'

/** Answers when it is told to. */
function createSlowStore() {
  const readings: PromiseWithResolvers<KeyWithAncestors | undefined>[] = []
  return {
    readings,
    find: () => {
      const reading = Promise.withResolvers<KeyWithAncestors | undefined>()
      readings.push(reading)
      return reading.promise
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
  it('are read once for all who ask at the same time, and not again while they are fresh', async () => {
    let now = 0
    const store = createSlowStore()
    const rules = createFamilyRules(store, () => now)
    const asked = [rules.find('key_a'), rules.find('key_a'), rules.find('key_b')]
    expect(store.readings).toHaveLength(2)
    store.readings[0]?.resolve(toKey('key_a'))
    store.readings[1]?.resolve(undefined)
    const ofKeyA = [{ id: 'key_a' }]
    expect(await Promise.all(asked)).toMatchObject([ofKeyA, ofKeyA, undefined])
    now = freshMs - 1
    expect(rules.find('key_a')).toMatchObject(ofKeyA)
    expect(rules.find('key_b')).toBeInstanceOf(Promise)
    now = freshMs
    expect(rules.find('key_a')).toBeInstanceOf(Promise)
  })

  it('are read again where a change came in while they were being read', async () => {
    const store = createSlowStore()
    const rules = createFamilyRules(store, () => 0)
    const early = rules.find('key_a')
    rules.forget()
    const late = rules.find('key_a')
    store.readings[1]?.resolve(toKey('key_a', true))
    await late
    store.readings[0]?.resolve(toKey('key_a', false))
    expect(await early).toMatchObject([{ isDisabled: true }])
    expect(rules.find('key_a')).toMatchObject([{ isDisabled: true }])
  })

  it('are believed while the store fails, until a minute after they were read, and never where they are not known (R48)', async () => {
    let now = 0
    const store = createSlowStore()
    const rules = createFamilyRules(store, () => now)
    const fail = () => store.readings.at(-1)?.reject(new Error('down'))
    const first = rules.find('key_a')
    store.readings[0]?.resolve(toKey('key_a'))
    await first
    for (now = freshMs; now < staleMs; now += 1_000) {
      const again = rules.find('key_a')
      fail()
      expect(await again).toMatchObject([{ id: 'key_a' }])
      // D1 is left in peace for a moment.
      expect(rules.find('key_a')).toMatchObject([{ id: 'key_a' }])
    }
    const last = rules.find('key_a')
    fail()
    await expect(last).rejects.toMatchObject({ code: 'store_unavailable' })
    const unknown = rules.find('key_b')
    fail()
    await expect(unknown).rejects.toMatchObject({ code: 'store_unavailable' })
  })

  it('of callers without a key are known without asking', () => {
    const store = createSlowStore()
    const rules = createFamilyRules(store, () => 0)
    expect(rules.find('token')).toMatchObject([{ id: 'token', limits: noLimits }])
    expect(store.readings).toEqual([])
  })
})
